"""Pooling on the numbers of a real feature map, and what it does to a shift of one pixel."""

import numpy as np
import torch
from convolution import IMAGE
from material import Drawn, Floats, Material, as_input, canvas, cells
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from inkdigits import Network
from inkdigits.figures.style import (
    BLUE,
    FAINT,
    LARGE,
    MUTED,
    SMALL,
    VERMILLION,
    place_axes,
    place_text,
)

SIDE = 6  # pixels of the map that are shown, each way
SHIFTED = 1000  # test images


def draw(material: Material) -> Drawn:
    """Both figures."""
    image = material.test.images[min(IMAGE, len(material.test.images) - 1)]
    images = material.test.images[:SHIFTED]
    return {
        "concepts/pooling-numbers.png": _numbers(_busiest(material.lab, image)),
        "concepts/pooling-shift.png": _shift(_changes(material.lab, images)),
    }


def _before_pooling(network: Network, images: torch.Tensor) -> torch.Tensor:
    """The first stage's maps after its ReLU and before its pooling."""
    stage = network.convolution_stages[0]
    assert stage.norm
    with torch.no_grad():
        return torch.relu(stage.norm(stage.convolution(images)))


def _busiest(network: Network, image: np.ndarray) -> Floats:
    """`(SIDE, SIDE)` numbers of the first stage, from where most of them are not alike."""
    maps = _before_pooling(network, as_input(image[None]))[0].numpy()
    windows = np.lib.stride_tricks.sliding_window_view(maps, (SIDE, SIDE), axis=(1, 2))
    kinds = np.sort(windows[:, ::2, ::2].round(1).reshape(-1, SIDE * SIDE), axis=1)
    most = int((np.diff(kinds) > 0).sum(1).argmax())
    return np.asarray(windows[:, ::2, ::2].reshape(-1, SIDE, SIDE)[most])


def _numbers(values: Floats) -> Figure:
    figure = canvas(2.75)
    limit = float(values.max())
    axes = cells(figure, values, 0.1, 0.35, 2.1, limit=limit, cmap="gray")
    blocks = values.reshape(SIDE // 2, 2, SIDE // 2, 2).swapaxes(1, 2)
    for row, column in np.ndindex(blocks.shape[:2]):
        corner = (2 * column - 0.5, 2 * row - 0.5)
        axes.add_patch(Rectangle(corner, 2, 2, fill=False, edgecolor=BLUE, linewidth=1.2))
        down, right = np.unravel_index(blocks[row, column].argmax(), (2, 2))
        winner = (2 * column + int(right) - 0.42, 2 * row + int(down) - 0.42)
        axes.add_patch(
            Rectangle(winner, 0.84, 0.84, fill=False, edgecolor=VERMILLION, linewidth=1.6)
        )
    place_text(figure, 0.1, 0.08, "part of a feature map, 6×6", weight="bold")
    place_text(figure, 2.34, 1.28, "→", size=LARGE)
    for left, name, pooled in (
        (2.7, "maximum", blocks.max((2, 3))),
        (4.25, "average", blocks.mean((2, 3))),
        (5.8, "minimum", blocks.min((2, 3))),
    ):
        place_text(figure, left, 0.42, name, weight="bold")
        cells(figure, pooled, left, 0.72, 1.3, limit=limit, cmap="gray")
    place_text(
        figure, 2.7, 2.18,
        "Of each 2×2 the maximum (framed) says: it was seen, somewhere here.\n"
        "A quarter of the numbers is left for the next stage.",
        size=SMALL, colour=MUTED,
    )  # fmt: skip
    return figure


def _changes(network: Network, images: np.ndarray) -> dict[str, float]:
    """How far each stage's numbers move, by 1 - cosine, when digits move one pixel right."""
    moved = np.roll(images, 1, axis=2)
    pairs = {"pixels": (as_input(images), as_input(moved))}
    pairs["stage 1, not yet pooled"] = (
        _before_pooling(network, as_input(images)), _before_pooling(network, as_input(moved))
    )  # fmt: skip
    with torch.no_grad():
        stays, goes = network.feature_maps(as_input(images)), network.feature_maps(as_input(moved))
        for index, pair in enumerate(zip(stays, goes, strict=True), start=1):
            pairs[f"stage {index}" + (", pooled" if index < 3 else "")] = pair
        pairs["logits"] = (network(as_input(images)), network(as_input(moved)))
    return {name: _distance(*pair) for name, pair in pairs.items()}


def _distance(one: torch.Tensor, other: torch.Tensor) -> float:
    cosine = torch.cosine_similarity(one.flatten(1), other.flatten(1))
    return 1 - float(cosine.mean())


def _shift(changes: dict[str, float]) -> Figure:
    figure = canvas(2.6)
    axes = place_axes(figure, 1.9, 0.4, 4.7, 1.75)
    places = range(len(changes))
    axes.barh(places, list(changes.values()), color=BLUE, height=0.62)
    axes.set_yticks(list(places), list(changes))
    axes.invert_yaxis()
    axes.set_xlim(0, max(changes.values()) * 1.12)
    axes.grid(axis="x", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    for place, value in zip(places, changes.values(), strict=True):
        axes.text(value, place, f" {value:.2f}", va="center", size=SMALL)
    axes.set_xlabel("1 − cosine: 0 is 'the same', 1 is 'nothing in common'", size=SMALL)
    place_text(
        figure, 0.1, 0.08, "how much a digit moved by one pixel changes what each stage says",
        weight="bold",
    )  # fmt: skip
    return figure
