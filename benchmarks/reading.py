"""How fast the shipped network reads: one crop, crops in bulk, a large photo, a cold shell.

    python benchmarks/reading.py

Each figure is the median of several rounds, the rounds of all figures taken in turn. Writes
benchmarks/results/reading.json.
"""

import argparse
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

import inkdigits
from inkdigits import Recognizer, load_mnist
from inkdigits.evaluation.photos import edit_distance
from inkdigits.images.crops import normalize_crops
from inkdigits.processors import available_processors

IMPORTS = "import numpy, onnxruntime, PIL"
SHAPE = (3000, 4000)  # of the large photo, pixels


def main() -> None:
    """Measure in turn, print, keep."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    crops = np.array(load_mnist().test.images)
    recognizer = Recognizer()
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.png", Path(folder) / "large.jpg"
        text = write_photo(crops, large)
        Image.fromarray(255 - np.kron(crops[0], np.ones((8, 8), np.uint8))).save(small)
        python, command = sys.executable, [sys.executable, "-m", "inkdigits", "read"]
        content = large.read_bytes()
        measures: dict[str, Callable[[], float]] = {
            "one crop, ms": lambda: 1e3 * seconds(lambda: recognizer.classify(crops[:1]), 200),
            "10,000 crops, a second": lambda: 1e4 / seconds(lambda: recognizer.classify(crops)),
            "their normalisation alone, a second": lambda: (
                1e4 / seconds(lambda: normalize_crops(crops))
            ),
            "12-megapixel photo of 50 digits, s": lambda: seconds(lambda: recognizer.read(content)),
            "cold shell: read a small picture, s": lambda: seconds(run(*command, str(small))),
            "cold shell: the imports alone, s": lambda: seconds(run(python, "-c", IMPORTS)),
            "the first reading in its process, s": first_reading(python, small),
            "small picture, warm, s": lambda: seconds(lambda: recognizer.read(small), 10),
        }
        edits = edit_distance(recognizer.read(content).text, text)
        rounds: dict[str, list[float]] = {name: [] for name in measures}
        for _ in range(options.rounds):
            for name, measure in measures.items():
                rounds[name].append(measure())
    print(f"inkdigits {inkdigits.__version__}, {available_processors()} processors")
    for name, values in rounds.items():
        low, high = min(values), max(values)
        print(f"{name}: {statistics.median(values):,.4g} ({low:,.4g} to {high:,.4g})")
    print(f"the photo's 50 digits are read with {edits} edits")
    target = Path(__file__).parent / "results" / "reading.json"
    target.write_text(json.dumps({"rounds": rounds}, indent=2) + "\n")


def seconds(work: Callable[[], object], times: int = 1) -> float:
    """Wall clock of one call, the mean of some."""
    began = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - began) / times


def first_reading(python: str, picture: Path) -> Callable[[], float]:
    """Seconds of loading the network and reading a picture, all imported but Pillow's decoders."""
    code = (
        "import time; from inkdigits import Recognizer; began = time.perf_counter(); "
        f"Recognizer().read({str(picture)!r}); print(time.perf_counter() - began)"
    )
    return lambda: float(
        subprocess.run([python, "-c", code], check=True, capture_output=True).stdout
    )


def run(*command: str) -> Callable[[], object]:
    """A process, as a call."""
    return lambda: subprocess.run(command, check=True, capture_output=True)


def write_photo(crops: np.ndarray, path: Path) -> str:
    """50 of MNIST's digits in 5 rows on grey paper, lit from one side, as a JPEG; their text."""
    labels = load_mnist().test.labels
    ink = np.zeros(SHAPE, np.float32)
    for place in range(50):
        top, left = 300 + 500 * (place // 10), 200 + 370 * (place % 10)
        digit = Image.fromarray(crops[place]).resize((220, 220), Image.Resampling.BICUBIC)
        ink[top : top + 220, left : left + 220] = np.asarray(digit) / 255
    light = np.linspace(150, 230, SHAPE[1], dtype=np.float32)
    grain = np.random.default_rng(0).normal(scale=3, size=SHAPE)
    levels = np.clip(light * (1 - 0.8 * ink) + grain, 0, 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(np.stack([levels] * 3, 2)).save(stream, "JPEG", quality=90)
    path.write_bytes(stream.getvalue())
    rows = ("".join(map(str, labels[10 * row : 10 * row + 10])) for row in range(5))
    return "\n".join(rows)


if __name__ == "__main__":
    main()
