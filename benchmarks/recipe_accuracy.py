"""A recipe's accuracy on the whole test set over many seeds: last weights, nothing chosen.

    python benchmarks/recipe_accuracy.py --recipe lab --seeds 10
    python benchmarks/recipe_accuracy.py --recipe best --seeds 15 --ensemble 5

Prints each seed's accuracy and training seconds, then mean, standard deviation, smallest and
largest; with --ensemble N also what the averaged probabilities of the first N seeds, of the next N
and so on give. Writes benchmarks/results/accuracy_<recipe>.json.
"""

import argparse
import dataclasses
import json
import statistics
import time
from pathlib import Path
from typing import Any

from bench import product_rate

from inkdigits.data import load_mnist
from inkdigits.ensemble import averaged
from inkdigits.evaluation.metrics import evaluate_logits
from inkdigits.networks.predict import predict_logits
from inkdigits.training.engine import choose_engine
from inkdigits.training.recipes import find_recipe
from inkdigits.training.run import versions
from inkdigits.training.trainer import Trainer


def main() -> None:
    """Train each seed, read the test set once, keep the numbers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--recipe", default="lab")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--ensemble", type=int, default=0)
    options = parser.parse_args()
    engine = choose_engine(precision=options.precision)
    engine.apply()
    dataset = load_mnist()
    recipe = find_recipe(options.recipe)
    rate = product_rate(engine.dtype, engine.threads)  # while nothing else runs
    rows, seen = [], []
    for seed in range(options.seeds):
        began = time.perf_counter()
        trainer = Trainer(recipe, dataset.train, engine, seed)
        trainer.run()
        seconds = time.perf_counter() - began
        logits = predict_logits(trainer.network, dataset.test.images)
        seen.append(logits)
        result = evaluate_logits(logits, dataset.test.labels, dataset.class_names)
        rows.append(
            {
                "seed": seed,
                "accuracy": result.accuracy,
                "loss": result.loss,
                "seconds": round(seconds, 3),
            }
        )
        print(f"seed {seed}: {result.accuracy:.2%}, {seconds:.2f} s", flush=True)
    accuracies = [row["accuracy"] for row in rows]
    spread = statistics.stdev(accuracies) if len(accuracies) > 1 else 0.0
    print(
        f"{options.recipe}: mean {statistics.mean(accuracies):.3%}, standard deviation "
        f"{100 * spread:.3f} points, {min(accuracies):.2%} to {max(accuracies):.2%}, "
        f"n = {len(rows)}; median {statistics.median(row['seconds'] for row in rows):.1f} s"
    )
    content: dict[str, Any] = {
        "engine": dataclasses.asdict(engine),
        "versions": versions(),
        "products_per_second": rate,
        "runs": rows,
    }
    size = options.ensemble
    for first in range(0, len(seen) - size + 1, size) if size else ():
        together = averaged(seen[first : first + size])
        result = evaluate_logits(together, dataset.test.labels, dataset.class_names)
        print(f"seeds {first} to {first + size - 1} together: {result.accuracy:.2%}")
        content.setdefault("ensembles", []).append(
            {"seeds": list(range(first, first + size)), "accuracy": result.accuracy}
        )
    target = Path(__file__).parent / "results" / f"accuracy_{options.recipe}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
