"""How ready crops of one digit are read, as programs cut them out.

    python -m benchmarks.crops

From the project's folder, since tests draw the crops. Of the 5,000 training images that the shipped
networks were not trained on, every second: as MNIST holds it, cut out close, in a box, along a
box's lines, close within one, beside others' strokes; each also the other way about. And boxes that
hold nothing.
Writes benchmarks/results/crops.json.
"""

import json
from pathlib import Path

import numpy as np

from inkdigits import Recognizer, load_mnist
from inkdigits.teaching import HELD_OUT
from tests.recognition.cut import CUTS, Cut

EVERY, EMPTY = 2, 1_000
KINDS: dict[str, Cut] = {"as MNIST holds it": lambda image, rng: image, **CUTS}
BOXES = ("in a box", "along a box")


def main() -> None:
    """Measure, print, keep."""
    images, labels = (np.array(part[-HELD_OUT::EVERY]) for part in load_mnist().train)
    recognizer = Recognizer()
    table: list[dict[str, str | int]] = []
    for kind, cut in KINDS.items():
        for ink in ("white", "black"):
            rng = np.random.default_rng(0)
            counts = {"digits": len(labels), "wrong": 0, "refused": 0}
            for image, label in zip(images, labels, strict=True):
                crop = cut(image, rng)
                scores = recognizer.classify((crop if ink == "white" else 255 - crop)[None])
                is_digit = scores.digit[0] >= 0.5
                counts["refused"] += not is_digit
                counts["wrong"] += bool(is_digit and scores.probabilities[0].argmax() != label)
            table.append({"kind": kind, "ink": ink, **counts})
            print(table[-1])
    empty = {}
    for kind in BOXES:
        rng = np.random.default_rng(1)
        crops = np.stack([CUTS[kind](np.zeros_like(images[0]), rng) for _ in range(EMPTY)])
        empty[kind] = int((recognizer.classify(crops).digit >= 0.5).sum())
    print(empty)
    target = Path(__file__).parent / "results" / "crops.json"
    content = {"rows": table, "empty": {"boxes": EMPTY, "read": empty}}
    target.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
