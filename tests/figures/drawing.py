"""What tests of figures draw, and what they find on them."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text

from inkdigits.figures.curves import Curve


def digits(count: int) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, 28, 28)).astype(np.uint8)


def a_curve(name: str = "lab", steps: int = 200, seed: int = 0) -> Curve:
    generator = np.random.default_rng(seed)
    at = np.arange(1, steps + 1)
    losses = np.exp(-at / 50) + generator.uniform(0.01, 0.1, steps)
    ends = np.array([steps // 2, steps])
    return Curve(
        name, at, losses, 1 - losses / 3, ends, np.array([0.2, 0.1]), np.array([0.9, 0.95])
    )


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)]
