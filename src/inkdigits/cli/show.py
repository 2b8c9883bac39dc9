"""`inkdigits show`: a digit with its prediction, mistakes, filters, feature maps, augmentation."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from inkdigits.cli.options import RUN, data_option
from inkdigits.cli.targets import PNG
from inkdigits.cli.text import one_line
from inkdigits.errors import UsageError
from inkdigits.settings import to_mapping

if TYPE_CHECKING:
    from inkdigits.data import Dataset
    from inkdigits.networks.build import Network
    from inkdigits.training.run import Run

MOST_MISTAKES = 100
EXAMPLES, VERSIONS = 10, 12  # of augmented images
# How far each setting of an augmentation goes, as `Augmentation` says; sd: standard deviation.
_REACHES = {
    **dict.fromkeys(("scale", "aspect", "contrast"), "±{:g}"),
    **dict.fromkeys(("rotation", "shear"), "±{:g}°"),
    "shift": "±{:g} px",
    "elastic": "{:g} px (sd)",
    "thickness": "±{:g} px",
    "blur": "up to {:g}",
    "noise": "{:g} (sd)",
}


@click.command()
@click.argument("run", type=RUN, required=False)
@data_option
@click.option("--index", type=int, metavar="I", help="Test image I and its ten probabilities.")
@click.option("--mistakes", is_flag=True, help="A gallery of misread test images, worst first.")
@click.option("--filters", is_flag=True, help="The kernels of every stage.")
@click.option("--maps", type=int, metavar="I", help="What each stage sees of test image I.")
@click.option(
    "--augmented", is_flag=True, help="Training images as augmentation changes them; needs no RUN."
)
@click.option("--recipe", help="The recipe whose augmentation that is; without it RUN's.")
@click.option("--png", type=PNG, help="Where to write the picture.")
def show(
    run: Path | None,
    data: Path | None,
    index: int | None,
    mistakes: bool,
    filters: bool,
    maps: int | None,
    augmented: bool,
    recipe: str | None,
    png: Path | None,
) -> None:
    """Show what RUN's network does; pictures go to the run's figures/ unless --png says where.

    Of other data than the run's own, pictures are drawn only with --png.

    Without options: test image 47, as the lab notebook does.
    """
    from inkdigits.cli.datasets import load
    from inkdigits.results import check_data, example_index
    from inkdigits.training.engine import choose_engine
    from inkdigits.training.run import open_run
    from inkdigits.training.weights import load_network

    wanted = [index is not None, mistakes, filters, maps is not None]
    if sum(wanted) + augmented > 1 and png:
        raise UsageError("--png takes one picture; ask for one of them at a time.")
    if recipe and not augmented:
        raise UsageError("--recipe goes with --augmented; what else is shown is RUN's own.")
    if augmented:
        _show_augmented(run, recipe, data, png)
        if not any(wanted):
            return
    if run is None:
        raise UsageError("Name the RUN to show.")
    choose_engine("cpu").apply()
    opened = open_run(run)
    network = load_network(opened)
    if filters:
        _show_filters(opened, network, png)
    if wanted == [False, False, True, False]:
        return
    dataset = load(data)
    check_data(opened, network, dataset)
    if index is not None or not any(wanted):
        shown = example_index(len(dataset.test.images)) if index is None else index
        _show_prediction(opened, network, dataset, shown, png)
    if mistakes:
        _show_mistakes(opened, network, dataset, png)
    if maps is not None:
        _show_maps(opened, network, dataset, maps, png)


def _show_prediction(
    run: "Run", network: "Network", dataset: "Dataset", index: int, png: Path | None
) -> None:
    from inkdigits.cli.datasets import own_figure
    from inkdigits.cli.display import console
    from inkdigits.evaluation.metrics import softmax
    from inkdigits.figures.prediction import prediction_figure
    from inkdigits.figures.terminal import probability_bars, terminal_picture
    from inkdigits.networks.predict import predict_logits

    check_index(index, dataset)
    image, label = dataset.test.images[index], int(dataset.test.labels[index])
    probabilities = softmax(predict_logits(network, image[None]))[0]
    out = console()
    out.print(terminal_picture(image))
    answer = run.class_names[int(np.argmax(probabilities))]
    out.print(f"Test image {index}. Label: {one_line(run.class_names[label])}")
    out.print(f"Predicted label: {one_line(answer)}")
    names = [one_line(name) for name in run.class_names]
    out.print(probability_bars(probabilities, names, label=label))
    figure = prediction_figure(image, probabilities, run.class_names, label)
    _save(figure, png or own_figure(run, dataset, run.figures / f"test-{index}.png"))


def _show_mistakes(run: "Run", network: "Network", dataset: "Dataset", png: Path | None) -> None:
    from inkdigits.cli.datasets import own_figure
    from inkdigits.evaluation.metrics import softmax, worst_mistakes
    from inkdigits.figures.gallery import gallery_figure
    from inkdigits.networks.predict import predict_logits

    names, (images, labels) = run.class_names, dataset.test
    logits = predict_logits(network, images)
    worst = worst_mistakes(logits, labels)
    probabilities = softmax(logits)
    shown = worst[:MOST_MISTAKES]
    read = logits.argmax(1)
    captions = [
        f"{index}: {names[labels[index]]}\nread {names[read[index]]} "
        f"({probabilities[index, read[index]]:.0%})"
        for index in shown
    ]
    more = f", {len(shown)} of them" if len(shown) < len(worst) else ""
    order = "; the least probable label first" if len(shown) > 1 else ""
    title = f"{len(worst)} of {len(images):,} test images misread{more}{order}"
    click.echo(title)
    for index in shown[:10]:
        label, answer = one_line(names[labels[index]]), one_line(names[read[index]])
        sure = probabilities[index, read[index]]
        click.echo(f"  test image {index}: label {label}, read {answer} at {sure:.1%}")
    target = png or own_figure(run, dataset, run.figures / "mistakes.png")
    _save(gallery_figure(images[shown], captions, title), target)


def _show_filters(run: "Run", network: "Network", png: Path | None) -> None:
    from inkdigits.cli.datasets import own_figure
    from inkdigits.figures.inside import filters_figure
    from inkdigits.training.parameters import convolution_kernels

    figures = []
    for number, kernels in enumerate(convolution_kernels(network), 1):
        values = kernels.detach().numpy()
        count, channels, height, width = values.shape
        over = f"{channels} channels" if channels > 1 else "the image"
        title = f"Stage {number}: {count} filters of {height}x{width} over {over}"
        click.echo(title)
        figures.append(filters_figure(values, title))
    for number, figure in enumerate(figures, 1):
        target = png or own_figure(run, None, run.figures / f"filters-{number}.png")
        if png and number > 1:
            target = png.with_name(f"{png.stem}-{number}{png.suffix}")
        _save(figure, target)


def _show_maps(
    run: "Run", network: "Network", dataset: "Dataset", index: int, png: Path | None
) -> None:
    from inkdigits.cli.datasets import own_figure
    from inkdigits.figures.inside import maps_figure
    from inkdigits.networks.predict import stage_maps

    check_index(index, dataset)
    image = dataset.test.images[index]
    fields = network.description.receptive_fields()
    names = [
        f"Stage {number}, receptive field {field}x{field}" for number, field in enumerate(fields, 1)
    ]
    maps = stage_maps(network, image)
    for name, values in zip(names, maps, strict=True):
        channels, height, width = values.shape
        click.echo(f"{name}: {channels} feature maps of {width}x{height}")
    figure = maps_figure(image, list(zip(names, maps, strict=True)))
    _save(figure, png or own_figure(run, dataset, run.figures / f"maps-{index}.png"))


def _show_augmented(
    run: Path | None, recipe: str | None, data: Path | None, png: Path | None
) -> None:
    from inkdigits.cli.datasets import load, own_figure
    from inkdigits.figures.augmented import augmented_figure
    from inkdigits.training.augmentation import augmented_examples
    from inkdigits.training.recipes import find_recipe
    from inkdigits.training.run import open_run

    if recipe:
        chosen = find_recipe(recipe)
    elif run:
        chosen = open_run(run).recipe
    else:
        raise UsageError("Name a RUN, or a recipe with --recipe, whose augmentation to show.")
    settings = chosen.augmentation
    if not settings.is_on:
        raise UsageError(f"The recipe {chosen.name} has no augmentation: images stay as they are.")
    dataset = load(data)
    images = dataset.train.images[:EXAMPLES]
    changed = augmented_examples(images, settings, VERSIONS, seed=0)
    title = f"Training images, and how the recipe {chosen.name} changes them"
    hidden = set() if settings.elastic else {"elastic_grid"}
    reach = ", ".join(
        f"{name} {_REACHES.get(name, '{:g}').format(value)}"
        for name, value in to_mapping(settings).items()
        if value and name not in hidden
    )
    target: Path | None = png or Path("augmented.png")
    if run and not png:
        target = own_figure(open_run(run), dataset, run / "figures" / "augmented.png")
    _save(augmented_figure(images, changed, title, reach), target)


def check_index(index: int, dataset: "Dataset") -> None:
    """Raise `UsageError` where there is no such test image."""
    count = len(dataset.test.images)
    if not 0 <= index < count:
        raise UsageError(
            f"There is no test image {index}; {dataset.name} has {count:,}, 0 to {count - 1}."
        )


def _save(figure: object, path: Path | None) -> None:
    if path is None:
        return
    from matplotlib.figure import Figure

    from inkdigits.cli.display import note
    from inkdigits.figures.style import save_png

    assert isinstance(figure, Figure)
    save_png(figure, path)
    note(f"Wrote {path}")
