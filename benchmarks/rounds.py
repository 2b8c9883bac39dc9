"""How often a benchmark measures: what its `-n` takes."""

import argparse


def how_often(text: str) -> int:
    """The number of rounds that a text says; of none no median can be told.

    Raises:
        argparse.ArgumentTypeError: if it is no whole number from 1 on.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rounds: a whole one from 1 on.")
    return int(text)
