"""What batch normalisation does to a stage's numbers, and to the loss."""

import numpy as np
import torch
from material import WIDTH, Drawn, Floats, Material, as_input, canvas, running_mean, trained
from matplotlib.figure import Figure

from inkdigits import Network, find_recipe
from inkdigits.figures.style import (
    BLUE,
    FAINT,
    MUTED,
    SMALL,
    VERMILLION,
    place_axes,
    place_text,
)

BATCH = 128
FILTERS = 10  # that are shown, of 32
STEPS = 200
RATES = (0.001, 0.01, 0.1)


def draw(material: Material) -> Drawn:
    """Both figures."""
    before, after = _second_stage(material.lab, material.train.images[:BATCH])
    return {
        "concepts/normalisation-before-after.png": _distributions(before, after),
        "concepts/normalisation-loss.png": _losses(material),
    }


def _second_stage(network: Network, images: np.ndarray) -> tuple[Floats, Floats]:
    """The second stage's convolved numbers of a batch, a row a filter, before and after."""
    stage = network.convolution_stages[1]
    with torch.no_grad():
        first = network.feature_maps(as_input(images))[0]
        convolved = stage.convolution(first)
        flat = convolved.transpose(0, 1).flatten(1)
        mean, deviation = flat.mean(1, keepdim=True), flat.std(1, keepdim=True)
    spread = flat.std(1).argsort(descending=True)
    chosen = spread[torch.linspace(0, len(spread) - 1, FILTERS).long()]
    return flat[chosen].numpy(), ((flat - mean) / deviation)[chosen].numpy()


def _distributions(before: Floats, after: Floats) -> Figure:
    figure = canvas(2.9)
    width = (WIDTH - 1.3) / 2
    for left, title, values in (
        (0.6, "before: as convolved", before),
        (0.6 + width + 0.55, "after: mean 0, deviation 1 a filter", after),
    ):
        axes = place_axes(figure, left, 0.45, width, 1.8)
        low, high = np.percentile(values, [5, 95], axis=1)
        quarter, middle, third = np.percentile(values, [25, 50, 75], axis=1)
        places = np.arange(len(values))
        axes.axhline(0, color=MUTED, linewidth=0.8)
        axes.vlines(places, low, high, color=BLUE, linewidth=1.2)
        axes.vlines(places, quarter, third, color=BLUE, linewidth=7)
        axes.plot(places, middle, "o", color="white", markersize=3.5)
        axes.set_xticks(places, [str(place + 1) for place in places])
        axes.set_xlabel("filter", size=SMALL)
        axes.grid(axis="y", color=FAINT, linewidth=0.6)
        axes.set_axisbelow(True)
        place_text(figure, left, 0.1, title, weight="bold")
    place_text(
        figure, 0.6, 2.68,
        "thin: 5% to 95% of a batch's numbers; thick: the middle half; dot: the median",
        size=SMALL, colour=MUTED,
    )  # fmt: skip
    return figure


def _losses(material: Material) -> Figure:
    figure = canvas(2.7)
    width = (WIDTH - 0.55 - 0.6) / len(RATES)
    for number, rate in enumerate(RATES):
        axes = place_axes(figure, 0.5 + number * (width + 0.12), 0.72, width, 1.45)
        for norm, colour in (("none", VERMILLION), ("batch", BLUE)):
            recipe = find_recipe("lab").with_settings(
                "epochs=1", f"optimizer.learning_rate={rate}", f"network.stages.norm={norm}"
            )
            few = material.train._replace(
                images=material.train.images[: STEPS * BATCH],
                labels=material.train.labels[: STEPS * BATCH],
            )
            _, history = trained(recipe, few)
            losses = running_mean(history.losses, 15)
            axes.plot(losses, color=colour, linewidth=1.6)
        axes.set_ylim(0.05, 5)
        axes.set_yscale("log")
        axes.set_yticks([], minor=True)
        axes.set_yticks((0.1, 0.3, 1, 3), ["", "", "", ""] if number else ["0.1", "0.3", "1", "3"])
        axes.set_title(f"Adam, step {rate:g}", size=SMALL)
        axes.set_xlabel("batches", size=SMALL)
        axes.grid(color=FAINT, linewidth=0.6)
    place_text(figure, 0.1, 0.08, "loss of the lab notebook's network in its first 200 batches")
    place_text(figure, 0.1, 0.3, "with batch normalisation", colour=BLUE, weight="bold")
    place_text(figure, 2.1, 0.3, "without", colour=VERMILLION, weight="bold")
    return figure
