"""Writing below a bar code is read, and the code is not."""

import numpy as np
import pytest

from inkdigits import Recognizer
from inkdigits.data import Dataset
from tests.recognition.codes import below_code
from tests.recognition.pages import page, row


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


@pytest.mark.parametrize("degrees", [-6, -2, 0, 4])
@pytest.mark.parametrize("blur", [0, 0.8, 1.3])
@pytest.mark.parametrize(("module", "height"), [(2, 40), (3, 60), (4, 90)])
def test_a_code_above_writing_is_not_read(
    mnist: Dataset, recognizer: Recognizer, module: int, height: int, blur: float, degrees: float
) -> None:
    rng = np.random.default_rng(module)
    lines = [row(mnist, range(start, start + 4), 8) for start in (20, 40)]
    code = "".join(map(str, rng.integers(0, 10, 12)))
    picture = below_code(
        page([line for line, _ in lines]),
        code,
        module=module,
        height=height,
        blur=blur,
        degrees=degrees,
    )
    assert recognizer.read(picture).text == "\n".join(text for _, text in lines)


def test_ones_below_a_code_stay(mnist: Dataset, recognizer: Recognizer) -> None:
    ones = np.flatnonzero(mnist.test.labels == 1)[:13].tolist()
    line, text = row(mnist, ones, 12)
    assert recognizer.read(below_code(page([line]), "590123412345")).text == text
