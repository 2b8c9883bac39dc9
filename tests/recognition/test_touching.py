"""Digits that touch: what a row of places spells, held to torch's loss and to counting; pages."""

import itertools
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits import Recognizer
from inkdigits.data import Dataset
from inkdigits.data.fonts import font_files
from inkdigits.data.touching import NONE, Marks
from inkdigits.errors import ModelError
from inkdigits.evaluation.photos import edit_distance
from inkdigits.networks.strings import StringNetwork
from inkdigits.recognition.modelfile import network_source
from inkdigits.recognition.touching import (
    BLANK,
    CLASSES,
    TouchingNetwork,
    log_probability,
    log_softmax,
    spell,
)
from inkdigits.training.export import strings_to_onnx
from tests.recognition import prints
from tests.recognition.pages import apostrophe, page, touching_row


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


Says = npt.NDArray[np.float64]


def random_says(seed: int, places: int) -> Says:
    return log_softmax(3 * np.random.default_rng(seed).normal(size=(places, CLASSES)))


def certain(*path: int) -> Says:
    """All but certain of a path."""
    logits = np.zeros((len(path), CLASSES))
    logits[np.arange(len(path)), path] = 30
    return log_softmax(logits)


@settings(max_examples=60)
@given(
    st.integers(0, 10**6), st.integers(1, 12), st.lists(st.integers(0, 10), min_size=1, max_size=5)
)
def test_the_probability_of_a_number_is_that_of_torchs_loss(
    seed: int, places: int, values: list[int]
) -> None:
    says = random_says(seed, places)
    lengths = torch.tensor([places]), torch.tensor([len(values)])
    expected = -F.ctc_loss(
        torch.from_numpy(says)[:, None], torch.tensor([values]), *lengths, blank=BLANK,
        reduction="sum",
    )  # fmt: skip
    assert np.isclose(log_probability(says, values), float(expected))


def test_it_is_the_sum_over_all_paths() -> None:
    says = random_says(1, 4)
    for values in ([], [3], [3, 3], [1, 2], [4, 10]):
        paths = [
            path
            for path in itertools.product(range(CLASSES), repeat=4)
            if [value for value, _ in itertools.groupby(path) if value != BLANK] == values
        ]
        total = sum(np.exp(says[np.arange(4), list(path)].sum()) for path in paths)
        assert np.isclose(np.exp(log_probability(says, values)), total)


def test_a_path_is_spelled_without_repetitions_and_blanks() -> None:
    found = spell(certain(BLANK, 4, 4, BLANK, 4, 7, 7, 7, BLANK))
    assert found.values == (4, 4, 7)
    assert found.middles == (1.5, 4, 6)
    assert found.probability > 0.999
    assert found.digits.shape == (3, 10)
    assert found.digits.argmax(1).tolist() == [4, 4, 7]


@pytest.mark.parametrize("path", [(BLANK, BLANK), (NONE, NONE), (3, NONE), (3, BLANK, NONE, 5)])
def test_what_is_something_else_has_no_digits(path: tuple[int, ...]) -> None:
    found = spell(certain(*path))
    assert found.values == ()
    assert found.digits.shape == (0, 10)


def test_a_digit_in_doubt_leaves_the_others_sure() -> None:
    chances = np.full((3, CLASSES), 1e-12)
    chances[0, [3, 8]] = 0.6, 0.4
    chances[1, BLANK] = chances[2, 5] = 1
    found = spell(np.log(chances / chances.sum(1, keepdims=True)))
    assert found.values == (3, 5)
    assert np.isclose(found.probability, 1)
    assert np.allclose(found.digits[0, [3, 8]], [0.6, 0.4])
    assert np.isclose(found.digits[1, 5], 1)


def test_the_exported_network_says_what_torch_says() -> None:
    generator = torch.Generator().manual_seed(1)
    network = StringNetwork(generator)
    with torch.no_grad():
        for values in [*network.parameters(), *network.buffers()]:
            values.add_(0.1 * torch.randn(values.shape, generator=generator))
        for name, values in network.named_buffers():
            if name.endswith("variance"):
                values.abs_()
    network.eval()
    exported = TouchingNetwork(strings_to_onnx(network, {"inkdigits.temperature": "2"}))
    rng = np.random.default_rng(2)
    for width in (16, 44, 120):
        image = rng.integers(0, 256, (32, width)).astype(np.uint8)
        with torch.no_grad():
            logits = network(torch.from_numpy(image)[None, None] / 255)[0].T.double().numpy()
        assert logits.shape == (width // 4, CLASSES)
        difference = np.abs(exported.says(image) - log_softmax(logits / 2)).max()
        assert difference < 1e-6 * np.abs(logits).max()  # which are hundreds, of such weights


def test_marks_of_digits_held_out_are_read_and_others_are_not(mnist: Dataset) -> None:
    digits = mnist.train.images[-5_000:], mnist.train.labels[-5_000:]  # which calibrated it
    marks, network = Marks(*digits, np.random.default_rng(3)), TouchingNetwork()
    right: dict[int, list[bool]] = {}
    for _ in range(600):
        image, values = marks.draw()
        found = network.spelled(image)
        several = len(found.values) > 1 and found.probability >= 0.5
        is_right = not several if values == (NONE,) else found.values == values
        right.setdefault(0 if values == (NONE,) else len(values), []).append(is_right)
    assert np.mean(right[0]) > 0.97
    assert np.mean(right[2]) > 0.94
    assert np.mean(right[3]) > 0.86


@pytest.mark.parametrize(("share", "least"), [(0.2, 26), (0.5, 21)])
def test_rows_in_which_some_digits_touch_are_read(
    mnist: Dataset, recognizer: Recognizer, share: float, least: int
) -> None:
    right = touched = 0
    for start in range(200, 400, 5):
        line, text, count = touching_row(mnist, range(start, start + 5), share)
        right += recognizer.read(page([line], scale=2)).text == text
        touched += count
    assert touched > 100 * share
    assert right >= least  # of 40; 18 and 7 when marks were cut at thin columns


def test_pairs_alone_on_their_page_are_read(mnist: Dataset, recognizer: Recognizer) -> None:
    right = touching = 0
    alike = []
    for start in range(500, 580, 2):
        line, text, _ = touching_row(mnist, range(start, start + 2), 1)
        reading = recognizer.read(page([line], scale=2))
        right += reading.text == text
        if reading.text == text:
            one, other = reading.lines[0].digits
            says = recognizer.network.score(np.stack((one.image, other.image)))
            alike += (says.probabilities.argmax(1) == (one.value, other.value)).tolist()
            touching += one.touches and other.touches
            assert one.box[0] + one.box[2] / 2 < other.box[0] + other.box[2] / 2
    assert right >= 34  # of 40; 18 when marks were cut at thin columns
    assert touching >= 30
    assert np.mean(alike) > 0.85  # each was cut where it looks like itself


def test_a_page_on_which_no_digit_stands_by_itself_is_read(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    rows = [touching_row(mnist, range(start, start + 2), 1) for start in range(500, 512, 2)]
    found = recognizer.read(page([line for line, _, _ in rows], scale=2)).text.splitlines()
    assert len(found) == len(rows)
    assert sum(text == line for text, (_, line, _) in zip(found, rows, strict=True)) >= 4


@pytest.mark.parametrize(("starts", "count"), [((500, 502), 2), ((200, 220, 240, 260, 280), 3)])
def test_a_short_stroke_does_not_tell_how_high_digits_are_that_all_touch(
    mnist: Dataset, recognizer: Recognizer, starts: tuple[int, ...], count: int
) -> None:
    rows = [touching_row(mnist, range(start, start + count), 1) for start in starts]
    lines = [line for line, _, _ in rows]
    plain = recognizer.read(page(lines, scale=2)).text
    assert len(plain) > len(starts) * count
    assert recognizer.read(page([apostrophe(lines[0]), *lines[1:]], scale=2)).text == plain


def test_a_full_page_of_numbers_whose_digits_touch_is_no_page_of_letters(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    rows, texts = [], []
    for row in range(10):
        numbers = [
            touching_row(mnist, range(s, s + 3), 1) for s in range(row * 15, row * 15 + 15, 3)
        ]
        gap = np.zeros((28, 20), np.uint8)
        rows.append(np.concatenate([part for line, _, _ in numbers for part in (line, gap)], 1))
        texts.append("".join(text for _, text, _ in numbers))
    found = recognizer.read(page(rows, scale=2)).text.splitlines()
    edits = edit_distance("\n".join(found), "\n".join(texts))
    assert edits < 0.3 * len("".join(texts))


def test_a_file_that_is_no_such_network_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = network_source(None)
    assert isinstance(shipped, bytes)
    for content in (b"", b"no network", shipped):
        with pytest.raises(ModelError, match="The network for digits that touch"):
            TouchingNetwork(content)
    monkeypatch.setattr("inkdigits.recognition.touching.__file__", str(tmp_path / "touching.py"))
    with pytest.raises(ModelError, match=r"touching.onnx cannot be read: No such file"):
        TouchingNetwork()


def test_letters_that_touch_are_no_numbers(recognizer: Recognizer) -> None:
    words = ["Hm", "running", "weekly"]
    read = [
        recognizer.read(prints.printed(word, font, 60)).text
        for word in words
        for font in font_files()
    ]
    assert sum(bool(text) for text in read) <= 7  # of 90; 8 when marks were cut at thin columns
