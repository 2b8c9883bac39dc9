"""`DigitClassifier` on MNIST as scikit-learn users have it: rows of 784, fit, score.

    python benchmarks/estimator.py --seeds 5

Prints each seed's accuracy on the test set, the seconds of `fit` on all 60,000 training images and
the rows a second of `predict_proba`, then means. The test set chooses nothing. Writes
benchmarks/results/estimator.json.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np

from inkdigits import DigitClassifier, load_mnist
from inkdigits.training.run import versions


def main() -> None:
    """Fit each seed, read the test set once, keep the numbers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    (x_train, y_train), (x_test, y_test) = load_mnist()
    x_train, x_test = x_train.reshape(-1, 784), x_test.reshape(-1, 784)
    DigitClassifier().fit(x_train[:500], y_train[:500])  # what the first training sets up
    rows = []
    for seed in range(options.seeds):
        began = time.perf_counter()
        classifier = DigitClassifier(random_state=seed).fit(x_train, y_train)
        fitted = time.perf_counter()
        probabilities = classifier.predict_proba(x_test)
        read = time.perf_counter()
        labels = classifier.classes_[probabilities.argmax(axis=1)]
        rows.append(
            {
                "seed": seed,
                "accuracy": float(np.mean(labels == y_test)),
                "fit_seconds": round(fitted - began, 3),
                "rows_per_second": round(len(x_test) / (read - fitted)),
            }
        )
        print(rows[-1], flush=True)
    for name in ("accuracy", "fit_seconds", "rows_per_second"):
        print(name, statistics.mean(row[name] for row in rows))
    target = Path(__file__).parent / "results" / "estimator.json"
    target.write_text(json.dumps({"versions": versions(), "runs": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
