"""What docs/benchmarks.md is made of: results, and tables and figures as it shows them."""

import json
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from inkdigits.training.recipes import RECIPES

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"


def accuracy_results() -> dict[str, dict[str, Any]]:
    """What `recipe_accuracy.py` wrote, by recipe."""
    return {
        name: json.loads(path.read_text())
        for name in RECIPES
        if (path := RESULTS / f"accuracy_{name}.json").exists()
    }


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, its first column to the left and the others to the right."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def machine(versions: dict[str, str], threads: object) -> str:
    """One line about what measured."""
    libraries = ", ".join(f"{name} {versions[name]}" for name in ("python", "torch", "numpy"))
    return f"{versions['processor']}, {threads} threads, no GPU; {libraries}.\n"


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median, smallest and largest."""
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
