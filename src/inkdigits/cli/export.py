"""`inkdigits export`."""

import shlex
from pathlib import Path

import click

from inkdigits.cli.reading import model_option


@click.group()
def export() -> None:
    """Take a network elsewhere: one file for any ONNX runtime, or the page without a server."""


@export.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
def onnx(run: Path, out: Path) -> None:
    """Write the network of RUN, a run's folder or an ensemble's, as the ONNX file OUT.

    It needs no torch: `inkdigits read --model OUT` reads with it, and so does any ONNX runtime.
    An ensemble becomes one network, of the mean probabilities.
    """
    from inkdigits.cli.display import note
    from inkdigits.exporting import export_onnx

    size = export_onnx(run, out)
    note(f"Wrote {out} ({size / 1000:,.0f} kB); read with it:")
    note(f"inkdigits read --model {shlex.quote(str(out))} PICTURE")


@export.command()
@click.argument("out", type=click.Path(path_type=Path))
@model_option
def web(out: Path, model: Path | None) -> None:
    """Write the page into the folder OUT, for any static host, at any path, and offline.

    The network runs in the browser and reads what `inkdigits read` reads. An earlier export in OUT
    is replaced. A browser opens it over HTTP only, so to try it: python -m http.server -d OUT
    """
    from inkdigits.cli.display import note
    from inkdigits.web.export import export_web

    size = export_web(out, model)
    note(f"Wrote the page to {out} ({size / 1000:,.0f} kB); try it:")
    note(f"python -m http.server -d {shlex.quote(str(out))}")
