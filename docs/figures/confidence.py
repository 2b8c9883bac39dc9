"""Softmax at several temperatures, and a temperature that makes confidence mean something."""

import numpy as np
from material import WIDTH, Drawn, Floats, Material, canvas, trained
from matplotlib.figure import Figure

from inkdigits import find_recipe, predict_logits, softmax
from inkdigits.evaluation.calibration import calibration_error, fit_temperature
from inkdigits.figures.style import (
    BLUE,
    FAINT,
    LARGE,
    MUTED,
    SMALL,
    VERMILLION,
    place_axes,
    place_picture,
    place_text,
)

TEMPERATURES = (0.5, 1, 2, 5)
BINS = 10


def draw(material: Material) -> Drawn:
    """Both figures."""
    network, _ = trained(find_recipe("quick"), material.train)
    held_out = predict_logits(network, material.held_out.images)
    test = predict_logits(network, material.test.images)
    temperature = fit_temperature(held_out, material.held_out.labels)
    doubtful = int(np.abs(softmax(held_out).max(1) - 0.6).argmin())
    return {
        "concepts/softmax-temperature.png": _temperatures(
            material.held_out.images[doubtful], held_out[doubtful]
        ),
        "concepts/softmax-calibration.png": _calibration(test, material.test.labels, temperature),
    }


def _temperatures(image: np.ndarray, logits: Floats) -> Figure:
    figure = canvas(2.25)
    place_text(figure, 0.1, 0.08, "a doubtful digit", weight="bold")
    place_picture(figure, image, 0.1, 0.35, 1.1)
    width = (WIDTH - 1.75 - 3 * 0.12 - 0.1) / len(TEMPERATURES)
    for number, temperature in enumerate(TEMPERATURES):
        left = 1.75 + number * (width + 0.12)
        axes = place_axes(figure, left, 0.35, width, 1.35)
        probabilities = softmax(logits[None] / temperature)[0]
        colours = [BLUE if value == probabilities.max() else "#9cc5df" for value in probabilities]
        axes.bar(range(10), probabilities, color=colours, width=0.8)
        axes.set_ylim(0, 1)
        axes.set_xticks(range(10))
        axes.set_yticks([0, 0.5, 1], ["0", "½", "1"] if not number else [])
        axes.grid(axis="y", color=FAINT, linewidth=0.6)
        axes.set_axisbelow(True)
        weight = "bold" if temperature == 1 else "normal"
        place_text(figure, left + 0.05, 0.08, f"T = {temperature:g}", weight=weight)
    place_text(
        figure, 1.75, 2.0, "the same ten logits, divided by T before the softmax",
        size=SMALL, colour=MUTED,
    )  # fmt: skip
    return figure


def _calibration(logits: Floats, labels: np.ndarray, temperature: float) -> Figure:
    figure = canvas(3.45)
    size = 2.2
    for left, name, divisor in ((0.6, "as trained", 1.0), (4.0, "calibrated", temperature)):
        probabilities = softmax(logits / divisor)
        axes = place_axes(figure, left, 0.5, size, size)
        confidence, right, share = _bins(probabilities, labels)
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle="--")
        axes.vlines(confidence, confidence, right, color=VERMILLION, linewidth=1.5)
        axes.scatter(confidence, right, s=12 + 160 * np.sqrt(share), color=BLUE, alpha=0.85)
        axes.set_xlim(0, 1.04)
        axes.set_ylim(0, 1.04)
        axes.set_xlabel("confidence", size=SMALL)
        axes.set_ylabel("share that is right", size=SMALL)
        axes.grid(color=FAINT, linewidth=0.6)
        axes.set_axisbelow(True)
        error = calibration_error(probabilities, labels)
        title = f"{name}, T = {divisor:.2f}"
        place_text(figure, left, 0.08, title, weight="bold", size=LARGE - 1)
        place_text(figure, left + 0.12, 0.55, f"ECE {error:.3f}", size=SMALL)
    place_text(
        figure, 0.6, 3.2,
        "test images by confidence; larger dots hold more of them. T was fitted on held-out "
        "training images.",
        size=SMALL, colour=MUTED,
    )  # fmt: skip
    return figure


def _bins(probabilities: Floats, labels: np.ndarray) -> tuple[Floats, Floats, Floats]:
    """Mean confidence, share right and share of all images, of each bin that is not empty."""
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == labels
    place = np.clip((confidence * BINS).astype(int), 0, BINS - 1)
    count = np.bincount(place, minlength=BINS)
    full = count >= 5
    return (
        np.bincount(place, confidence, BINS)[full] / count[full],
        np.bincount(place, right, BINS)[full] / count[full],
        count[full] / len(labels),
    )
