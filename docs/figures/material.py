"""What the figures of the concepts are drawn from: MNIST's digits, and networks of ours on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inkdigits import Dataset, Network, Recipe, Split, find_recipe
from inkdigits.figures.style import INK, SIGNED, bare, new_figure, place_axes
from inkdigits.training.engine import choose_engine
from inkdigits.training.trainer import History, Trainer

Floats = npt.NDArray[np.floating]
Drawn = Mapping[str, Figure | bytes]  # figures and PNG files, by their paths under docs/images

WIDTH = 7.2  # inches, of every figure
_DPI = 180  # twice what a page shows, for dense screens
HELD_OUT = 10_000  # training images that nothing is trained on, at the end


@dataclass(frozen=True, eq=False)
class Material:
    """The digits, and the lab notebook's network trained on those that are not held out."""

    train: Split
    held_out: Split
    test: Split
    lab: Network


def gather(dataset: Dataset, *, epochs: int = 5) -> Material:
    """Train what the figures need. `dataset` may be a part of MNIST, for a quick look."""
    cut = max(len(dataset.train.images) - HELD_OUT, len(dataset.train.images) // 2)
    train, held_out = (
        Split(dataset.train.images[part], dataset.train.labels[part])
        for part in (slice(cut), slice(cut, None))
    )
    lab, _ = trained(find_recipe("lab").with_settings(f"epochs={epochs}"), train)
    return Material(train, held_out, dataset.test, lab)


def trained(recipe: Recipe, train: Split, seed: int = 0) -> tuple[Network, History]:
    """A network trained by `recipe`, ready to predict, and the losses on the way."""
    engine = choose_engine("cpu", threads=1)  # more would add up in another order
    engine.apply()
    trainer = Trainer(recipe, train, engine, seed)
    trainer.run()
    return trainer.network.eval(), trainer.history


def as_input(images: npt.NDArray[np.uint8]) -> torch.Tensor:
    """Images `(N, 28, 28) uint8` as networks take them: `(N, 1, 28, 28)` in 0 to 1."""
    return torch.from_numpy(images.astype(np.float32) / 255).unsqueeze(1)


def canvas(height: float) -> Figure:
    """A white figure of the common width, `height` inches high."""
    figure = new_figure(WIDTH, height)
    figure.set_dpi(_DPI)
    return figure


def cells(
    figure: Figure,
    values: Floats,
    left: float,
    top: float,
    size: float,
    *,
    limit: float,
    form: str = "{:.1f}",
    cmap: str = SIGNED,
    text: float = 7.5,
) -> Axes:
    """Numbers in coloured cells, a square of `size` inches; colours run from -limit to limit."""
    axes = place_axes(figure, left, top, size, size * values.shape[0] / values.shape[1])
    lower = -limit if cmap == SIGNED else 0.0
    axes.imshow(values, cmap=cmap, vmin=lower, vmax=limit, interpolation="nearest")
    for (row, column), value in np.ndenumerate(values):
        dark = abs(value) > 0.6 * limit if cmap == SIGNED else value < 0.55 * limit
        colour = "white" if dark else INK
        label = form.format(value).replace("-0.0", "0.0").replace("-", "−")
        axes.text(column, row, label, ha="center", va="center", size=text, color=colour)
    bare(axes)
    return axes


def running_mean(values: Sequence[float], window: int) -> Floats:
    """The mean of each `window` values in a row: `(len - window + 1,)`."""
    window = max(1, min(window, len(values)))
    return np.convolve(values, np.full(window, 1 / window), "valid")
