"""Which of one's own digits are taught, and which are held out to score on."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest

from inkdigits.data.crops import Crops
from inkdigits.data.dataset import Dataset, Split
from inkdigits.errors import DataError, RunError, UsageError
from inkdigits.teaching import (
    _check_values,
    _parted,
    _repeated,
    advice,
    doubts,
    prepare_lesson,
    starting_point,
)
from inkdigits.training.engine import choose_engine
from inkdigits.training.recipes import SHIPPED, find_recipe
from inkdigits.training.run import create_run
from inkdigits.training.weights import network_from, tensors_from

HERE = Path("mine")


def digits(count: int, seed: int = 0) -> Split:
    """Noise, so that each image is another; labels 0 to 4 in turn."""
    images = np.random.default_rng(seed).integers(0, 256, (count, 28, 28), dtype=np.uint8)
    return Split(images, (np.arange(count) % 5).astype(np.uint8))


def known(split: Split) -> set[bytes]:
    return {image.tobytes() for image in split.images}


def test_one_in_five_is_held_out_and_at_least_one_of_each_value_on_either_side() -> None:
    own = digits(1000)
    taught, held = _parted(own, HERE)
    assert known(taught) | known(held) == known(own)
    assert len(taught.labels) + len(held.labels) == 1000
    assert 150 < len(held.labels) < 250
    for seed in range(50):
        for part in _parted(digits(10, seed), HERE):
            assert set(part.labels) == set(range(5))
    twice = digits(5)
    same = Split(twice.images.repeat(2, axis=0), twice.labels.repeat(2))
    assert [len(part.labels) for part in _parted(same, HERE)] == [5, 5]
    with pytest.raises(DataError, match="mine holds no two digits of one value"):
        _parted(digits(5), HERE)


def test_the_only_digit_of_a_value_is_taught() -> None:
    for seed in range(20):
        taught, held = _parted(digits(6, seed), HERE)
        assert sorted(taught.labels) == [0, 1, 2, 3, 4]
        assert held.labels.tolist() == [0]


def test_what_was_taught_stays_taught_when_more_digits_come() -> None:
    before, more = digits(100), digits(400, seed=1)
    for order in (0, 1):
        parts = (before, more) if order else (more, before)
        together = Split(
            np.concatenate([part.images for part in parts]),
            np.concatenate([part.labels for part in parts]),
        )
        assert known(_parted(before, HERE)[0]) <= known(_parted(together, HERE)[0])


def test_no_other_set_is_taken_for_digits(tmp_path: Path) -> None:
    for size, names in (((28, 28), "abcdefghij"), ((28, 28), "01"), ((40, 28), "0123456789")):
        split = Split(np.zeros((10, *size), np.uint8), np.arange(10, dtype=np.uint8) % len(names))
        other = Dataset("letters", split, split, tuple(names), "a file")
        with pytest.raises(UsageError, match="letters"):
            prepare_lesson("shipped", tmp_path, other, seed=0)


def test_the_second_lesson_is_by_the_recipe_of_the_first(
    mnist: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seen in ("DIGITS_SEEN", "MARRED_SEEN", "NONE_SEEN"):
        monkeypatch.setattr(f"inkdigits.teaching.{seen}", 20)
    few = mnist.first(100, 20)
    few = replace(mnist, train=few.train, test=few.test)
    own = tmp_path / "own.npz"
    np.savez(own, images=mnist.test.images[:40], labels=mnist.test.labels[:40])
    first = prepare_lesson("shipped", own, few, seed=0)
    assert first.recipe.optimizer.learning_rate == SHIPPED.optimizer.learning_rate / 10
    engine = choose_engine("cpu")
    run = create_run(first.recipe, first.dataset, engine, 0, tmp_path, "mine", origin=first.origin)
    (run.path / "weights.safetensors").write_bytes(first.weights)
    (run.path / "metrics.json").write_text("{}")
    assert prepare_lesson(str(run.path), own, few, seed=0).recipe == first.recipe
    (run.path / "weights.safetensors").unlink()
    with pytest.raises(RunError, match=r"is missing.*train it again with: ink"):
        prepare_lesson(str(run.path), own, few, seed=0)


def test_own_digits_of_each_value_are_a_tenth_of_their_share() -> None:
    labels = np.array([7] * 30 + [3] * 2, np.uint8)
    again = _repeated(labels, 1000, np.random.default_rng(0))
    counts = np.bincount(again, minlength=32)
    assert counts[:30].sum() == counts[30:].sum() == 100
    assert set(counts[:30]) == {3, 4}


def test_what_cannot_go_on_is_said_before_any_data_are_fetched(
    tmp_path: Path,
) -> None:
    file = tmp_path / "mine.onnx"
    file.write_bytes(b"")
    for start, own, said in (
        ("shipped", tmp_path / "none", r"no folder .*none; `inkdigits label` writes one"),
        (str(file), tmp_path, r"mine\.onnx is a file; what goes on is a run folder, or 'shipped'"),
        (str(tmp_path / "run"), tmp_path, "no run folder"),
    ):
        with pytest.raises(UsageError, match=said):
            starting_point(start, own)
    lab = find_recipe("lab")
    for names, side, said in (
        (tuple("abcdefghij"), 28, "tells other classes apart than the digits 0 to 9"),
        (tuple("0123456789"), 32, "takes images of 32x32 pixels, not 28x28"),
    ):
        split = Split(np.zeros((10, side, side), np.uint8), np.arange(10, dtype=np.uint8))
        other = Dataset("other", split, split, names, "a file")
        recipe = lab.for_data(10, (side, side))
        run = create_run(recipe, other, choose_engine("cpu"), 0, tmp_path, f"{side}")
        with pytest.raises(UsageError, match=said):
            starting_point(str(run.path), tmp_path)


def crops(images: npt.NDArray[np.uint8], labels: list[int]) -> Crops:
    names = tuple(f"own/{label}/{place}.png" for place, label in enumerate(labels))
    return Crops(images, np.array(labels), names)


def test_a_picture_of_two_values_or_of_nothing_is_named() -> None:
    images = digits(4).images
    _check_values(crops(images, [1, 2, 3, 4]))
    images[2] = images[0]
    _check_values(crops(images, [1, 2, 1, 4]))  # the same twice is no contradiction
    with pytest.raises(DataError, match=r"^own/1/0\.png and own/7/2\.png are one picture of two"):
        _check_values(crops(images, [1, 2, 7, 4]))
    images[3] = 0
    with pytest.raises(DataError, match=r"^own/4/3\.png shows nothing; remove it\.$"):
        _check_values(crops(images, [1, 2, 1, 4]))
    many = crops(np.zeros((9, 28, 28), np.uint8), [1] * 9)
    with pytest.raises(DataError, match=r"(?s)own/1/4\.png shows nothing.*\nAnd 4 more\.$"):
        _check_values(many)


def test_digits_in_a_wrong_folder_are_named_the_surest_first(mnist: Dataset) -> None:
    recipe, weights = starting_point("shipped", Path(__file__).parent)
    network = network_from(recipe.network, tensors_from(weights, HERE), HERE)
    images, labels = mnist.test.images[:6], mnist.test.labels[:6].astype(int).tolist()
    assert labels == [7, 2, 1, 0, 4, 1]
    assert doubts(network, crops(images, labels)) == []
    doubtful = doubts(network, crops(images, [7, 3, 1, 0, 9, 1]))
    assert {(each.name, each.value) for each in doubtful} == {
        ("own/3/1.png", 2),
        ("own/9/4.png", 4),
    }
    assert doubtful[0].confidence >= doubtful[1].confidence > 0.5


def test_values_of_which_none_is_taught_are_told() -> None:
    lesson = SimpleNamespace(own=crops(digits(3).images, [1, 7, 7]))
    said = list(advice(cast(Any, lesson), (0.5, 0.9), (0.99, 0.99)))
    assert len(said) == 1
    assert said[0].startswith("No 0, 2, 3, 4, 5, 6, 8, 9 of yours")
    lesson = SimpleNamespace(own=crops(digits(10).images, list(range(10))))
    assert list(advice(cast(Any, lesson), (1, 1), (0.99, 0.985))) == []
    worse = list(advice(cast(Any, lesson), (0.9, 0.9), (0.99, 0.97)))
    assert [line.split(":")[0] for line in worse] == [
        "Yours are read no better", "Others' digits are read much worse",
    ]  # fmt: skip
