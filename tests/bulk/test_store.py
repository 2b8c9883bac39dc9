"""An object store that speaks S3, on this machine."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("moto.server")
import httpx
import pyarrow.parquet as pq
from fsspec.implementations.memory import MemoryFileSystem
from pyarrow import fs

from inkdigits import UsageError
from inkdigits.cluster.collection import Pictures
from inkdigits.cluster.places import Place, place
from inkdigits.cluster.plan import Span
from inkdigits.cluster.tables import Columns
from inkdigits.errors import InkdigitsError, JobError, PictureError
from tests.bulk.conftest import Command, Row, parts_of, read, rows_of


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def store(endpoint: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A bucket with the pictures under `in/`, and the environment that Amazon's tools go by."""
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL", endpoint), ("AWS_EC2_METADATA_DISABLED", "true"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    system = fs.S3FileSystem(
        endpoint_override=endpoint, region="us-east-1", allow_bucket_creation=True,
        allow_bucket_deletion=True,
    )  # fmt: skip
    system.create_dir("bucket")
    for path in folder.rglob("*"):
        if path.is_file():
            with system.open_output_stream(f"bucket/in/{path.relative_to(folder)}") as stream:
                stream.write(path.read_bytes())
    yield system
    system.delete_dir_contents("bucket")


def test_rows_from_a_store_to_a_store_are_those_of_the_disk(
    command: Command, store: Any, expected: list[Row], endpoint: str, tmp_path: Path
) -> None:
    process = command("s3://bucket/in/", "--out", "s3://bucket/results.parquet", "--workers", 2)
    said, errors = process.communicate(timeout=90)
    assert process.returncode == 0, errors
    assert "Rows: s3://bucket/results.parquet" in said
    rows = rows_of("bucket/results.parquet", store)
    assert [row[:5] for row in rows] == [row[:5] for row in expected]
    store.delete_file("bucket/results.parquet/part-00000001.parquet")
    assert read("s3://bucket/in/", "s3://bucket/results.parquet") == 16
    assert rows_of("bucket/results.parquet", store) == rows
    names = {
        info.base_name for info in store.get_file_info(fs.FileSelector("bucket/results.parquet"))
    }
    assert "_SUCCESS" in names


def test_the_endpoint_may_stand_in_the_uri(
    store: Any, endpoint: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    query = f"?endpoint_override={endpoint}&region=us-east-1"
    assert read(f"s3://bucket/in/1{query}", tmp_path / "out") == 15
    read(folder / "1", tmp_path / "disk")
    assert parts_of(tmp_path / "out") == parts_of(tmp_path / "disk")
    for asked, said in (
        ("s3://bucket/in?colour=red", "what is colour"),
        ("s3://bucket/in/a?b.png", "what is b.png"),
        ("s3://", "s3:// cannot be opened: it names no bucket"),
        ("s3:///in", "names no bucket"),
    ):
        with pytest.raises(UsageError, match=re.escape(said)):
            place(asked)


def test_objects_that_cannot_be_opened_by_their_names_are_rows_with_an_error(
    store: Any, endpoint: str, contents: dict[str, bytes], tmp_path: Path
) -> None:
    picture = contents["1/001.png"]
    for name in ("odd/odd/1.png", "odd//2.png", "odd/odd//3.png", "odd/", "odd/4.txt"):
        httpx.put(f"{endpoint}/bucket/{name}", content=picture).raise_for_status()
    assert read("s3://bucket/odd", tmp_path / "out") == 3
    rows = pq.read_table(str(tmp_path / "out")).to_pylist()
    assert [(row["picture"], row["text"] is None) for row in rows] == [
        ("/2.png", True),
        ("odd//3.png", True),
        ("odd/1.png", False),
    ]
    assert all("empty" in row["error"].lower() for row in rows[:2])


def test_an_address_means_what_it_says_letter_by_letter(store: Any, tmp_path: Path) -> None:
    assert place("s3://bucket/in#1").path == "bucket/in#1"
    assert place("s3://bucket/in/").shown == place("s3://bucket/in").shown
    odd = tmp_path / "a #1"
    assert place(odd.as_uri()).path == str(odd)
    assert place("file:///").path == "/"


def test_what_a_store_does_not_have_is_said(command: Command, store: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is nothing at s3://bucket/none"):
        read("s3://bucket/none", tmp_path / "out")
    process = command("s3://bucket/none", "--out", tmp_path / "out")
    assert process.communicate(timeout=60)[1] == "Error: There is nothing at s3://bucket/none.\n"


class Failing(MemoryFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A store that gives the pictures 0, 1 and 2, once each, and fails then, in S3's words."""

    cachable = False
    why = ""
    given: set[str]

    def _open(self, path: str, *arguments: Any, **options: Any) -> Any:
        if self.why and (int(Path(path).stem) > 2 or path in self.given):
            raise OSError(
                f"When reading '{path}': AWS Error {self.why} during HeadObject operation"
            )
        self.given.add(path)
        return super()._open(path, *arguments, **options)


@pytest.fixture
def failing() -> Iterator[Failing]:
    """A dozen pictures in such a store."""
    system = Failing()
    system.given = set()
    for number in range(12):
        system.pipe(f"/failing/{number}.png", b"a picture")
    yield system
    system.rm("/failing", recursive=True)


def there(system: Failing) -> Place:
    return Place("s3://bucket/in", fs.PyFileSystem(fs.FSSpecHandler(system)), "/failing")


def fetched(system: Failing, count: int = 12) -> list[bytes | InkdigitsError]:
    system.given.clear()
    pictures = Pictures(there(system), "pictures", Columns("", ""))
    spans = [Span(b"%d.png" % number) for number in range(count)]
    return [content for _, content in pictures.of(spans)]


@pytest.mark.parametrize(
    "why",
    [
        "NETWORK_CONNECTION",
        "SLOW_DOWN",
        "UNKNOWN (HTTP status 503)",
        "ACCESS_DENIED",  # of all: keys that are no longer good
        "UNKNOWN (HTTP status 400)",
    ],
)
def test_a_store_that_fails_ends_the_job_and_gives_up_no_picture(
    failing: Failing, why: str
) -> None:
    failing.why = why
    for count in (12, 4):  # also where few pictures are left of a part
        with pytest.raises(JobError, match=rf"^s3://bucket/in .*{re.escape(why)}.* goes on\.$"):
            fetched(failing, count)
    tables = Pictures(there(failing), "parquet", Columns("png", ""))
    with pytest.raises(JobError, match=re.escape(why)):
        list(tables.of([Span(b"3.png", 0, 0, 5)]))


def test_pictures_that_vanished_are_rows_and_so_are_some_that_are_refused(failing: Failing) -> None:
    for number in (1, 4, 5, 6, 8, 9, 10, 11):
        failing.rm(f"/failing/{number}.png")
    failing.why = "ACCESS_DENIED"
    found = fetched(failing)
    errors = [number for number in range(12) if isinstance(found[number], PictureError)]
    assert errors == [1, *range(3, 12)]
    assert "ACCESS_DENIED" in str(found[3])
