"""What the shipped network is trained on beside MNIST; looked at by eye, held to its kind here."""

import numpy as np
import pytest

from inkdigits import Recognizer
from inkdigits.data import Dataset, nondigits
from inkdigits.data.doodles import DOODLES, Drawing
from inkdigits.data.fonts import font_files, glyphs, hershey
from inkdigits.data.marred import marred, printed
from inkdigits.data.nondigits import LETTERS, NonDigits
from inkdigits.shipping.images import labelled


def test_no_letter_that_looks_like_a_digit_is_drawn() -> None:
    assert not set(LETTERS) & set("OoDQIilSsZzBbgq0123456789")


def test_non_digits_repeat_with_their_seed_and_are_refused(mnist: Dataset) -> None:
    digits = mnist.train.images[:500]
    drawn = NonDigits(digits, np.random.default_rng(3)).draw(300)
    assert np.array_equal(drawn, NonDigits(digits, np.random.default_rng(3)).draw(300))
    scores = Recognizer(threads=1).network.score(drawn)
    assert np.mean(scores.digit < 0.5) > 0.9


@pytest.mark.parametrize("kind", DOODLES)
def test_doodles_of_each_kind_are_refused(
    kind: Drawing, mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nondigits, "DOODLES", (kind,))
    drawing = NonDigits(mnist.train.images[:10], np.random.default_rng(4))
    drawn = np.stack([drawing.doodle() for _ in range(40)])
    assert len({plane.tobytes() for plane in drawn}) == 40
    assert np.mean(Recognizer(threads=1).network.score(drawn).digit < 0.5) > 0.85


@pytest.mark.parametrize("of", ["marred", "printed"])
def test_marred_and_printed_digits_keep_their_labels(of: str, mnist: Dataset) -> None:
    rng = np.random.default_rng(3)
    made = marred(mnist.first(500, 10).train, 1.0, rng) if of == "marred" else printed(400, rng)
    assert made.images.shape[1:] == (28, 28)
    assert made.images.dtype == np.uint8
    read = Recognizer(threads=1).network.score(made.images).probabilities.argmax(1)
    assert np.mean(read == made.labels) > 0.93


def test_a_font_without_a_character_draws_nothing() -> None:
    assert glyphs("\u4e2d", font_files()[0]) is None
    seven = glyphs("7", font_files()[0])
    assert seven is not None
    assert seven.max() > 200


def test_hersheys_letters_stand_upright() -> None:
    letter = hershey("L", "futural", 6)
    assert letter is not None
    half = len(letter) // 2
    assert letter[half:].sum() > letter[:half].sum()  # an L is heavy below


def test_the_last_training_images_are_held_out(
    mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("MARRED", 0.002), ("PRINTED", 20), ("NO_DIGIT", 30)):
        monkeypatch.setattr(f"inkdigits.shipping.images.{name}", value)
    told: dict[str, list[tuple[int, int | None]]] = {}

    def progress(what: str, done: int, total: int | None) -> None:
        told.setdefault(what, []).append((done, total))

    data = labelled(mnist, 0, progress)
    assert np.array_equal(data.train.images[:55_000], mnist.train.images[:55_000])
    assert len(data.train.labels) == pytest.approx(55_000 + 110 + 20 + 30, abs=3)
    assert data.class_names[-1] == "no digit"
    assert told["Drawing what is no digit"] == [(done, 30) for done in range(31)]
    marred_ones = len(data.train.labels) - 55_000 - 20 - 30
    assert told["Marring digits"] == [(done, marred_ones) for done in range(marred_ones + 1)]
