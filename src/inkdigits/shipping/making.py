"""Makes the network that the package ships, and its card: `inkdigits model`, or `make model`.

Three networks, columns of one, learn from MNIST's training images but the last 5,000, which
calibrate, and from what `shipping/images.py` draws beside them. They teach the one that ships, also
what to say of all that the reader cuts out of pages. Recipes are compared by the images held out
and by the development photos (`inkdigits model --no-card`); the card, measured through the ONNX
file, comes last.
"""

from pathlib import Path
from typing import TypedDict

from inkdigits.data.dataset import Dataset
from inkdigits.data.hooks import Progress, Report
from inkdigits.errors import UsageError
from inkdigits.evaluation.card import Card
from inkdigits.networks.build import Network
from inkdigits.recognition.network import TEMPERATURE
from inkdigits.settings import checked_seed
from inkdigits.shipping.images import and_cuts, labelled
from inkdigits.shipping.writing import calibrated, measured, written
from inkdigits.training import recipes
from inkdigits.training.export import to_onnx
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import TEACHER, Origin, Run, open_run, read_bounded
from inkdigits.training.stopping import saying_how_to_go_on
from inkdigits.training.weights import described_network, load_network
from inkdigits.workflow import Observers, TrainedRun, tidy_up, train, trained
from inkdigits.workflow import resume as go_on


def make_model(
    dataset: Dataset,
    folder: Path,
    *,
    seed: int = recipes.SHIPPED_SEED,
    recipe: Recipe = recipes.SHIPPED,
    teacher: Recipe = recipes.SHIPPED_TEACHER,
    runs: Path = Path("runs"),
    resume: Path | None = None,
    observers: Observers | None = None,
    report: Report = lambda line: None,
    progress: Progress | None = None,
    with_card: bool = True,
) -> Card | None:
    """Train, calibrate, export to `folder`, verify and measure; both runs stay in `runs`.

    Args:
        seed: of the data and of the teacher; the network that it teaches has the next one.
        teacher: the recipe of the networks that teach, as columns of one.
        resume: the run that goes on, the teacher's or the other, where one was interrupted; it has
            its own seed and recipe, and what is begun after it lies beside it. Images are drawn and
            cut anew, which must give the same bytes: on the same machine, with as many threads.
        progress: told of the images that are drawn.
        with_card: whether to measure what the card says, for which the test set is read: once, when
            all is chosen. What is given on the images held out is reported either way.

    Raises:
        DataError: if the data are not MNIST, or the file does not say what the network says.
        UsageError: if the fonts are missing, `resume` is no such run, or `seed` none.
        RunError: if `resume` is damaged, or lacks its teacher.
        Interrupted: on Ctrl-C while a network is trained, once a checkpoint is written, or while
            the first one's pages are read.
    """
    begun = _begun(resume, teacher) if resume else None
    is_taught = begun is not None and bool(begun.origin.teacher)
    checked_seed(seed + 1)
    if begun:
        seed, runs = begun.seed - is_taught, begun.path.parent
    report("Drawing what is no digit, and marring digits")
    data = labelled(dataset, seed, progress)
    watch: Watch = {"observers": observers, "report": report}
    new: _New = {"folder": runs, "origin": Origin("model"), **watch}
    if begun and is_taught:
        path = begun.path / TEACHER
        network = described_network(read_bounded(path), path)
        data = with_cuts(data, dataset, network, seed, report, progress)
        result = ended(begun, data, watch)
    else:
        first = ended(begun, data, watch) if begun else train(teacher, data, seed=seed, **new)
        with saying_how_to_go_on(first.run):
            # As it is read again where this is resumed, so that the cuts are the same.
            network = load_network(first.run)
            data = with_cuts(data, dataset, network, seed, report, progress)
        result = train(recipe, data, seed=seed + 1, teacher=first.run, **new)
    made, kept = written(result, data, dataset, folder, report)
    return measured(made, kept, dataset, folder, report) if with_card else None


class Watch(TypedDict):
    """Who is told how training goes."""

    observers: Observers | None
    report: Report


class _New(Watch):
    folder: Path
    origin: Origin


def with_cuts(
    data: Dataset,
    dataset: Dataset,
    teacher: Network,
    seed: int,
    report: Report,
    progress: Progress | None,
) -> Dataset:
    """What the teacher learned from, and what it says of pages of the same digits."""
    report("Cutting images out of pages, for the teacher to judge")
    temperature, _ = calibrated(teacher, data.test)
    content = to_onnx(teacher, {TEMPERATURE: f"{temperature:.4f}"})
    digits = dataset.train.images[: -len(data.test.labels)]
    return and_cuts(data, digits, content, seed, progress)


def ended(begun: Run, data: Dataset, watch: Watch) -> TrainedRun:
    """A run that was stopped, trained to its end."""
    if not begun.is_complete:
        return go_on(begun.path, data, **watch)
    tidy_up(begun)  # it was stopped later than in training
    return trained(begun)


def model_run(path: Path) -> Run:
    """A run of `inkdigits model`, of whichever network. Raises `UsageError` for any other."""
    run = open_run(path)
    if run.origin.command != "model":
        raise UsageError(f"{path} is no run of `inkdigits model`; {run.how_to_go_on}")
    return run


def _begun(path: Path, teacher: Recipe) -> Run:
    run = model_run(path)
    if run.origin.labelled:
        raise UsageError(f"{path} is of `inkdigits model --hands`, which goes on with it.")
    if not run.origin.teacher and run.recipe.name != teacher.name:
        raise UsageError(f"{path} is of an earlier `inkdigits model`, which had no teacher.")
    return run
