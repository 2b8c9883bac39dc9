"""What teaching it a hand brings: how many of that hand's other digits are read, and what it costs.

    python benchmarks/teach.py --photos PHOTOS/manifest.jsonl

The hand is MNIST's digits slanted to the right by 49 degrees, its ones and sevens drawn with hooks.
What is taught is made of the training images that the shipped network was not trained on, what is
read of the test's, so that none of these is ever learned from. Besides, how many arrows pass for
digits once some lie in the folder `none`, and which of the digits in a wrong folder are named.
Each lesson is the command `inkdigits train --from shipped --add` with seed 0. Without photos their
column stays empty. Writes benchmarks/results/teach.json.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from inkdigits import Recognizer, Split, load_mnist
from inkdigits.data.crops import ASIDE, load_crops
from inkdigits.evaluation.photos import read_manifest, score_pictures, summary
from inkdigits.images.normalize import normalize
from inkdigits.teaching import HELD_OUT, doubts
from inkdigits.training.weights import load_network

SLANT = math.tan(math.radians(49))
SCALE = 4  # pixels of a drawing for one of MNIST's
PENS = 2.0, 4.0  # of MNIST's pixels
OTHERS = 140  # of each value, that are read
TAUGHT = 30  # of each value, at most
# Corners, x and y from 0 to 1 and downwards; hooks at both ends of a stem or roof.
ONE = (0.1, 0.4), (0.45, 0.0), (0.5, 0.9), (0.62, 1.0), (0.8, 0.92)
SEVEN = (0.05, 0.2), (0.1, 0.0), (0.85, 0.02), (0.5, 0.9), (0.6, 1.0), (0.8, 0.95)
ARROW = (0.1, 0.3), (0.5, 0.0), (0.9, 0.3), (0.5, 0.0), (0.5, 1.0)  # up: 1, 7 or 9 to many eyes
STRAY = 0.04  # a corner's standard deviation
ARROWS, ARROWS_TAUGHT = 208, 8
MISPLACED = 30  # digits in a wrong folder
ALL = tuple(range(10))
LESSONS = ("none", 0, ALL), ("50", 50, ALL), ("300", 300, ALL), ("30 sevens alone", 30, (7,))


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--photos", type=Path, help="a manifest as `evaluate --photos` takes it")
    manifest = parser.parse_args().photos
    mnist = load_mnist()
    rng = np.random.default_rng(0)
    taught = hand(Split(*(part[-HELD_OUT:] for part in mnist.train)), TAUGHT, rng)
    others = hand(mnist.test, OTHERS, rng)
    but_sevens = Split(*(part[others.labels != 7] for part in others))
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, count, values in LESSONS:
            own = np.flatnonzero(np.isin(taught.labels, values))[:count]
            lesson = Split(*(part[own] for part in taught))
            model, seconds = lessoned(lesson, Path(folder) / f"taught-{len(rows)}")
            recognizer = Recognizer(model)
            rows.append({
                "taught": name,
                "seconds": seconds,
                "hand": share_right(recognizer, others),
                "hand_but_sevens": share_right(recognizer, but_sevens),
                "mnist": share_right(recognizer, mnist.test),
                "photos": edits(recognizer, manifest) if manifest else None,
            })  # fmt: skip
            print(rows[-1], flush=True)
        results = {
            "others": len(others.labels),
            "rows": rows,
            "arrows": arrows_taught(Split(*(part[:50] for part in taught)), Path(folder), rng),
            "misplaced": misplaced(taught, Path(folder), rng),
        }
    print({name: results[name] for name in ("arrows", "misplaced")})
    target = Path(__file__).parent / "results" / "teach.json"
    target.write_text(json.dumps(results, indent=2) + "\n")


def hand(of: Split, each: int, rng: np.random.Generator) -> Split:
    """So many of each value in one hand, as `label` would keep them, in any order."""
    images: list[npt.NDArray[np.uint8]] = []
    labels: list[int] = []
    chosen = [rng.choice(np.flatnonzero(of.labels == value), each, replace=False) for value in ALL]
    for place in rng.permutation(np.concatenate(chosen)):
        value = int(of.labels[place])
        upright = drawn(value, rng) if value in (1, 7) else enlarged(of.images[place])
        images.append(normalize(slanted(upright)))
        labels.append(value)
    return Split(np.stack(images), np.array(labels, np.uint8))


def enlarged(image: npt.NDArray[np.uint8]) -> Image.Image:
    """One of MNIST's digits as large as drawn ones."""
    size = SCALE * image.shape[0]
    return Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC)


def drawn(value: int, rng: np.random.Generator) -> Image.Image:
    """A 1 or a 7 with hooks."""
    return stroke(ONE if value == 1 else SEVEN, rng)


def stroke(through: tuple[tuple[float, float], ...], rng: np.random.Generator) -> Image.Image:
    """A stroke through corners, about, as high as MNIST's digits."""
    high, margin = 20 * SCALE, 4 * SCALE
    corners = np.array(through)
    corners = corners + rng.normal(0, STRAY, corners.shape)
    points = [tuple(map(float, margin + high * corner * (0.6, 1))) for corner in corners]
    picture = Image.new("L", (28 * SCALE, 28 * SCALE))
    pen = ImageDraw.Draw(picture)
    wide = SCALE * rng.uniform(*PENS)
    pen.line(points, fill=255, width=round(wide), joint="curve")
    for x, y in (points[0], points[-1]):
        pen.ellipse((x - wide / 2, y - wide / 2, x + wide / 2, y + wide / 2), fill=255)
    return picture


def slanted(picture: Image.Image) -> npt.NDArray[np.float64]:
    """The picture leaning to the right, in [0, 1], with room for it."""
    width, height = picture.size
    room = round(SLANT * height)
    shear = (1, SLANT, -room, 0, 1, 0)
    leaning = picture.transform(
        (width + room, height), Image.Transform.AFFINE, shear, Image.Resampling.BICUBIC
    )
    return np.asarray(leaning, np.float64) / 255


def lessoned(lesson: Split, run: Path) -> tuple[str | Path, float]:
    """The network after a lesson, after none the shipped one; and how many seconds that took."""
    if not len(lesson.labels):
        return "shipped", 0.0
    add = run.with_suffix(".npz")
    np.savez(add, images=lesson.images, labels=lesson.labels)
    began = time.perf_counter()
    train(add, run)
    return run, time.perf_counter() - began


def train(add: Path, run: Path) -> None:
    """Teach the shipped network what lies at `add`."""
    command = [sys.executable, "-m", "inkdigits", "train", "--from", "shipped", "--add", str(add)]
    options = ["--runs", str(run.parent), "--name", run.name, "--seed", "0"]
    subprocess.run([*command, *options], check=True, capture_output=True)


def arrows_taught(digits: Split, folder: Path, rng: np.random.Generator) -> dict[str, Any]:
    """What share of arrows pass for digits, before some are taught as none and after."""
    levels = [np.asarray(stroke(ARROW, rng), np.float64) / 255 for _ in range(ARROWS)]
    arrows = np.stack([normalize(each) for each in levels])
    shown, others = arrows[:ARROWS_TAUGHT], arrows[ARROWS_TAUGHT:]
    add, run = folder / "arrows", folder / "taught-arrows"
    labels = [*map(str, digits.labels), *[ASIDE] * ARROWS_TAUGHT]
    for number, (image, label) in enumerate(zip([*digits.images, *shown], labels, strict=True)):
        (add / label).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(add / label / f"{number:03}.png")
    train(add, run)
    before, after = (
        float((Recognizer(model).classify(others).digit >= 0.5).mean())
        for model in ("shipped", run)
    )
    return {"taught": ARROWS_TAUGHT, "others": len(others), "before": before, "after": after}


def misplaced(digits: Split, folder: Path, rng: np.random.Generator) -> dict[str, int]:
    """How many digits are named after a lesson of which some lie in a wrong folder."""
    labels = digits.labels.copy()
    wrong = rng.choice(len(labels), MISPLACED, replace=False)
    labels[wrong] = (labels[wrong] + rng.integers(1, 10, MISPLACED)) % 10
    run, _ = lessoned(Split(digits.images, labels), folder / "taught-misplaced")
    crops = load_crops(folder / "taught-misplaced.npz")
    named = {doubt.name for doubt in doubts(load_network(run), crops)}
    found = named & {crops.names[place] for place in wrong}
    return {"of": len(labels), "wrong": MISPLACED, "named": len(named), "rightly": len(found)}


def share_right(recognizer: Recognizer, digits: Split) -> float:
    """Of digits, what share is read rightly, whatever the confidence."""
    values = recognizer.classify(digits.images).probabilities.argmax(1)
    return float((values == digits.labels).mean())


def edits(recognizer: Recognizer, manifest: Path) -> float:
    """Edits a digit of the photos that a manifest lists."""
    figures = summary(score_pictures(read_manifest(manifest), recognizer.read))["all"]
    return float(figures["character_error_rate"])


if __name__ == "__main__":
    main()
