"""What a billion pictures cost, from the rate that benchmarks/bulk.py measured.

    python benchmarks/bulk_cost.py --core-hour 0.04 --get 0.0000004 --put 0.000005

Prices are the reader's: of a processor's hour, of a request that fetches an object, of one that
writes one. Prints the table of docs/scaling.md.
"""

import argparse
import json
from pathlib import Path

from tables import table

from inkdigits.cluster.plan import size

RESULTS = Path(__file__).parent / "results" / "bulk.json"
TABLE_BYTES = 1 << 20  # that a request fetches of a Parquet file; see cluster/tables.py


def parts(pictures: int) -> int:
    """How many parts so many pictures are."""
    part = held = 0
    while held < pictures:
        held += size(part)
        part += 1
    return part


def core_hours(pictures: int, rate: float) -> float:
    """Hours of one processor; `rate`: pictures a second that one reads."""
    return pictures / rate / 3600


def cost(
    pictures: int,
    rate: float,
    picture_bytes: float | None,
    core_hour: float,
    get: float,
    put: float,
) -> float:
    """What reading costs, in the currency of the prices.

    Args:
        picture_bytes: of a picture in a Parquet file; None where each is an object of its own.
    """
    fetched = pictures if picture_bytes is None else pictures * picture_bytes / TABLE_BYTES
    written = 3 * parts(pictures)  # the part, that it is begun, and the plan
    return core_hours(pictures, rate) * core_hour + fetched * get + written * put


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=int, default=10**9)
    parser.add_argument("--core-hour", type=float, default=0.04)
    parser.add_argument("--get", type=float, default=0.4e-6)
    parser.add_argument("--put", type=float, default=5e-6)
    options = parser.parse_args()
    measured = json.loads(RESULTS.read_bytes())
    largest = max(measured["figures"], key=int)
    digits = measured["digits_per_second"]["pool"]
    kinds = {
        "a row of 3 to 6 digits, 100x400": (
            measured["figures"][largest]["ray 2, pictures/s"],
            23e3,
        ),
        "a digit, 48x48": (digits[max(digits, key=int)], 1.6e3),
    }
    rows = []
    for kind, (of_two, picture_bytes) in kinds.items():
        rate = of_two / 2
        prices = options.core_hour, options.get, options.put
        rows.append([
            kind, f"{rate:,.0f}", f"{core_hours(options.pictures, rate):,.0f}",
            f"{core_hours(options.pictures, rate) / 1000:,.1f} h",
            f"{cost(options.pictures, rate, None, *prices):,.0f}",
            f"{cost(options.pictures, rate, picture_bytes, *prices):,.0f}",
        ])  # fmt: skip
    head = ["picture", "a second and core", "core hours", "on 1,000 cores", "as objects, $",
            "in Parquet, $"]  # fmt: skip
    print(table(head, rows))


if __name__ == "__main__":
    main()
