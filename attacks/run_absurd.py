"""A run whose settings describe a network of terabytes, endless stages, or numbers that are none.

    python attacks/run_absurd.py

It hopes that the network is built before its weights are looked at, and takes all memory.
The victim scores or summarises a stranger's run: `inkdigits evaluate RUN`, `summary RUN`.
"""

from pathlib import Path
from typing import Any

from victim import refusal, run, run_folder, safetensors, several

STAGE = {"filters": 4096, "kernel": 28, "pooling": "none"}
HOSTILE: dict[str, dict[str, Any]] = {
    "fifty_gigabytes": {"stages": [STAGE, STAGE]},
    "endless_stages": {"stages": [STAGE] * 2000},
    "many_columns": {"stages": [{**STAGE, "kernel": 3}] * 3, "columns": 64},
    "dense": {"stages": [{**STAGE, "kernel": 1}], "head": "flatten", "image_size": [1024, 1024]},
    "negative_filters": {"stages": [{"filters": -1}]},
    "no_number": {"dropout": float("nan")},
    "huge_number": {"norm_epsilon": 10**400},
    "huge_pool": {"stages": [{"pool": 2**40}]},
}


def attack(folder: Path) -> str:
    paths = [run_folder(folder / name, **network) for name, network in HOSTILE.items()]
    for path in paths:
        (path / "weights.safetensors").write_bytes(safetensors({}))
    commands = ("evaluate", "summary")
    outcomes = several(*((command, path) for path in paths for command in commands))
    each = [path for path in paths for _ in commands]
    sentences = [
        refusal(outcome, path / "run.json") for outcome, path in zip(outcomes, each, strict=True)
    ]
    return f"{len(sentences)} of them, such as by '{sentences[0]}'"


if __name__ == "__main__":
    run(attack)
