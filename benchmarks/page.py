"""Write docs/benchmarks.md from the numbers in benchmarks/results.

    python benchmarks/page.py

Each section is made from one file of results and left out where that is missing.
"""

import json
import statistics
from collections.abc import Callable
from typing import Any

from bench_sections import bench, float32
from reading_sections import READING_SECTIONS
from tables import RESULTS, ROOT, accuracy_results, machine, spread, table

from inkdigits.networks.summary import summarize
from inkdigits.training.recipes import find_recipe

INTRODUCTION = """# Benchmarks

Written by `benchmarks/page.py` from `benchmarks/results/*.json`; do not edit. Each section names
the command that measured it. Contenders are measured in one run, alternating, since machines are
shared and noisy: compare ratios rather than seconds. Nothing was ever chosen by a figure of the
test set.
"""


def main() -> None:
    """Write the page."""
    parts = [INTRODUCTION, accuracies(accuracy_results())]
    for name, section in SECTIONS.items():
        path = RESULTS / f"{name}.json"
        if path.exists():
            parts.append(section(json.loads(path.read_text())))
    (ROOT / "docs" / "benchmarks.md").write_text("\n".join(parts))


def lab_speed(results: dict[str, list[dict[str, Any]]]) -> str:
    """The notebook's Keras code and ours in turn."""
    later = {
        name: [statistics.median(run["epoch_seconds"][1:]) for run in runs]
        for name, runs in results.items()
    }
    theirs = later["Keras/TensorFlow"]
    rows = []
    for name, runs in results.items():
        every = [seconds for run in runs for seconds in run["epoch_seconds"][1:]]
        first = [run["epoch_seconds"][0] for run in runs]
        ratio = statistics.median(a / b for a, b in zip(theirs, later[name], strict=True))
        accuracy = statistics.mean(run["accuracy"] for run in runs)
        rows.append([name, spread(every), spread(first), f"{ratio:.2f}x", f"{accuracy:.2%}"])
    ours, keras = results["inkdigits"][0], results["Keras/TensorFlow"][0]["versions"]
    header = ["", "s an epoch", "s, the first epoch", "speed", "test accuracy, mean"]
    return (
        "## The notebook's network: Keras/TensorFlow and `lab` side by side\n\n"
        f"`python benchmarks/lab_speed.py`: {len(theirs)} rounds of 5 epochs each, in turn; median "
        "(smallest to largest) over epochs 2 to 5, in the first of which TensorFlow traces its "
        "graph. Ours without TensorBoard. The speed is the median over rounds of the ratio of "
        "medians.\n\n"
        f"{table(header, rows)}\n{machine(ours['versions'], ours['threads'])}"
        f"TensorFlow {keras['tensorflow']}, Keras {keras['keras']}.\n"
    )


def accuracies(found: dict[str, dict[str, Any]]) -> str:
    """Accuracy of each recipe over seeds, with its time."""
    rows = []
    for name, results in found.items():
        values = [100 * run["accuracy"] for run in results["runs"]]
        seconds = [run["seconds"] for run in results["runs"]]
        rows.append(
            [
                f"`{name}`",
                f"{parameters(name):,}",
                str(len(values)),
                f"**{statistics.mean(values):.3f} %**",
                f"{statistics.stdev(values):.3f}",
                f"{min(values):.2f} to {max(values):.2f} %",
                spread(seconds, 1),
            ]
        )
    header = ["recipe", "parameters", "seeds", "mean", "sd, points", "range", "s of training"]
    last = next(reversed(found.values()))
    return (
        "## Accuracy on the test set\n\n"
        "`python benchmarks/recipe_accuracy.py --recipe NAME --seeds N`: all 60,000 training "
        "images, last weights or their running average, the whole test set read once a seed; how "
        "the recipes were chosen, on held-out training images, is in `benchmarks/search.md`. "
        "Seconds: median (smallest to largest), data in memory, without import and evaluation, on "
        "machines of one name, some twice as fast as others (see the limits below).\n\n"
        f"{table(header, rows)}\n"
        f"{machine(last['versions'], last['engine']['threads'])}"
    )


def parameters(name: str) -> int:
    """Trainable parameters of a recipe's network."""
    return summarize(find_recipe(name).network).trainable


def engine(results: dict[str, list[float]]) -> str:
    """What each part of the engine gives."""
    rows = [[name, spread(values)] for name, values in results.items()]
    return (
        "## What the engine's parts give\n\n"
        "`python benchmarks/engine.py`: a training step of `lab` (batch 128), each variant in a "
        "process of its own, in turn.\n\n"
        f"{table(['', 'ms a step'], rows)}"
    )


def study_lab(results: dict[str, Any]) -> str:
    """The notebook's claims."""
    rows = []
    for row in results["rows"]:
        interval, difference = row["difference_interval_95"], row["difference_mean"]
        rows.append(
            [
                row["variant"],
                row["claim"],
                f"{row['accuracy_mean']:.2%} ± {100 * row['accuracy_standard_deviation']:.2f}",
                f"{100 * difference:+.2f}" if difference is not None else "",
                f"{100 * interval[0]:+.2f} to {100 * interval[1]:+.2f}" if interval else "",
                f"{row['p_value_corrected']:.3f}" if difference is not None else "",
                row["verdict"],
            ]
        )
    header = ["variant", "the notebook says", "accuracy ± sd", "difference", "95% interval"]
    header += ["p, Holm", ""]
    return (
        "## What the notebook's comments claim\n\n"
        f"`inkdigits study lab --seeds {results['seeds']}`: accuracy on 10,000 training images "
        "held out, differences in points, paired by seed; `linear` is compared with "
        "`pooling-average`, since max-pooling is itself a non-linearity. The intervals are not "
        "corrected for the number of comparisons; the p values, by which claims are judged, are "
        "(Holm). A claim left undecided is not refuted.\n\n"
        f"{table(header, rows)}\n"
        "![Differences with their intervals](images/study-lab.png)\n"
    )


SECTIONS: dict[str, Callable[[Any], str]] = {
    "lab_speed": lab_speed,
    "bench": bench,
    "float32": float32,
    "engine": engine,
    "study_lab": study_lab,
    **READING_SECTIONS,
}

if __name__ == "__main__":
    main()
