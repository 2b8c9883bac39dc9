"""Optimisers on a loss of two weights, drawn whole, and on the lab notebook's network."""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from material import WIDTH, Drawn, Floats, Material, canvas, running_mean, trained
from matplotlib.figure import Figure
from torch import Tensor

from inkdigits import Split, find_recipe
from inkdigits.figures.style import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    SMALL,
    VERMILLION,
    place_axes,
    place_text,
)

START = (-0.7, 2.9)
WIDE, HIGH = (-2.9, 2.6), (-2.3, 3.3)  # what is drawn of the two weights
STEPS = 60
PATHS: dict[str, tuple[str, Callable[[list[Tensor]], torch.optim.Optimizer]]] = {
    "SGD": (VERMILLION, lambda weights: torch.optim.SGD(weights, lr=0.55)),
    "with momentum 0.9": (ORANGE, lambda weights: torch.optim.SGD(weights, lr=0.08, momentum=0.9)),
    "Adam": (BLUE, lambda weights: torch.optim.Adam(weights, lr=0.3)),
}
RACE = {  # colour, optimizer, step, points that the label stands above its line's end
    "SGD, step 0.1": (VERMILLION, "sgd", 0.1, 5),
    "Adam, step 0.01": (BLUE, "adam", 0.01, -5),
    "Adam, step 0.0001": (GREEN, "adam", 0.0001, 0),
    "SGD, step 0.001": (ORANGE, "sgd", 0.001, 0),
}
BATCHES = 300


def draw(material: Material) -> Drawn:
    """Both figures."""
    return {
        "concepts/optimisers-paths.png": _paths(*_two_features(material.train)),
        "concepts/optimisers-race.png": _race(material.train),
    }


def _two_features(split: Split) -> tuple[Tensor, Tensor]:
    """3s and 8s by two numbers each, the ink in the left and in the right half; 1 for an 8."""
    chosen = np.isin(split.labels, (3, 8))
    images = split.images[chosen][:2000] / 255
    halves = np.stack((images[:, :, 6:13].sum((1, 2)), images[:, :, 15:22].sum((1, 2))), 1)
    return torch.from_numpy(halves / halves.std()), torch.from_numpy(
        (split.labels[chosen][:2000] == 8) * 1.0
    )


def _loss(weights: Tensor, features: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of a network of two weights `(..., 2)`, and a little weight decay."""
    logits = weights @ features.T
    each = F.binary_cross_entropy_with_logits(logits, labels.expand_as(logits), reduction="none")
    return each.mean(-1) + 0.005 * (weights**2).sum(-1)


def _walk(
    make: Callable[[list[Tensor]], torch.optim.Optimizer], features: Tensor, labels: Tensor
) -> Floats:
    """The weights after each step: `(STEPS + 1, 2)`."""
    weights = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = make([weights])
    places = [weights.detach().numpy().copy()]
    for _ in range(STEPS):
        optimizer.zero_grad()
        _loss(weights, features, labels).backward()
        optimizer.step()
        places.append(weights.detach().numpy().copy())
    return np.array(places)


def _paths(features: Tensor, labels: Tensor) -> Figure:
    figure = canvas(3.75)
    axes = place_axes(figure, 0.55, 0.5, 4.1, 2.8)
    grid = np.stack(np.meshgrid(np.linspace(*WIDE, 140), np.linspace(*HIGH, 140)), -1)
    surface = _loss(torch.from_numpy(grid), features, labels).numpy()
    levels = np.geomspace(surface.min() * 1.002, surface.max(), 16)
    axes.contourf(grid[..., 0], grid[..., 1], surface, levels, cmap="Greys", alpha=0.55)
    axes.contour(grid[..., 0], grid[..., 1], surface, levels, colors="white", linewidths=0.6)
    lowest = grid[np.unravel_index(surface.argmin(), surface.shape)]
    for name, (colour, make) in PATHS.items():
        places = _walk(make, features, labels)
        axes.plot(*places.T, color=colour, linewidth=1.4, marker="o", markersize=2.4, label=name)
    axes.plot(*START, "o", color=INK, markersize=6)
    axes.plot(*lowest, "*", color=INK, markersize=11)
    axes.set_xlim(*WIDE)
    axes.set_ylim(*HIGH)
    axes.set_xlabel("weight of the ink in the left half", size=SMALL)
    axes.set_ylabel("weight of the ink in the right half", size=SMALL)
    place_text(figure, 0.1, 0.1, f"{STEPS} steps on the loss of a network of two weights: 3 or 8?")
    for number, (name, (colour, _)) in enumerate(PATHS.items()):
        place_text(figure, 4.95, 0.6 + 0.25 * number, name, colour=colour, weight="bold")
    place_text(
        figure, 4.95, 1.55,
        "dark is a large loss; the dot is\nthe start, the star the lowest\nplace. The valley is "
        "long and\nnarrow: plain SGD jumps from\nside to side of it.",
        size=SMALL, colour=MUTED,
    )  # fmt: skip
    return figure


def _race(train: Split) -> Figure:
    figure = canvas(2.7)
    axes = place_axes(figure, 0.6, 0.4, WIDTH - 2.3, 1.75)
    for name, (colour, optimizer, rate, up) in RACE.items():
        recipe = find_recipe("lab").with_settings(
            "epochs=1", f"optimizer.name={optimizer}", f"optimizer.learning_rate={rate}"
        )
        count = BATCHES * recipe.batch_size
        _, history = trained(recipe, Split(train.images[:count], train.labels[:count]))
        losses = running_mean(history.losses, 20)
        axes.plot(losses, color=colour, linewidth=1.6)
        axes.annotate(
            name, (len(losses) - 1, losses[-1]), xytext=(6, up), va="center",
            textcoords="offset points", color=colour, size=SMALL, weight="bold",
        )  # fmt: skip
    axes.set_yscale("log")
    ticks = (2, 1, 0.5, 0.2, 0.1)
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_yticks([], minor=True)
    axes.set_xlabel("batches of 128", size=SMALL)
    axes.grid(color=FAINT, linewidth=0.6)
    place_text(figure, 0.1, 0.08, "loss of the lab notebook's network, mean of 20 batches")
    return figure
