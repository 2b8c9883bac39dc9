"""The tours' pictures: a form that is read, what the lab notebook's network misreads.

The form is composed, of test digits on printed boxes on unevenly lit paper, since no form of a
real person is ours to show.
"""

import io

import numpy as np
import numpy.typing as npt
from material import Drawn, Material
from PIL import Image, ImageDraw, ImageFont

from inkdigits import Recognizer, evaluate_logits, predict_logits, softmax
from inkdigits.evaluation.metrics import worst_mistakes
from inkdigits.figures.annotated import annotated_png
from inkdigits.figures.confusion import confusion_figure
from inkdigits.figures.gallery import gallery_figure
from inkdigits.figures.style import png_bytes

NAMES = [str(digit) for digit in range(10)]
SHOWN = 18  # misread digits
ROWS, COLUMNS, CELL = 4, 6, 92  # of the form; pixels
LEFT, TOP = 60, 120


def draw(material: Material) -> Drawn:
    """All three pictures."""
    form = paper(material.test.images)
    logits = predict_logits(material.lab, material.test.images)
    evaluation = evaluate_logits(logits, material.test.labels, NAMES)
    return {
        "tour/form-read.png": annotated_png(form, Recognizer().read(form)),
        "tour/mistakes.png": _mistakes(material, logits),
        "tour/confusion.png": png_bytes(confusion_figure(evaluation)),
    }


def _mistakes(material: Material, logits: npt.NDArray[np.floating]) -> bytes:
    images, labels = material.test
    shown = worst_mistakes(logits, labels)[:SHOWN]
    read, sure = logits.argmax(1), softmax(logits).max(1)
    captions = [f"{labels[i]}, read {read[i]}\n({sure[i]:.0%})" for i in shown]
    return png_bytes(gallery_figure(images[shown], captions, "Misread test images, worst first"))


def paper(images: npt.NDArray[np.uint8]) -> bytes:
    """A score sheet with a digit in each box, as a PNG file."""
    rng = np.random.default_rng(8)
    width, height = 2 * LEFT + COLUMNS * CELL, TOP + ROWS * CELL + 60
    page = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(page)
    pen.text((LEFT, 46), "SCORE SHEET", fill="#444444", font=ImageFont.load_default(34))
    for row in range(ROWS + 1):
        pen.line((LEFT, TOP + row * CELL, width - LEFT, TOP + row * CELL), "#777777", 2)
    for column in range(COLUMNS + 1):
        x = LEFT + column * CELL
        pen.line((x, TOP, x, TOP + ROWS * CELL), "#777777", 2)
    sheet = np.asarray(page, np.float64)
    for place, index in enumerate(rng.permutation(len(images))[: ROWS * COLUMNS]):
        digit = Image.fromarray(images[index]).resize((66, 66), Image.Resampling.BICUBIC)
        row, column = divmod(place, COLUMNS)
        y = TOP + row * CELL + int(rng.integers(8, 19))
        x = LEFT + column * CELL + int(rng.integers(8, 19))
        ink = np.asarray(digit, np.float64)[..., None] / 255
        sheet[y : y + 66, x : x + 66] *= 1 - ink * (1 - np.array([0.13, 0.2, 0.5]))
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    light = (0.97 - 0.25 * across * down)[..., None] * np.array([1, 0.985, 0.94])
    lit = sheet * light
    stream = io.BytesIO()
    Image.fromarray(lit.clip(0, 255).astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()
