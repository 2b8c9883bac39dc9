"""A convolution, number by number, and what eight learned kernels make of a digit."""

import numpy as np
import torch
import torch.nn.functional as F
from material import Drawn, Floats, Material, as_input, canvas, cells, trained
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from inkdigits import find_recipe
from inkdigits.figures.style import (
    INK,
    LARGE,
    MUTED,
    SIGNED,
    SMALL,
    VERMILLION,
    bare,
    place_axes,
    place_text,
)
from inkdigits.networks.build import Network

IMAGE = 47  # the lab notebook's example, a 2
PLACE = (9, 16)  # row and column of the window's upper left corner


def draw(material: Material) -> Drawn:
    """Both figures."""
    image = material.test.images[min(IMAGE, len(material.test.images) - 1)]
    quick, _ = trained(find_recipe("quick"), material.train)
    return {
        "concepts/convolution-numbers.png": _numbers(image, _kernels(material.lab)),
        "concepts/convolution-kernels.png": _gallery(image, _kernels(quick)),
    }


def _kernels(network: Network) -> Floats:
    """The first stage's kernels `(filters, k, k)`."""
    kernels: Floats = network.convolution_stages[0].convolution.weight[:, 0].detach().numpy()
    return kernels


def respond(image: np.ndarray, kernels: Floats) -> Floats:
    """Each kernel's answer at each place that it fits: `(filters, H - k + 1, W - k + 1)`."""
    answer = F.conv2d(as_input(image[None]), torch.from_numpy(kernels[:, None]))
    return np.asarray(answer[0])


def _numbers(image: np.ndarray, kernels: Floats) -> Figure:
    kernel = kernels[respond(image, kernels)[:, PLACE[0], PLACE[1]].argmax()]
    row, column = PLACE
    window = image[row : row + 3, column : column + 3] / 255
    answer = respond(image, kernel[None])[0]
    figure = canvas(2.55)
    _shown(figure, 0.1, 0.42, 1.75, image, 255, "gray").add_patch(_frame(column, row, 3))
    cells(figure, window, 2.15, 0.72, 1.1, limit=1, cmap="gray", form="{:.2f}")
    cells(figure, kernel, 3.55, 0.72, 1.1, limit=float(np.abs(kernel).max()), form="{:.2f}")
    limit = float(np.abs(answer).max())
    _shown(figure, 5.35, 0.42, 1.75, answer, limit).add_patch(_frame(column, row, 1))
    for left, title in (
        (0.1, "the digit, 28×28"), (2.15, "nine pixels"), (3.55, "a learned kernel"),
        (5.35, "the answers, 26×26"),
    ):  # fmt: skip
        place_text(figure, left, 0.1, title, weight="bold")
    for left, sign in ((1.9, "→"), (3.3, "×"), (4.72, "= Σ")):
        place_text(figure, left, 1.14, sign, size=LARGE)
    total = f"{(window * kernel).sum():+.2f}".replace("-", "−")
    place_text(figure, 4.72, 1.5, total, weight="bold", colour=VERMILLION)
    place_text(
        figure, 2.15, 2.0,
        "Nine products, added up, are one pixel of the map.\n"
        "The same kernel is laid on every place.",
        size=SMALL, colour=MUTED,
    )  # fmt: skip
    return figure


def _shown(
    figure: Figure, left: float, top: float, size: float,
    values: np.ndarray, limit: float, colours: str = SIGNED,
) -> Axes:  # fmt: skip
    """Values in a square of `size` inches, up to `limit`: grey from 0, others from its negative."""
    axes = place_axes(figure, left, top, size, size)
    low = 0 if colours == "gray" else -limit
    axes.imshow(values, cmap=colours, vmin=low, vmax=limit, interpolation="nearest")
    bare(axes)
    return axes


def _frame(column: int, row: int, size: int) -> Rectangle:
    corner = (column - 0.5, row - 0.5)
    return Rectangle(corner, size, size, fill=False, edgecolor=VERMILLION, linewidth=1.8)


def _gallery(image: np.ndarray, kernels: Floats) -> Figure:
    answers = respond(image, kernels)
    figure = canvas(2.3)
    size, step = 0.72, 0.79
    left = 0.85
    for index, (kernel, answer) in enumerate(zip(kernels[:8], answers[:8], strict=True)):
        for top, picture in ((0.32, kernel), (1.2, answer)):
            _shown(figure, left + index * step, top, size, picture, float(np.abs(picture).max()))
    place_text(
        figure, left, 0.06, "eight kernels of 5×5 that the recipe quick learned", weight="bold"
    )
    place_text(figure, 0.08, 0.58, "kernel", colour=INK)
    place_text(figure, 0.08, 1.46, "answer", colour=INK)
    place_text(
        figure, left, 2.02, "red: positive, blue: negative, white: nothing there",
        size=SMALL, colour=MUTED,
    )  # fmt: skip
    return figure
