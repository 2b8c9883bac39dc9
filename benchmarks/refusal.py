"""How well what is no digit is told from MNIST's test digits: area under the ROC curve.

    python benchmarks/refusal.py --fashion FOLDER --fonts FOLDER

Fashion-MNIST's test images from its IDX files; letters that no digit resembles, from fonts that are
none of those the network was trained with (give a folder of other .ttf or .otf files, such as the
system's; one face of each family, the first twenty by name); uniform noise; blank paper. All go the
way of ready crops. The second method of refusing, the largest probability of ten, stands beside the
network's own eleventh output. Writes benchmarks/results/refusal.json.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import ImageFont

from inkdigits import Recognizer, load_dataset, load_mnist
from inkdigits.data.fonts import font_files, glyphs
from inkdigits.evaluation.calibration import area_under_roc
from inkdigits.recognition.network import Scores

LETTERS = "ACEFGHJKLMNPRTUVWXYacdefhjkmnprtuvwxy"  # without O o D Q I i l S s Z z B b g q
FONTS = 20
SYMBOLS = ("D050000L", "Linux Biolinum Keyboard O", "Linux Libertine Initials O")  # no letters
Pixels = npt.NDArray[np.uint8]


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fashion", type=Path)
    parser.add_argument("--fonts", type=Path)
    options = parser.parse_args()
    rng, recognizer = np.random.default_rng(0), Recognizer()
    none = {
        "uniform noise": list(rng.integers(0, 256, (2_000, 28, 28)).astype(np.uint8)),
        "blank": [np.full((28, 28), level, np.uint8) for level in range(256)],
    }
    if options.fashion:
        none["Fashion-MNIST"] = list(load_dataset(options.fashion).test.images)
    families: list[str] = []
    if options.fonts:
        fonts = other_fonts(options.fonts)
        families = list(fonts)
        drawn = [glyphs(letter, path) for path in fonts.values() for letter in LETTERS]
        none["letters"] = [plane for plane in drawn if plane is not None]
    digits = recognizer.classify(np.array(load_mnist().test.images))
    table = {}
    for name, images in none.items():
        each = [recognizer.classify(image[None]) for image in images]
        others = Scores(*(np.concatenate(parts) for parts in zip(*each, strict=True)))
        table[name] = {
            "images": len(images),
            "eleventh output": area_under_roc(digits.digit, others.digit),
            "largest probability": area_under_roc(surest(digits), surest(others)),
        }
        print(f"{name}: {table[name]}")
    content = {"rows": table, "fonts": families}
    target = Path(__file__).parent / "results" / "refusal.json"
    target.write_text(json.dumps(content, indent=2) + "\n")


def surest(scores: Scores) -> npt.NDArray[np.float64]:
    """The largest of the ten probabilities."""
    return np.asarray(scores.probabilities.max(1), np.float64)


def other_fonts(folder: Path) -> dict[str, Path]:
    """Twenty families of letters that the network was not trained with, and a file of each."""
    known = {family(path) for path in font_files()}
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.[ot]tf"), key=lambda path: path.name):
        name = family(path)
        if name not in known and name not in SYMBOLS and glyphs("A", path) is not None:
            found.setdefault(name, path)
    return dict(sorted(found.items())[:FONTS])


def family(path: Path) -> str:
    """The name of a font file's family."""
    return str(ImageFont.truetype(str(path), 20).getname()[0])


if __name__ == "__main__":
    main()
