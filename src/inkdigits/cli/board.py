"""`inkdigits board`."""

import signal
import subprocess
import sys
from pathlib import Path

import click

from inkdigits.errors import UsageError


@click.command()
@click.argument("runs", type=click.Path(path_type=Path), default=Path("runs"))
@click.option("--port", type=click.IntRange(0, 65535), default=6006, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
def board(runs: Path, port: int, host: str) -> None:
    """Open TensorBoard on the runs in RUNS (or on one run) until Ctrl-C."""
    import tensorboard

    if not runs.is_dir():
        raise UsageError(f"There is no folder {runs}; train something first: inkdigits train")
    click.echo(f"TensorBoard {tensorboard.__version__} on {runs}; Ctrl-C stops it.")
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(runs)]
    process = subprocess.Popen([*command, "--port", str(port), "--host", host])
    asked: list[int] = []

    def stop(number: int, _: object) -> None:
        asked.append(number)
        process.terminate()

    before = signal.signal(signal.SIGTERM, stop)
    try:
        code = process.wait()
    finally:
        signal.signal(signal.SIGTERM, before)
        process.terminate()
    raise SystemExit(128 + asked[0] if asked else code)
