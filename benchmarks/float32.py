"""What training takes where the processor does not multiply bfloat16: most desktops and laptops.

    python benchmarks/float32.py -n 9

`quick` beside the published recipe that it is held to, in turn, in a process each; then the others
with all of their epochs on a tenth of the images, since the cost grows linearly with these
(`bench.py`). On a processor that has bfloat16, float32 is what it is told to compute in. Writes
benchmarks/results/float32.json.
"""

import argparse
import json
import sys
from pathlib import Path

from bench import HERE, commands, measured
from rounds import how_often

from inkdigits.processors import available_processors
from inkdigits.training.engine import has_fast_bfloat16

OTHERS = ("compact", "accurate", "best", "lab")
TENTH = 6_000  # images
FLOAT32 = ("--precision", "float32")


def main() -> None:
    """Measure in turn, keep the numbers."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "-n", type=how_often, default=9, help="rounds of quick; a third as many of others"
    )
    rounds = parser.parse_args().n
    published = commands(None, HERE)["published"]
    ours = [sys.executable, str(HERE / "ours.py")]
    runs: dict[str, list[dict[str, float]]] = {"quick": [], "published": []}
    for seed in map(str, range(rounds)):
        for name, command in (("quick", [*ours, "quick", *FLOAT32]), ("published", published)):
            run = measured([*command, "--seed", seed])
            runs[name].append({key: run[key] for key in ("seconds", "accuracy")})
    tenths: dict[str, list[float]] = {name: [] for name in OTHERS}
    for _ in range(-(-rounds // 3)):
        for name in OTHERS:
            run = measured([*ours, name, *FLOAT32, "--images", str(TENTH)])
            tenths[name].append(run["seconds"])
    result = {
        "runs": runs,
        "seconds_of_a_tenth": tenths,
        "has_bfloat16": has_fast_bfloat16("cpu"),
        "threads": available_processors(),
        "versions": run["versions"],
    }
    Path(HERE / "results" / "float32.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
