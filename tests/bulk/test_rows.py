"""The rows are what the recogniser says, whatever the source, the engine and the workers."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from inkdigits import Recognizer, UsageError
from inkdigits.cli import bulk, main
from inkdigits.cluster import run as running
from inkdigits.cluster.collection import Pictures, listing
from inkdigits.cluster.places import place
from inkdigits.cluster.plan import Span
from inkdigits.cluster.reader import Done
from inkdigits.cluster.rows import SCHEMA, Part, error_rows
from inkdigits.cluster.tables import Columns, find_columns, open_table
from inkdigits.data import Dataset
from inkdigits.errors import PictureError
from inkdigits.images.tiff import page_places
from tests.bulk.conftest import Command, Row, parts_of, read, rows_of

NO_RAY = "Ray is not installed; processes of this machine read instead.\n"
writes_views = pytest.mark.skipif(
    int(pa.__version__.split(".")[0]) < 21, reason="older ones read such columns but write none"
)


def test_rows_are_those_of_the_recognizer_for_any_number_of_workers(
    folder: Path, expected: list[Row], tmp_path: Path
) -> None:
    for workers in (1, 2, 4):
        assert read(folder, tmp_path / str(workers), workers=workers) == 64
    assert rows_of(tmp_path / "1") == expected
    assert parts_of(tmp_path / "1") == parts_of(tmp_path / "2") == parts_of(tmp_path / "4")
    assert len(parts_of(tmp_path / "1")) == 4
    table = pq.read_table(tmp_path / "1")
    card = Path(sys.modules["inkdigits"].__path__[0]) / "recognition" / "CARD.json"
    assert set(table["model"].to_pylist()) == {
        json.loads(card.read_text())["sha256"]["shipped.onnx"]
    }
    errors = {row["picture"]: row["error"] for row in table.to_pylist() if row["error"]}
    assert sorted(errors) == ["empty.png", "text.png", "zz/half.png"]
    assert all(sentence.endswith(".") for sentence in errors.values())


def test_a_part_holds_what_it_was_given_in_one_block_or_in_several(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    part = Part("m" * 64)
    given: list[tuple[Any, ...]] = []
    for k in range(200):
        cells = 1, "007", ["007", "2026-01-01"], '007 "/" 2026', k / 7, [1, 2, 3, 4], 90
        part.add(f"\u2028{k}\0\\.png", [(None, *cells, None)])
        given.append((f"\u2028{k}\0\\.png", *cells, "m" * 64, None))
    part.add("none.png", error_rows('It is no "picture".'))
    given.append(("none.png", 0, *[None] * 6, "m" * 64, 'It is no "picture".'))
    whole = part.parquet()
    found = pq.read_table(io.BytesIO(whole))
    assert found.schema.equals(SCHEMA)
    assert [tuple(row.values()) for row in found.to_pylist()] == given
    monkeypatch.setattr("inkdigits.cluster.rows.BLOCK", 5000)
    assert part.parquet() == whole


def test_pages_of_a_document_are_named_and_a_bad_one_stops_no_other(
    contents: dict[str, bytes], tmp_path: Path
) -> None:
    good = [contents["2/002.png"], contents["1/001.png"]]
    texts = [Recognizer(threads=1).read(content).text for content in good]
    large = Image.new("L", (30_000, 3))  # more pixels than the limit below

    def save(name: str, *between: Image.Image) -> None:
        first, last = (Image.open(io.BytesIO(content)) for content in good)
        first.save(tmp_path / "in" / name, save_all=True, append_images=[*between, last])

    (tmp_path / "in").mkdir()
    save("scan.tiff")
    save("scan.pdf")
    save("wide.tif", large)
    whole = (tmp_path / "in" / "scan.tiff").read_bytes()
    (tmp_path / "in" / "cut.tif").write_bytes(whole[: page_places(whole)[0][1] + 1])
    assert read(tmp_path / "in", tmp_path / "out", max_pixels=50_000) == 4
    assert {row[0]: row[2] for row in rows_of(tmp_path / "out")} == {
        "cut.tif#page=1": texts[0],
        "cut.tif#page=2": None,
        "scan.pdf#page=1": texts[0],
        "scan.pdf#page=2": texts[1],
        "scan.tiff#page=1": texts[0],
        "scan.tiff#page=2": texts[1],
        "wide.tif#page=1": texts[0],
        "wide.tif#page=2": None,
        "wide.tif#page=3": texts[1],
    }


def test_the_same_rows_come_out_of_parquet(
    contents: dict[str, bytes], expected: list[Row], tmp_path: Path
) -> None:
    names, pictures = list(contents), list(contents.values())
    table = pa.table({"name": names, "png": pa.array(pictures, pa.large_binary()), "n": names})
    (tmp_path / "in").mkdir()
    pq.write_table(table.slice(0, 40), tmp_path / "in" / "a.parquet", row_group_size=7)
    pq.write_table(table.slice(40, 20), tmp_path / "in" / "b.parquet")
    assert read(tmp_path / "in", tmp_path / "out", workers=2) == 60
    pq.write_table(table.slice(40), tmp_path / "in" / "b.parquet")  # which has grown
    assert read(tmp_path / "in", tmp_path / "out") == 4
    assert rows_of(tmp_path / "out") == expected
    assert read(tmp_path / "in", tmp_path / "out") == 0
    assert read(tmp_path / "in" / "a.parquet", tmp_path / "a", name_column="n") == 40
    assert rows_of(tmp_path / "a") == sorted(
        (row for row in expected if row[0] in names[:40]), key=repr
    )


def test_parquet_as_hugging_face_has_it_and_rows_without_a_picture(
    contents: dict[str, bytes], tmp_path: Path
) -> None:
    good = contents["0/000.png"]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    images = pa.array([{"bytes": good, "path": None}, {"bytes": None, "path": "b"}, None], kind)
    pq.write_table(pa.table({"image": images, "label": [1, 2, 3]}), tmp_path / "x.parquet")
    assert read(tmp_path / "x.parquet", tmp_path / "out") == 3
    rows = {row[0]: row for row in rows_of(tmp_path / "out")}
    assert set(rows) == {"x.parquet#0.0", "b", "x.parquet#0.2"}
    assert rows["x.parquet#0.0"][1] == 1
    assert rows["b"][-1]
    assert rows["x.parquet#0.2"][-1]


def test_which_column_must_be_clear(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [b"1"], "b": [b"2"], "c": ["x"]}), tmp_path / "x.parquet")
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, r"x\.parquet: .* several: a, b"),
        ({"column": "c"}, r"x\.parquet: there is no column 'c' of pictures"),
        ({"column": "a", "name_column": "b"}, "no column 'b' of text"),
    ]
    for options, said in cases:
        with pytest.raises(UsageError, match=said):
            read(tmp_path / "x.parquet", tmp_path / "out", **options)
    assert read(tmp_path / "x.parquet", tmp_path / "out", column="a", name_column="c") == 1


def test_columns_that_are_there_twice_are_told(tmp_path: Path) -> None:
    columns = [pa.array([b"1"]), pa.array(["x"]), pa.array(["y"])]
    cases: tuple[tuple[str, dict[str, Any]], ...] = (
        ("a", {"column": "a"}),
        ("n", {"name_column": "n"}),
    )
    for twice, options in cases:
        names = ["a", "n", twice]
        columns[2] = columns[names.index(twice)]
        pq.write_table(pa.Table.from_arrays(columns, names), tmp_path / "x.parquet")
        with pytest.raises(
            UsageError, match=rf"x\.parquet: there are several columns '{twice}'\.$"
        ):
            read(tmp_path / "x.parquet", tmp_path / "out", **options)


def test_names_that_are_no_utf_8_or_stand_in_two_columns_are_names_all_the_same(
    tmp_path: Path,
) -> None:
    places = np.array([0, 2], np.int32).tobytes()
    odd = pa.StringArray.from_buffers(1, pa.py_buffer(places), pa.py_buffer(b"a\xff"))
    names = ["image", "name", "path", "name"]  # of which `path` alone is clear
    path = tmp_path / "x.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array([b"1"]), odd, odd, odd], names), path)
    source = place(str(path))
    columns = find_columns(open_table(place(str(tmp_path)), path.name), path.name, None, None)
    assert columns == Columns("image", "path")
    fetched = Pictures(source, "parquet", columns).of([Span(path.name.encode(), 0)])
    assert list(fetched) == [("a\\xff", b"1")]


def test_parquet_files_without_a_row_are_no_collection(tmp_path: Path) -> None:
    empty = pa.table({"png": pa.array([], pa.binary())})
    pq.write_table(empty, tmp_path / "x.parquet")
    with pytest.raises(UsageError, match=r"x\.parquet holds no picture: there is no row in it"):
        read(tmp_path / "x.parquet", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("empty", ["", "file://"])
def test_an_empty_name_is_not_the_working_directory(empty: str) -> None:
    with pytest.raises(UsageError, match="An empty name is no place"):
        place(empty)


@pytest.mark.parametrize(
    "kind",
    [
        pa.binary(5),
        pa.dictionary(pa.int32(), pa.binary()),
        pytest.param(pa.binary_view(), marks=writes_views),
        pa.large_binary(),
    ],
)
def test_bytes_of_every_kind_are_pictures(tmp_path: Path, kind: pa.DataType) -> None:
    contents = [b"first", b"other", b"first"]
    names = pa.array(["a", "b", "c"]).dictionary_encode()
    table = pa.table({"name": names, "png": pa.array(contents).cast(kind)})
    pq.write_table(table, tmp_path / "x.parquet")
    columns = find_columns(open_table(place(str(tmp_path)), "x.parquet"), "x.parquet", None, None)
    part = [Span(b"x.parquet", 0, 0, 3)]
    fetched = Pictures(place(str(tmp_path / "x.parquet")), "parquet", columns).of(part)
    assert list(fetched) == list(zip("abc", contents, strict=True))


def test_what_a_folder_holds_and_is_not_read_is_told(tmp_path: Path) -> None:
    rows = tmp_path / "in" / "rows.parquet"  # an earlier job's
    rows.mkdir(parents=True)
    (rows / "_job.json").write_text("{}")
    for name in ("b.svg", "x.parquet", "rows.parquet/part-00000000.parquet"):
        (tmp_path / "in" / name).write_bytes(b"")
    source = place(str(tmp_path / "in"))
    svg = f"{source.shown} holds pictures beside, 1 in formats that are not read (.svg)."
    tables = listing(source)
    assert (tables.kind, list(tables.names), tables.unread) == ("parquet", [b"x.parquet"], [svg])
    (tmp_path / "in" / "a.png").write_bytes(b"")
    pictures = listing(source)
    assert (pictures.kind, list(pictures.names)) == ("pictures", [b"a.png"])
    assert pictures.unread == [
        svg,
        f"{source.shown} holds 1 Parquet file too; beside pictures they are not read.",
    ]


def test_a_damaged_row_group_is_rows_with_an_error(
    contents: dict[str, bytes], tmp_path: Path
) -> None:
    path = tmp_path / "x.parquet"
    table = pa.table({"png": [contents["0/000.png"]] * 40})
    pq.write_table(table, path, row_group_size=20, compression="none", use_dictionary=False)
    content = bytearray(path.read_bytes())
    at = pq.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    content[at : at + 60] = bytes(60)
    path.write_bytes(content)
    assert read(path, tmp_path / "out") == 40
    rows = rows_of(tmp_path / "out")
    assert len(rows) == 40
    assert sum(row[-1] for row in rows) == 20


def test_a_row_group_that_became_shorter_is_rows_with_an_error(
    contents: dict[str, bytes], tmp_path: Path
) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"png": [contents["0/000.png"]] * 12}), path)
    part = [Span(b"x.parquet", 0, 0, 20)]  # as it was when the job was planned
    fetched = list(Pictures(place(str(path)), "parquet", Columns("png", "")).of(part))
    assert [type(content) for _, content in fetched] == [bytes] * 12 + [PictureError] * 8
    assert "fewer rows" in str(fetched[-1][1])


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_to_folders_that_are_not_followed_are_told(tmp_path: Path) -> None:
    (tmp_path / "in" / "below").mkdir(parents=True)
    (tmp_path / "in" / "round").symlink_to(tmp_path / "in")
    source = place(str(tmp_path / "in"))
    one = f"{source.shown} holds 1 link to a folder, which is not followed."
    with pytest.raises(UsageError, match=f"no picture and no Parquet file. {one}"):
        listing(source)
    (tmp_path / "in" / "a.png").write_bytes(b"")
    assert listing(source).unread == [one]
    (tmp_path / "in" / "below" / "out").symlink_to(tmp_path)
    found = listing(source)
    assert found.unread == [f"{source.shown} holds 2 links to folders, which are not followed."]
    assert list(found.names) == [b"a.png"]


@pytest.mark.skipif(os.name == "nt", reason="such names are not to be had there")
def test_names_of_any_bytes_are_kept_and_links_out_are_not_followed(
    contents: dict[str, bytes], tmp_path: Path
) -> None:
    source, good = tmp_path / "in", contents["0/000.png"]
    source.mkdir()
    (tmp_path / "private.png").write_bytes(good)
    (source / os.fsdecode(b"\xff.png")).write_bytes(good)
    (source / "a\nb\x1b.png").write_bytes(good)
    (source / "link.png").symlink_to(tmp_path / "private.png")
    (source / "inside.png").symlink_to(source / "a\nb\x1b.png")
    (source / "loop.png").symlink_to("loop.png")
    (source / "folder.png").mkdir()
    os.mkfifo(source / "pipe.png")
    (source / "gone.png").symlink_to("nowhere")
    assert read(source, tmp_path / "out") == 7
    table = pq.read_table(tmp_path / "out").to_pylist()
    why = {row["picture"]: row["error"] for row in table if row["error"]}
    assert {row["picture"] for row in table} - set(why) == {
        "\\xff.png", "a\nb\x1b.png", "inside.png"
    }  # fmt: skip
    assert why["link.png"] == "The picture is a link that leads out of its folder."
    assert why["pipe.png"] == "The picture cannot be read: It is no file."
    assert why["gone.png"] == "The picture cannot be read: No such file or directory."
    assert "loop.png" in why


def test_options_and_another_network_decide_the_rows(
    folder: Path, mnist: Dataset, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "wide.png").write_bytes((folder / "2/002.png").read_bytes())
    network = tmp_path / "own.onnx"
    shipped = Path(sys.modules["inkdigits"].__path__[0]) / "recognition" / "stages.onnx"
    network.write_bytes(shipped.read_bytes())
    read(tmp_path / "in", tmp_path / "one", single=True)
    read(tmp_path / "in", tmp_path / "three", model=network)
    (one,), (three,) = rows_of(tmp_path / "one"), rows_of(tmp_path / "three")
    assert len(one[2]) == 1
    assert len(three[2]) == 3
    with pytest.raises(UsageError, match="begun with another network"):
        read(tmp_path / "in", tmp_path / "three")
    read(tmp_path / "in", tmp_path / "small", max_pixels=100)
    assert "the limit is 100 pixels" in pq.read_table(tmp_path / "small")["error"][0].as_py()


def test_the_command_says_what_it_did(
    command: Command, folder: Path, expected: list[Row], tmp_path: Path
) -> None:
    out = tmp_path / "results.parquet"
    process = command(folder, "--out", out, "--workers", 2)
    said, complaints = process.communicate(timeout=60)
    assert process.returncode == 0, complaints
    assert f"64 pictures, {len(expected)} rows" in said
    assert "3 could not be read" in said
    assert rows_of(out) == expected
    again = command(folder, "--out", out)
    said, _ = again.communicate(timeout=60)
    assert said.startswith("All 64 pictures were read already, 3 could not be read: see error.")
    assert again.returncode == 0


def test_one_picture_is_called_one_picture() -> None:
    progress = bulk._Progress(1)
    progress.add(Done(part=0, pictures=1, rows=1, errors=0))
    assert progress.summary().startswith("1 picture, 1 row, ")
    assert bulk._Progress(1).summary() == "The picture was read already."


def test_reading_needs_no_ray_for_the_pool_and_no_pyarrow_without_out(folder: Path) -> None:
    script = (
        "import sys; sys.modules['ray'] = sys.modules['pyarrow'] = None\n"
        "from inkdigits.cli import main; main(sys.argv[1:])"
    )
    line = [sys.executable, "-c", script, "read", str(folder / "0"), "--format", "text"]
    assert subprocess.run(line, capture_output=True).returncode == 0
    done = subprocess.run([*line[:-2], "--out", "x"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        "Error: This command needs pyarrow, which comes with: pip install 'inkdigits[cluster]'\n"
    )


@pytest.mark.parametrize(
    ("given", "engine", "said"), [(("--address", "head:6379"), "ray", ""), ((), "pool", NO_RAY)]
)
def test_a_cluster_that_is_named_is_not_passed_over_in_silence_without_ray(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: tuple[str, ...],
    engine: str,
    said: str,
) -> None:
    taken: list[str] = []

    def run(job: object, out: object, engine: str, **options: object) -> Iterator[Done]:
        taken.append(engine)  # "ray" then says what installs it
        yield from ()

    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setattr(running, "run", run)
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    with pytest.raises(SystemExit):
        main(["read", str(folder / "0" / "000.png"), "--out", str(tmp_path / "out"), *given])
    assert (taken, capsys.readouterr().err) == ([engine], said)


def test_without_ray_the_same_command_is_carried_out_by_processes(
    folder: Path, expected: list[Row], tmp_path: Path
) -> None:
    script = (
        "import sys; sys.modules['ray'] = None\nfrom inkdigits.cli import main; main(sys.argv[1:])"
    )
    line = [sys.executable, "-c", script, "read", str(folder), "--engine", "ray", "--out"]
    done = subprocess.run([*line, str(tmp_path / "out")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert NO_RAY in done.stderr
    assert rows_of(tmp_path / "out") == expected
    asked = subprocess.run(
        [*line, str(tmp_path / "other"), "--address", "127.0.0.1:1"], capture_output=True, text=True
    )
    assert asked.returncode == 1
    assert "needs ray" in asked.stderr


def test_a_picture_alone_is_a_collection(contents: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(contents["1/001.png"])
    assert read(tmp_path / "a.png", tmp_path / "out") == 1
    assert rows_of(tmp_path / "out")[0][0] == "a.png"
