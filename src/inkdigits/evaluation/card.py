"""What a network for reading is worth, measured, and the card that says so."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image

from inkdigits.data.dataset import Dataset
from inkdigits.evaluation.calibration import (
    area_under_roc,
    calibration_error,
    negative_log_likelihood,
)
from inkdigits.evaluation.corruptions import CORRUPTIONS, corrupt
from inkdigits.images.crops import normalize_crops
from inkdigits.recognition.network import DigitNetwork

Images = npt.NDArray[np.uint8]

ON_CARD = "touching"  # what its figures call the network for digits that touch
_PENNED = ";\n  digits in many hands, drawn by a pen"  # what a lesson adds to the data
_OVERLAPPING = ("dotted_line", "zigzag", "canny_edges", "shot_noise", "impulse_noise", "spatter")


@dataclass(frozen=True)
class Card:
    """A network's figures, and the text around them."""

    figures: dict[str, Any]

    def text(self) -> str:
        """The card, in Markdown."""
        figures = self.figures
        test, made = figures["test"], figures["made"]
        held_out, remark = made["held_out"], figures.get("remark", "")
        rows = "\n".join(
            f"| {name.replace('_', ' ')} | {share:.2%} |"
            for name, share in figures["corruptions"].items()
        )
        refusal = "\n".join(
            f"| {name} | {area:.4f} |" for name, area in figures["refusal_auroc"].items()
        )
        overlapping = ", ".join(name.replace("_", " ") for name in _OVERLAPPING)
        return f"""# The network that inkdigits ships

Reads one handwritten digit from 28x28 pixels, normalised as MNIST's are, or says that there is
none. Written by `make model`, which trains it anew; every figure is measured through the ONNX file.

{self._recipe()}
- **Data**: {made["training_images"]:,} images: MNIST's training images but the last
  {held_out["images"]:,}, which calibrate; the same marred (other pens, low resolution, outlines,
  lines, bars, noise, neighbours' strokes); digits and letters of free fonts; signs, fragments,
  pairs, scribbles, doodles, textures; what the reader cuts out of made pages, as the teacher
  judges it{_PENNED if self._knows_hands else ""}.
- **Output**: ten digits' logits and 'no digit'; temperature {made["temperature"]:.3f}.
- **Held out**: {held_out["accuracy"]:.2%}, NLL
  {held_out["negative_log_likelihood"]:.4f}; recipes are compared by these and by
  the development photos.
- **Export**: the same predictions on the whole test set; logits differ by at most
  {made["largest_logit_difference"]:.1e}.

| MNIST test set, {test["images"]:,} images | |
| --- | ---: |
| accuracy, as they are | {test["accuracy"]:.2%} |
| accuracy, through the normalisation of crops | {test["normalised_accuracy"]:.2%} |
| the first {figures["corrupted_images"]:,} as they are | {test["plain_accuracy"]:.2%} |
| the same enlarged 3 to 12 times, moved, dark on a gradient | {test["enlarged_accuracy"]:.2%} |
| mean absolute difference of the latter after normalisation | {test["difference"]:.1f} of 255 |
| expected calibration error, 15 bins | {test["calibration_error"]:.4f} |
| negative log-likelihood, nats | {test["negative_log_likelihood"]:.4f} |
| other writers: UCI digits, 8x8, never trained on | {figures["uci_accuracy"]:.2%} |

| MNIST-C, our own implementation, {figures["corrupted_images"]:,} test images each, \
normalised as for reading | accuracy |
| --- | ---: |
{rows}
| **mean** | **{figures["corruption_mean"]:.2%}** |

The training images hold things like: {overlapping}. The others they do not.

| Refusing what is no digit, against the test set | area under ROC |
| --- | ---: |
{refusal}

{remark}
{self._touching()}
**Limits.** {self._limits()} A letter that looks like a digit (O, l, S, Z) is
read as one. A confidence holds for writing like MNIST's; measure yours:
`inkdigits evaluate --photos`.
"""

    @property
    def _knows_hands(self) -> bool:
        """Whether the network was taught by `inkdigits model --hands`."""
        return bool(self.figures["made"]["recipe"]["name"] == "shipped-hands")

    def _recipe(self) -> str:
        """What the card says of how the network was trained."""
        made = self.figures["made"]
        seed, epochs, size = made["seed"], made["recipe"]["epochs"], made["bytes"] / 1024
        if self._knows_hands:
            return f"""\
- **Recipe**: `shipped`, taught by three networks averaged, and then hands that MNIST hardly
  holds, by `inkdigits model --hands`: seed {seed}, {epochs} epochs, in which it learns of all else
  what it says itself, and then two thirds of the way from where it was to what it learned;
  {size:.0f} KB."""
        return f"""\
- **Recipe**: `shipped`, seed {seed}, {epochs} epochs, taught by three
  networks averaged, whose seed, {seed - 1}, is the command's;
  {size:.0f} KB."""

    def _limits(self) -> str:
        """Whose hands it does not know."""
        if self._knows_hands:
            return """\
Trained on digits as Americans wrote them around 1990, and on drawings of other hands: what
is in neither may be misread. A 1 whose flag is level and a 7 whose roof is short look alike."""
        return """\
Trained on digits as Americans wrote them around 1990: a 1 with a long flag, a 7 with a
bar, an open 4 are read less surely than others."""

    def _touching(self) -> str:
        """What the card says of the network for digits that touch, if it speaks of one."""
        if ON_CARD not in self.figures:
            return ""
        made = self.figures[ON_CARD]
        held_out = made["held_out"]
        rows = "\n".join(
            f"| {length} digit{'' if length == '1' else 's'} | {share:.1%} |"
            for length, share in held_out["right"].items()
        )
        return f"""
## Digits that touch

They are read as one mark by a second network, {made["bytes"] / 1024:.0f} KB, written by
`inkdigits model --touching`: seed {made["seed"]}, {made["epochs"]} epochs of {made["marks"]:,}
marks made of the same training images and {made["penned"]:,} drawn digits, among them words,
doodles and numbers that are struck through; temperature {made["temperature"]:.3f}. Of
{held_out["marks"]:,} marks made of the images held out:

| of | all read rightly |
| --- | ---: |
{rows}

Of what is no number, {held_out["no_number_read"]:.1%} is read as several digits.
"""


def measure(
    network: DigitNetwork,
    dataset: Dataset,
    made: dict[str, Any],
    report: Callable[[str], None],
    corrupted: int = 2_000,
) -> Card:
    """All figures of a card.

    Args:
        made: how the network was made, as the card names it.
        corrupted: of how many test images each corruption is measured.
    """
    images, labels = dataset.test.images, dataset.test.labels.astype(int)
    scores = network.score(images)
    normal = network.score(normalize_crops(images))
    report(f"MNIST test set: {np.mean(scores.probabilities.argmax(1) == labels):.2%}")
    part = images[:corrupted]
    enlarged = np.stack([_enlarged(image, place) for place, image in enumerate(part)])
    by_corruption = {}
    for name in CORRUPTIONS:
        crops = normalize_crops(corrupt(images[:corrupted], name, seed=0))
        read = network.score(crops).probabilities.argmax(1)
        by_corruption[name] = float(np.mean(read == labels[:corrupted]))
        report(f"{name}: {by_corruption[name]:.2%}")
    return Card(
        {
            "made": made,
            "test": {
                "images": len(labels),
                "accuracy": float(np.mean(scores.probabilities.argmax(1) == labels)),
                "normalised_accuracy": float(np.mean(normal.probabilities.argmax(1) == labels)),
                "plain_accuracy": _right(network, part, labels),
                "enlarged_accuracy": _right(network, enlarged, labels),
                "difference": float(np.abs(enlarged.astype(int) - part).mean()),
                "calibration_error": calibration_error(scores.probabilities, labels),
                "negative_log_likelihood": negative_log_likelihood(scores.probabilities, labels),
            },
            "uci_accuracy": _uci_accuracy(network),
            "corrupted_images": min(corrupted, len(labels)),
            "corruptions": by_corruption,
            "corruption_mean": float(np.mean(list(by_corruption.values()))),
            "refusal_auroc": {
                name: area_under_roc(scores.digit, network.score(normalize_crops(none)).digit)
                for name, none in _none().items()
            },
        }
    )


def _right(network: DigitNetwork, images: Images, labels: np.ndarray[Any, Any]) -> float:
    read = network.score(images).probabilities.argmax(1)
    return float(np.mean(read == labels[: len(images)]))


def _enlarged(image: Images, seed: int) -> Images:
    """An image enlarged, moved, made dark on a light gradient, and normalised: `(28, 28)`."""
    rng = np.random.default_rng(seed)
    side = 28 * int(rng.integers(3, 13))
    large = PIL.Image.fromarray(image).resize((side, side), PIL.Image.Resampling.BICUBIC)
    canvas = np.zeros((int(1.3 * side), int(1.3 * side)))
    top, left = rng.integers(0, len(canvas) - side, 2)
    canvas[top : top + side, left : left + side] = np.asarray(large) / 255
    left_light, right_light = rng.uniform(0.6, 1, 2)
    slope = np.linspace(left_light, right_light, len(canvas))
    light = np.clip(255 * slope * (1 - 0.85 * canvas), 0, 255).astype(np.uint8)
    normal: Images = normalize_crops(light[None])[0]
    return normal


def _uci_accuracy(network: DigitNetwork) -> float:
    """On the 1,797 digits of 8x8 pixels of the UCI repository (Alpaydin and Kaynak, 1998)."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = (digits.images * (255 / 16)).astype(np.uint8)
    read = network.score(normalize_crops(images)).probabilities.argmax(1)
    return float(np.mean(read == digits.target))


def _none() -> dict[str, np.ndarray[Any, np.dtype[np.uint8]]]:
    """Images without a digit, of kinds that anyone can make."""
    rng = np.random.default_rng(0)
    blank = np.broadcast_to(np.arange(256, dtype=np.uint8)[:, None, None], (256, 28, 28))
    return {
        "uniform noise": rng.integers(0, 256, (2_000, 28, 28)).astype(np.uint8),
        "blank": blank.copy(),
    }
