"""The sections of docs/benchmarks.md on reading, refusing, the page and the static edition."""

import statistics
from collections.abc import Callable
from typing import Any

from tables import spread, table


def reading(results: dict[str, Any]) -> str:
    """How fast the shipped network reads."""
    rounds = results["rounds"]
    rows = [
        [name, spread(values, 0 if min(values) > 1000 else 3)] for name, values in rounds.items()
    ]
    count = len(next(iter(rounds.values())))
    return (
        "## Reading\n\n"
        f"`python benchmarks/reading.py`: {count} rounds, all measures in turn; median (smallest "
        f"to largest), on two cores.\n\n{table(['', ''], rows)}"
    )


def refusal(results: dict[str, Any]) -> str:
    """What is no digit, by two methods."""
    methods = ("eleventh output", "largest probability")
    rows = [
        [name, f"{row['images']:,}", *(f"{row[method]:.4f}" for method in methods)]
        for name, row in results["rows"].items()
    ]
    return (
        "## Refusing what is no digit\n\n"
        "`python benchmarks/refusal.py --fashion FOLDER --fonts FOLDER`: area under the ROC curve "
        "against MNIST's test set, as ready crops, by the network's output for 'no digit' and by "
        f"the largest probability of ten. Letters that no digit resembles, in "
        f"{len(results['fonts'])} fonts that the network was not trained with: "
        f"{', '.join(results['fonts'])}.\n\n"
        f"{table(['', 'images', *methods], rows)}"
    )


def tilt(results: dict[str, Any]) -> str:
    """Digits and pages that lie askew."""
    measures = ("turned", "slanted", "page", "apart", "signs")
    rows = [
        [str(row["angle"]), *(f"{row[measure]:.1%}" for measure in measures)]
        for row in results["rows"]
    ]
    header = [
        *("degrees", "digits turned, right", "slanted, right", "page turned, edits a digit"),
        *("five digits far apart, edits a digit", "lines with signs, right"),
    ]
    return (
        "## Tilt and slant\n\n"
        f"`python benchmarks/tilt.py`: {results['digits']:,} training images held out, and "
        f"{results['pages']} pages of 3 rows of 8 of them, as many of a row of 5 with nearly three "
        "heights from each to the next, and as many of a line like each of 24/6/2025, 1,204.50, "
        "12+34 and 12:30, tilted to either side.\n\n"
        f"{table(header, rows)}"
    )


def drawing(results: dict[str, Any]) -> str:
    """From the end of a stroke to the probabilities on the page."""
    rows = []
    for text, name in (("in the bars", "known_ms"), ("on the screen", "shown_ms")):
        values = sorted(results[name])
        late = values[int(0.95 * len(values))]
        rows.append([text, f"{statistics.median(values):.1f}", f"{late:.1f}", str(len(values))])
    paint, (before, after) = results["first_paint"], results["load"]
    header = ["probabilities of the whole drawing", "ms, median", "95% within", "strokes"]
    return (
        "## The page\n\n"
        "`python benchmarks/drawing.py`: from the end of a stroke (`pointerup`) to its answer, in "
        "a browser on the machine that serves; a mouse draws at some 60 places a second.\n\n"
        f"{table(header, rows)}\n"
        f"{results['browser']}, {results['processors']} processors, load {before:.1f} before "
        f"and {after:.1f} after. The first paint takes {paint['bytes']:,} bytes in "
        f"{paint['requests']} requests.\n"
    )


def static_edition(results: dict[str, Any]) -> str:
    """How fast the exported page answers, and its size."""
    times = [[name[:-4], spread(values, 0)] for name, values in results.items() if "ms" in name]
    sizes = [[name[:-7], f"{size / 1000:,.0f}"] for name, size in results["sizes"].items()]
    return (
        "## The static edition\n\n"
        "`python benchmarks/static_edition.py`: the folder of `inkdigits export web` on a plain "
        f"file server, in Chromium {results['versions']['chromium']} on {results['processors']} "
        f"processors, load before it {results['load']:.1f}. A first answer is counted from when "
        "the browser begins to load; median (smallest to largest).\n\n"
        f"{table(['', 'ms'], times)}\n{table(['', 'kB'], sizes)}"
    )


READING_SECTIONS: dict[str, Callable[[Any], str]] = {
    "reading": reading,
    "refusal": refusal,
    "tilt": tilt,
    "drawing": drawing,
    "static_edition": static_edition,
}
