"""How long MNIST takes from the cache to arrays, verified: median of 20, in this process.

python benchmarks/loading.py
"""

import statistics
import time

from inkdigits.data import load_mnist


def main() -> None:
    """Fill the cache if need be, then load."""
    print(load_mnist().source)
    seconds = []
    for _ in range(20):
        began = time.perf_counter()
        load_mnist()
        seconds.append(time.perf_counter() - began)
    median, least, most = statistics.median(seconds), min(seconds), max(seconds)
    print(f"{1000 * median:.0f} ms ({1000 * least:.0f} to {1000 * most:.0f}), n = {len(seconds)}")


if __name__ == "__main__":
    main()
