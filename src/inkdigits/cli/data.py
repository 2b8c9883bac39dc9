"""`inkdigits data`."""

from pathlib import Path

import click
import numpy as np

from inkdigits.cli.options import data_option
from inkdigits.cli.targets import PNG
from inkdigits.cli.text import one_line


@click.command()
@data_option
@click.option("--png", type=PNG, help="Write a sheet of training images.")
def data(data: Path | None, png: Path | None) -> None:  # the command's and the option's name
    """Fetch the data (into the cache), say where it came from, its shapes and its hashes."""
    from inkdigits.cli.datasets import load

    dataset = load(data)
    line = f"{dataset.name}: {len(dataset.class_names)} classes, from {dataset.source}"
    click.echo(one_line(line))
    for part, split in (("train", dataset.train), ("test", dataset.test)):
        counts = np.bincount(split.labels, minlength=len(dataset.class_names))
        click.echo(f"Dimension of x_{part}: {split.images.shape} {split.images.dtype}")
        click.echo(f"Dimension of y_{part}: {split.labels.shape} {split.labels.dtype}")
        named = zip(dataset.class_names, counts, strict=True)
        click.echo(one_line("  " + "  ".join(f"{name}: {count:,}" for name, count in named)))
    for part, digest in dataset.hashes().items():
        click.echo(f"SHA-256 of {part}: {digest}")
    if png:
        from inkdigits.figures.gallery import images_figure
        from inkdigits.figures.style import save_png

        sheet = slice(0, 60)
        train = dataset.train
        save_png(images_figure(train.images[sheet], train.labels[sheet], dataset.class_names), png)
        click.echo(f"Wrote {png}")
