"""Corrections as clients send them: what is kept, in which form, and who is refused."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from inkdigits.data import Dataset
from inkdigits.data.crops import crop_mark, load_aside, load_crops
from inkdigits.errors import DataError
from inkdigits.serving.corrections import keep
from tests.serving.servers import Server, refused


@pytest.fixture
def folder(collected: Path) -> Path:
    return collected


@pytest.fixture
def server(page_server: Server) -> Server:
    return page_server


def correct(server: Server, image: bytes, value: object, **headers: str) -> httpx.Response:
    names = {name.replace("_", "-"): text for name, text in headers.items()}
    return httpx.post(f"{server.url}/v1/corrections?value={value}", content=image, headers=names)


def kept(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


def test_a_correction_is_what_training_takes(server: Server, folder: Path, mnist: Dataset) -> None:
    image = mnist.test.images[0]
    answer = correct(server, image.tobytes(), 1)
    assert answer.status_code == 201, answer.text
    assert answer.json()["value"] == 1
    file = Path(answer.json()["file"])
    assert file.is_file()
    assert file.parent.name == "1"
    images, labels, _ = load_crops(folder)
    # The same normalisation once more may move it by less than a pixel.
    differences = np.abs(images[labels == 1].astype(int) - image).mean((1, 2))
    assert differences.min() < 8


def test_the_last_correction_of_a_digit_counts(
    server: Server, folder: Path, mnist: Dataset
) -> None:
    image = mnist.test.images[1].tobytes()
    for value in (5, "none", 2, 2):
        assert correct(server, image, value).status_code == 201
    names = [path for path in kept(folder) if path.startswith(("2/", "5/", "none/"))]
    assert len(names) == 1
    assert names[0].startswith("2/page-")


def test_what_is_no_digit_is_kept_as_teaching_takes_it(
    server: Server, folder: Path, mnist: Dataset
) -> None:
    image = mnist.test.images[4].tobytes()
    assert correct(server, image, 4).status_code == 201
    digits = len(load_crops(folder).labels)
    answer = correct(server, image, "none")
    assert (answer.status_code, answer.json()["value"]) == (201, "none")
    assert Path(answer.json()["file"]).parent == folder / "none"
    assert len(load_aside(folder)) == 1
    assert len(load_crops(folder).labels) == digits - 1


def test_of_two_corrections_at_once_one_is_kept(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    with ThreadPoolExecutor(2) as pool:
        for number in range(20):
            image = rng.integers(0, 256, 784).astype(np.uint8).tobytes()
            list(pool.map(keep, [image] * 2, (3, 5), [tmp_path] * 2))
            assert len(kept(tmp_path)) == number + 1


def test_a_correction_takes_the_place_of_what_label_wrote(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (28, 28)).astype(np.uint8)
    mark = crop_mark(image.tobytes())[:8]
    wrong, other, broken = (
        tmp_path / "1" / f"{name}-1-2-{mark}.png" for name in ("photo", "other", "broken")
    )
    wrong.parent.mkdir()
    Image.fromarray(image).save(wrong)
    Image.fromarray(255 - image).save(other)  # of the same mark, by a chance in billions
    broken.write_bytes(b"no picture")
    assert keep(image.tobytes(), 7, tmp_path).is_file()
    assert [path.exists() for path in (wrong, other, broken)] == [False, True, True]


@pytest.mark.parametrize(
    ("value", "size", "status"),
    [(10, 784, 422), (-1, 784, 422), ("x", 784, 422), (3, 783, 422), ("none", 783, 422)],
)
def test_what_is_no_correction_is_refused(
    server: Server, folder: Path, value: object, size: int, status: int
) -> None:
    before = kept(folder)
    answer = correct(server, bytes(size), value)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert kept(folder) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"origin": "http://[x"},
        {"origin": "http://127.0.0.1:1"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none", "origin": "https://elsewhere.example"},
    ],
)
def test_another_site_cannot_write(server: Server, folder: Path, headers: dict[str, str]) -> None:
    before = kept(folder)
    answer = correct(server, bytes(784), 3, **headers)
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert "own page" in answer.json()["detail"]
    assert kept(folder) == before


def test_its_own_page_can_write(server: Server, mnist: Dataset) -> None:
    image = mnist.test.images[2].tobytes()
    answer = correct(server, image, 1, origin=server.url, sec_fetch_site="same-origin")
    assert answer.status_code == 201


def test_its_own_page_can_write_from_behind_a_proxy(server: Server, mnist: Dataset) -> None:
    image = mnist.test.images[3].tobytes()
    answer = correct(
        server, image, 0, origin="https://digits.example", sec_fetch_site="same-origin"
    )
    assert answer.status_code == 201


def test_a_name_that_was_made_to_lead_here_is_not_the_services_own(
    server: Server, folder: Path, tmp_path: Path
) -> None:
    page = {"origin": "http://evil.example", "sec_fetch_site": "same-origin"}
    before = kept(folder)
    answer = correct(server, bytes(784), 3, host="evil.example:8000", **page)
    assert (answer.status_code, kept(folder)) == (403, before)
    assert "--allow-host" in answer.json()["detail"]
    for name in (f"LOCALHOST:{server.port}", "[::1]:80", "127.0.0.1"):
        assert correct(server, bytes(784), 3, host=name, **page).status_code == 201
    other = Server("--collect", str(tmp_path), "--allow-host", "digits.example")
    try:
        assert correct(other, bytes(784), 3, host="Digits.example", **page).status_code == 201
        assert correct(other, bytes(784), 3, host="evil.example", **page).status_code == 403
    finally:
        other.stop()


def test_a_folder_that_went_away_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "digits"
    server = Server("--collect", str(folder))
    try:
        folder.rmdir()
        folder.write_text("a file in its place")
        answer = correct(server, bytes(784), 3)
        assert answer.status_code == 507
        assert "digits" in answer.json()["detail"]
    finally:
        server.stop()


def test_nothing_is_kept_unasked() -> None:
    server = Server()
    try:
        answer = correct(server, bytes(784), 3)
        assert answer.status_code == 404
        assert "--collect" in answer.json()["detail"]
        assert httpx.get(f"{server.url}/v1/model").json()["collecting"] is False
    finally:
        server.stop()


def test_the_service_says_that_it_collects(server: Server) -> None:
    assert httpx.get(f"{server.url}/v1/model").json()["collecting"] is True


def test_a_folder_that_cannot_be_written_to_ends_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file")
    for folder in (taken, taken / "below"):
        assert str(folder) in refused(capsys, "--collect", str(folder))


def test_what_is_no_folder_of_digits_is_said_before_teaching(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no crops"):
        load_crops(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.png").write_bytes(b"")
    with pytest.raises(DataError, match="other is named after no digit"):
        load_crops(tmp_path)
