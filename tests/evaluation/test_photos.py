"""Edits, exact lines and thresholds, counted by hand."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.errors import DataError, PictureError, UsageError
from inkdigits.evaluation.photos import (
    LabelledPicture,
    edit_distance,
    matches,
    read_manifest,
    score_pictures,
    summary,
)
from inkdigits.recognition.reading import Digit, Line, Reading


def reading(*lines: str, confidence: float = 0.9) -> Reading:
    image = np.zeros((28, 28), np.uint8)
    return Reading(
        tuple(
            Line(
                tuple(
                    Digit(int(value), confidence, (0, 0, 1, 1), image, np.full(10, 0.1))
                    for value in line
                )
            )
            for line in lines
        ),
        (10, 10),
    )


@pytest.mark.parametrize(
    ("read", "true", "edits"),
    [("", "", 0), ("123", "123", 0), ("", "77", 2), ("8042", "842", 1), ("1234", "2345", 2)],
)
def test_edit_distances_counted_by_hand(read: str, true: str, edits: int) -> None:
    assert edit_distance(read, true) == edits


digits = st.text("012", max_size=8)


@given(digits, digits, digits)
def test_the_edit_distance_is_a_metric(first: str, second: str, third: str) -> None:
    assert edit_distance(first, second) == edit_distance(second, first)
    assert (edit_distance(first, second) == 0) == (first == second)
    assert edit_distance(first, third) <= edit_distance(first, second) + edit_distance(
        second, third
    )


@given(digits, digits)
def test_matches_leave_the_edits(read: str, true: str) -> None:
    matched = matches(read, true)
    assert len(matched) == len(read)
    assert sum(matched) >= len(read) - edit_distance(read, true)


def test_a_summary_counted_by_hand() -> None:
    pictures = [
        LabelledPicture(Path("a"), "photo", ("12", "34")),
        LabelledPicture(Path("b"), "photo", ("5",)),
        LabelledPicture(Path("c"), "negative", ()),
        LabelledPicture(Path("d"), "photo", ("7",)),
    ]
    read = {"a": reading("12", "35"), "b": reading("5"), "c": reading("1")}

    def reader(path: Path) -> Reading:
        if str(path) == "d":
            raise PictureError("d is no readable picture.")
        return read[str(path)]

    figures = summary(score_pictures(pictures, reader))
    everything, photo = figures["all"], figures["groups"]["photo"]
    assert everything["character_error_rate"] == pytest.approx(3 / 6)
    assert (photo["exact_lines"], photo["lines"]) == (2, 4)
    assert (photo["exact_pictures"], photo["pictures"]) == (1, 3)
    assert (everything["false_on_empty"], everything["empty"]) == (1, 1)
    assert everything["unreadable"] == 1
    assert [(row["file"], row["read"], row["edits"]) for row in figures["misread"]] == [
        ("a", ["12", "35"], 1),
        ("c", ["1"], 1),
    ]
    at = {row["confidence"]: row for row in photo["thresholds"]}
    assert at[0.5]["answered"] == 1
    assert at[0.5]["right"] == pytest.approx(4 / 5)
    assert [at[0.5][f"digits_{name}"] for name in ("read", "answered", "right")] == [5, 5, 4]
    assert [at[0.95][f"digits_{name}"] for name in ("read", "answered", "right")] == [5, 0, 0]
    assert (at[0.95]["answered"], at[0.95]["right"]) == (0, None)
    nothing = summary(score_pictures(pictures[3:], reader))["all"]["thresholds"]
    assert {(row["answered"], row["right"]) for row in nothing} == {(None, None)}


def test_a_manifest_that_cannot_be_read_is_named_without_an_error_number(tmp_path: Path) -> None:
    path = tmp_path / "manifest.jsonl"
    with pytest.raises(UsageError, match=rf"^There is no manifest {re.escape(str(path))}\.$"):
        read_manifest(path)
    path.write_bytes(b"\xff")
    with pytest.raises(DataError, match=r"cannot be read: it is no UTF-8 text\.$"):
        read_manifest(path)
    with pytest.raises(DataError, match=r"cannot be read: [A-Z][a-z ]+\.$"):
        read_manifest(tmp_path)  # a folder


def test_a_manifest_names_its_broken_line(tmp_path: Path) -> None:
    path = tmp_path / "manifest.jsonl"
    good = json.dumps({"file": "a.png", "lines": ["12"], "group": "photo", "note": ""})
    other = good.replace("a.png", "b.png")
    path.write_text(f"{other}\n\n{good}\n")
    assert read_manifest(path)[1] == LabelledPicture(tmp_path / "a.png", "photo", ("12",))
    path.write_text(f"{good}\n", encoding="utf-8-sig")
    assert len(read_manifest(path)) == 1
    for bad in ("{", '{"file": "a.png"}', '{"file": "a.png", "lines": ["1x"]}', "[]",
                '{"file": "a.png", "lines": ["７"]}'):  # fmt: skip
        path.write_text(f"{good}\n{bad}\n")
        with pytest.raises(DataError, match="line 2"):
            read_manifest(path)


@pytest.mark.parametrize("lines", ["12", "13"])
@pytest.mark.parametrize("name", ["a.png", "./a.png", "forms/../a.png"])
def test_a_picture_that_a_manifest_labels_twice_is_named(
    name: str, lines: str, tmp_path: Path
) -> None:
    path = tmp_path / "manifest.jsonl"
    entries = [("a.png", "12"), ("b.png", "12"), (name, lines)]
    path.write_text(
        "\n".join(json.dumps({"file": file, "lines": [line]}) for file, line in entries)
    )
    said = f"{path}, line 3: {tmp_path / name} is in line 1 already, and would count twice."
    with pytest.raises(DataError, match=f"^{re.escape(said)}$"):
        read_manifest(path)
