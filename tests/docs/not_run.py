"""What the documentation shows and the suite does not run, and why; its words are checked too."""

import re

# A pattern of commands, and the reason.
NOT_RUN = {
    r"pip install ": "the package is installed",
    r"make [a-z]+": "they run this suite, or take minutes",
    r"pre-commit install": "changes the repository",
    r"source \.venv/bin/activate": "the environment is active",
    r"inkdigits board": "runs until it is stopped",
    r"python -m http\.server": "runs until it is stopped",
    r"inkdigits (study|model)\b": "train for minutes; they have small tests of their own",
    r"inkdigits report (?!shipped)": "takes as long as that of `shipped`, which is run",
    r"inkdigits show --augmented$": "a sentence leaves out whose: --recipe or RUN",
    r"torchrun ": "tests/training/test_distribution.py runs it; hosts and GPUs are not here",
    r"inkdigits read \S+ --out \S+ (--engine ray|--address|--column)": "tests/bulk has its like",
    r"inkdigits read (s3://|pictures\.parquet)": "tests/bulk has its like, with a store of its own",
    r"python (benchmarks|attacks|fuzz|tests|docs/figures)/": "take minutes, or are tests",
}


def reason_not_to_run(command: str) -> str | None:
    """Why a command is not run; None for all others."""
    return next((why for pattern, why in NOT_RUN.items() if re.match(pattern, command)), None)
