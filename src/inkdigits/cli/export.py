"""`inkdigits export`."""

from pathlib import Path

import click

from inkdigits.cli.reading import model_option


@click.group()
def export() -> None:
    """Write the page as a folder that needs no server."""


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
    note(f"Wrote the page to {out} ({size / 1000:,.0f} kB); try it: python -m http.server -d {out}")
