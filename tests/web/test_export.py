"""The exported folder: what is in it, and which folders are left alone."""

import json
import os
import re
import time
from pathlib import Path

import pytest

from inkdigits import serving
from inkdigits.cli import main
from inkdigits.errors import ModelError, OutputError, UsageError
from inkdigits.recognition.touching import TOUCHING
from inkdigits.serving.policy import POLICY
from inkdigits.web.export import MANIFEST, NETWORK, OFFLINE, PAGE, export_web


def test_the_folder_is_whole_and_says_what_it_may_load(tmp_path: Path) -> None:
    size = export_web(tmp_path / "new" / "site")
    site = tmp_path / "new" / "site"
    names = {path.name for path in site.iterdir()}
    assert set(json.loads((site / MANIFEST).read_text())["files"]) == names - {MANIFEST}
    assert size == sum((site / name).stat().st_size for name in names - {MANIFEST})
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', (site / PAGE).read_text())
    assert policy is not None
    assert set(POLICY.split("; ")) - set(policy[1].split("; ")) == {"frame-ancestors 'none'"}
    kept = json.loads((site / OFFLINE).read_text().partition(" = ")[2].partition(";\n")[0])
    assert set(kept["files"]) == {"./", *names} - {MANIFEST, OFFLINE}
    assert {NETWORK, TOUCHING, "convolution.wasm"} <= set(kept["files"])


def test_all_that_a_module_imports_is_there(tmp_path: Path) -> None:
    export_web(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    for path in tmp_path.glob("*.js"):
        text = path.read_text()
        assert set(re.findall(r'(?:from|import) "\./([^"]+)"', text)) <= names
        code = [line for line in text.splitlines() if not line.lstrip().startswith("//")]
        assert not any("http:" in line or "https:" in line for line in code)
        assert len(text.splitlines()) <= 350


def test_of_the_services_files_only_the_calls_are_replaced(tmp_path: Path) -> None:
    export_web(tmp_path)
    served = Path(serving.__path__[0]) / "static"
    names = {path.name for path in served.iterdir()}
    changed = {
        name for name in names if (tmp_path / name).read_bytes() != (served / name).read_bytes()
    }
    assert changed == {"api.js", PAGE}
    assert "docs" not in (tmp_path / PAGE).read_text()
    where = "read on the machine that serves this page"  # which may be another than shows it
    assert where in (served / PAGE).read_text()
    assert "read on this machine" in (tmp_path / PAGE).read_text()


def test_an_earlier_export_is_replaced_and_what_others_put_there_stays(tmp_path: Path) -> None:
    export_web(tmp_path)
    (tmp_path / "CNAME").write_text("digits.example.org")
    (tmp_path / "gone.js").write_text("")
    (tmp_path / PAGE).write_text("old")
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    outside = tmp_path.parent / "outside.txt"
    outside.write_text("stays")
    manifest["files"] += ["gone.js", "../outside.txt"]
    (tmp_path / MANIFEST).write_text(json.dumps(manifest))
    export_web(tmp_path)
    assert "inkdigits" in (tmp_path / PAGE).read_text()
    assert (tmp_path / "CNAME").exists()
    assert not (tmp_path / "gone.js").exists()
    assert outside.exists()


def test_an_export_that_was_killed_can_be_repeated(tmp_path: Path) -> None:
    for name, age_s in ((".partial-old", 7200), (".partial-new", 0)):
        (tmp_path / name).write_text("half")
        os.utime(tmp_path / name, (time.time() - age_s,) * 2)
    export_web(tmp_path)
    assert not (tmp_path / ".partial-old").exists()
    assert (tmp_path / ".partial-new").exists()  # another export may be writing it
    (tmp_path / PAGE).unlink()
    export_web(tmp_path)
    assert (tmp_path / PAGE).exists()


def test_on_a_full_disk_the_earlier_export_stays_as_it_was(disk: Path) -> None:
    site = disk / "site"
    site.mkdir()
    before = {PAGE: "old", MANIFEST: json.dumps({"files": [PAGE]})}
    for name, content in before.items():
        (site / name).write_text(content)
    (disk / "of others").write_bytes(bytes(500_000))
    with pytest.raises(OutputError, match="No space left"):
        export_web(site)
    assert {path.name: path.read_text() for path in site.iterdir()} == before
    with pytest.raises(OutputError, match="No space left"):
        export_web(disk / "another")
    assert list((disk / "another").iterdir()) == []


def test_a_changed_file_changes_the_version(tmp_path: Path) -> None:
    export_web(tmp_path)
    first = (tmp_path / OFFLINE).read_bytes()
    export_web(tmp_path)
    assert (tmp_path / OFFLINE).read_bytes() == first
    export_web(tmp_path, Path("src/inkdigits/recognition/shipped.onnx").resolve())
    assert (tmp_path / OFFLINE).read_bytes() != first


@pytest.mark.parametrize("manifest", [None, "{", "[]", '{"files": 3}'])
def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, manifest: str | None) -> None:
    (tmp_path / "thesis.txt").write_text("the only copy")
    if manifest is not None:
        (tmp_path / MANIFEST).write_text(manifest)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UsageError, match="no empty folder and no earlier export"):
        export_web(tmp_path)
    assert sorted(tmp_path.iterdir()) == before


def test_what_cannot_be_written_is_said_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(OutputError, match=r"^Cannot write .*\.$"):
        export_web(file / "site")
    with pytest.raises(SystemExit) as ended:
        main(["export", "web", str(file)])
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("Error: ")


def test_a_model_of_ones_own_comes_along(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from inkdigits import recognition

    model = Path(recognition.__path__[0]) / "shipped.onnx"
    with pytest.raises(SystemExit) as ended:
        main(["export", "web", str(tmp_path / "site"), "--model", str(model)])
    assert ended.value.code == 0
    assert "http.server" in capsys.readouterr().err
    assert (tmp_path / "site" / NETWORK).read_bytes() == model.read_bytes()
    assert not (tmp_path / "site" / "card.txt").exists()
    export_web(tmp_path / "default")
    export_web(tmp_path / "named", "shipped")
    written = [
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("default", "named")
    ]
    assert "card.txt" in written[0]
    assert written[0] == written[1]


def test_what_is_no_network_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"nothing")
    with pytest.raises(ModelError):
        export_web(tmp_path / "site", broken)
    assert not (tmp_path / "site").exists()
