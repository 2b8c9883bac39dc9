"""What dropout leaves of a digit's features, and what it does where there are few images."""

import numpy as np
import torch
from convolution import IMAGE
from material import WIDTH, Drawn, Material, as_input, canvas, trained
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from inkdigits import Split, evaluate_logits, find_recipe, predict_logits
from inkdigits.figures.style import (
    BLUE,
    FAINT,
    MUTED,
    ORANGE,
    SMALL,
    VERMILLION,
    bare,
    mosaic,
    place_axes,
    place_text,
)
from inkdigits.networks.layers import Dropout
from inkdigits.words import counted

RATE = 0.5
SIZES = (100, 300, 1000, 3000)  # training images
SCORED = 2000  # held-out digits
SEEDS = 3
EXAMPLES = 20_000  # shown to each network, however few it has of its own


def draw(material: Material) -> Drawn:
    """Both figures."""
    image = material.test.images[min(IMAGE, len(material.test.images) - 1)]
    with torch.no_grad():
        features = material.lab.feature_maps(as_input(image[None]))[-1]
    return {
        "concepts/dropout-masks.png": _masks(features),
        "concepts/dropout-few-images.png": _few_images(material),
    }


def _masks(features: torch.Tensor) -> Figure:
    """The last stage's maps of 7×7, whole and after three draws."""
    figure = canvas(2.45)
    dropout = Dropout(RATE).train()
    dropout.generator = torch.Generator().manual_seed(0)
    whole = features[0].numpy()
    limit = 2 * float(np.percentile(whole[whole > 0], 98))
    width = (WIDTH - 0.2 - 3 * 0.15) / 4
    for number, name in enumerate(("before", "batch 1", "batch 2", "batch 3")):
        left = 0.1 + number * (width + 0.15)
        maps = dropout(features)[0].numpy() if number else whole
        tiles = np.repeat(np.clip(maps / limit, 0, 1)[..., None], 3, axis=-1)
        tiles[(maps == 0) & (whole > 0)] = to_rgb(ORANGE)
        sheet = [mosaic(tiles[:25, ..., channel].reshape(5, 5, 7, 7), 1) for channel in range(3)]
        axes = place_axes(figure, left, 0.35, width, width)
        axes.imshow(np.nan_to_num(np.stack(sheet, -1), nan=1.0), interpolation="nearest")
        bare(axes)
        place_text(figure, left, 0.08, name, weight="bold")
    place_text(
        figure, 0.1, 2.13,
        "25 of the last stage's 32 maps of one digit. Each time another half of the features is "
        "dropped (orange\nwhere there was something); the rest counts double, so that the sum "
        "stays what it was.",
        size=SMALL, colour=MUTED,
    )  # fmt: skip
    return figure


def _few_images(material: Material) -> Figure:
    figure = canvas(2.6)
    axes = place_axes(figure, 0.75, 0.65, WIDTH - 2.6, 1.45)
    sizes = [size for size in SIZES if size <= len(material.train.images)]
    errors = {
        rate: [[_error(material, size, rate, seed) for seed in range(SEEDS)] for size in sizes]
        for rate in (0.0, RATE)
    }
    last = {rate: float(np.mean(of_rate[-1])) for rate, of_rate in errors.items()}
    for rate, colour, name in ((0.0, VERMILLION, "without dropout"), (RATE, BLUE, "dropout 0.5")):
        axes.plot(sizes, np.mean(errors[rate], 1), color=colour, linewidth=1.6)
        for size, points in zip(sizes, errors[rate], strict=True):
            axes.plot([size] * len(points), points, "o", color=colour, markersize=3.5, alpha=0.6)
        axes.annotate(
            name, (sizes[-1], last[rate]), va="center", color=colour, size=SMALL, weight="bold",
            xytext=(8, 5 if last[rate] == max(last.values()) else -5), textcoords="offset points",
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    ticks = (30, 20, 10, 5, 2, 1)
    axes.set_yticks(ticks, [f"{tick}%" for tick in ticks])
    axes.set_yticks([], minor=True)
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.set_xticks([], minor=True)
    axes.grid(color=FAINT, linewidth=0.6)
    axes.set_xlabel("training images, each network shown as many examples", size=SMALL)
    scored = len(material.held_out.labels[:SCORED])
    place_text(
        figure, 0.1, 0.08, f"share of {scored:,} held-out digits that the notebook's network"
    )
    place_text(
        figure, 0.1, 0.28, f"misreads, {counted(SEEDS, 'seed')} each (points) and their mean"
    )
    return figure


def _error(material: Material, size: int, rate: float, seed: int) -> float:
    """Percent of held-out digits misread after training on the first `size` images."""
    recipe = find_recipe("lab").with_settings(
        f"network.dropout={rate}",
        f"epochs={max(1, EXAMPLES // size)}",
        "batch_size=100",
        "network.norm_momentum=0.9",
    )
    few = Split(material.train.images[:size], material.train.labels[:size])
    network, _ = trained(recipe, few, seed)
    held_out = material.held_out
    logits = predict_logits(network, held_out.images[:SCORED])
    names = [str(digit) for digit in range(10)]
    return 100 * (1 - evaluate_logits(logits, held_out.labels[:SCORED], names).accuracy)
