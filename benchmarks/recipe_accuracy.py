"""A recipe's accuracy on the whole test set over many seeds: last weights, nothing chosen.

    python benchmarks/recipe_accuracy.py --recipe lab --seeds 10

Prints each seed's accuracy and training seconds, then mean, standard deviation, smallest and
largest. Writes benchmarks/results/accuracy_<recipe>.json.
"""

import argparse
import dataclasses
import json
import statistics
import time
from pathlib import Path

from inkdigits.data import load_mnist
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
    options = parser.parse_args()
    engine = choose_engine(precision=options.precision)
    engine.apply()
    dataset = load_mnist()
    recipe = find_recipe(options.recipe)
    rows = []
    for seed in range(options.seeds):
        began = time.perf_counter()
        trainer = Trainer(recipe, dataset.train, engine, seed)
        trainer.run()
        seconds = time.perf_counter() - began
        logits = predict_logits(trainer.network, dataset.test.images)
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
    target = Path(__file__).parent / "results" / f"accuracy_{options.recipe}.json"
    target.parent.mkdir(exist_ok=True)
    content = {"engine": dataclasses.asdict(engine), "versions": versions(), "runs": rows}
    target.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
