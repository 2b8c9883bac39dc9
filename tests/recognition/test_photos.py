"""The development photos, where they are: the bars that the reader must keep."""

import json
from pathlib import Path

import pytest

from inkdigits import Recognizer
from inkdigits.evaluation.photos import read_manifest, score_pictures, summary

PHOTOS = Path(__file__).parents[3] / "shared" / "photos" / "manifest.jsonl"
pytestmark = pytest.mark.skipif(not PHOTOS.exists(), reason="the development photos are not here")


@pytest.fixture(scope="module")
def figures() -> dict[str, dict[str, float]]:
    hard = {
        entry["file"]
        for entry in map(json.loads, PHOTOS.read_text().splitlines())
        if entry.get("hard")
    }
    pictures = [picture for picture in read_manifest(PHOTOS) if picture.path.name not in hard]
    scored = summary(score_pictures(pictures, Recognizer(threads=1).read))
    return {"all": scored["all"], **scored["groups"]}


@pytest.mark.parametrize(
    ("group", "bar"),
    [("all", 0.05), ("photo", 0.02), ("clean", 0.02), ("lined", 0.05), ("mixed", 0.15)],
)
def test_edits_a_digit(figures: dict[str, dict[str, float]], group: str, bar: float) -> None:
    assert figures[group]["character_error_rate"] <= bar


@pytest.mark.parametrize("group", ["dark", "single", "printed"])
def test_at_most_one_picture_is_wrong(figures: dict[str, dict[str, float]], group: str) -> None:
    assert figures[group]["exact_pictures"] >= figures[group]["pictures"] - 1


def test_pictures_without_a_digit_give_none(figures: dict[str, dict[str, float]]) -> None:
    assert figures["negative"]["false_on_empty"] <= 1
