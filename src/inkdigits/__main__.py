"""`python -m inkdigits` is the command `inkdigits`."""

from inkdigits.cli.process import run

if __name__ == "__main__":
    run()
