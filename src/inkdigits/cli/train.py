"""`inkdigits train`."""

import contextlib
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inkdigits.cli.options import RUN, data_option, recipe_from, recipe_options, refuse_beside
from inkdigits.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from inkdigits.data import Dataset
    from inkdigits.teaching import Lesson
    from inkdigits.training.checkpoint import Interval
    from inkdigits.training.recipe import Recipe
    from inkdigits.training.run import Run
    from inkdigits.workflow import TrainedRun


_CHECKPOINTS = {"checkpoint_seconds", "checkpoint_steps"}
_LIGHT = 160  # of 255; corners are paper
_DOUBTS = 30  # digits that are named


@click.command()
@recipe_options
@data_option
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option(
    "--runs",
    type=RUN,
    default=Path("runs"),
    show_default=True,
    help="The folder that run folders are made in.",
)
@click.option("--name", help="The run folder's name; without it <time>-<recipe>.")
@click.option("--resume", type=RUN, metavar="RUN", help="Go on with a run that was interrupted.")
@click.option(
    "--ensemble",
    type=int,
    metavar="N",
    help="Train N networks, with seeds from --seed on, whose probabilities are averaged.",
)
@click.option(
    "--teacher",
    type=RUN,
    metavar="RUN",
    help="Learn what that run's network says of each image, in place of its label.",
)
@click.option(
    "--from",
    "start",
    metavar="MODEL",
    help="Go on with a trained network, a run folder or 'shipped', on --add's digits.",
)
@click.option(
    "--add",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Labelled crops of digits, 0 to 9: a folder for each, as `inkdigits label` makes, or "
    "an .npz of images and labels.",
)
@click.option(
    "--checkpoint-seconds",
    type=click.FloatRange(0, min_open=True),
    default=15.0,
    show_default=True,
    help="A checkpoint at least as often, beside each epoch's end.",
)
@click.option("--checkpoint-steps", type=click.IntRange(1), help="And one every so many batches.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, mps.")
@click.option("--precision", default="auto", show_default=True, help="bfloat16 or float32.")
@click.option("--threads", type=int, help="Without it: as many as this process may use.")
@click.pass_context
def train(context: click.Context, /, resume: Path | None, **options: Any) -> None:
    """Train a network by a recipe and keep everything about it in a run folder.

    Without options: MNIST, by the recipe quick. --recipe lab is the lab notebook: three stages of
    32 filters, Adam 0.01, batches of 128, 5 epochs. Ctrl-C saves what there is; --resume goes on
    from there.

    On several processors, GPUs or machines: torchrun --nproc-per-node 2 -m inkdigits train.
    """
    from inkdigits.cli.processes import one_voice

    with one_voice():
        _train(context, resume, options)


def _train(context: click.Context, resume: Path | None, options: dict[str, Any]) -> None:
    from inkdigits.cli.display import accuracy_line, note
    from inkdigits.ensemble import is_ensemble
    from inkdigits.results import example_index
    from inkdigits.training.distribution import refuse_many

    if resume:
        refuse_beside(
            context,
            {"resume", "data", "add", *_CHECKPOINTS},
            "--resume: a run goes on as it began",
        )
    elif options["start"] or options["add"]:
        refuse_many("train --from")
        _teach(context, options)
        return
    if options["teacher"] and options["ensemble"] is not None:
        raise UsageError("--teacher cannot be given with --ensemble: it teaches one network.")
    if options["ensemble"] is not None or (resume and is_ensemble(resume)):
        refuse_many("train --ensemble")
        _train_ensemble(resume, options)
        return
    lesson = _lesson_begun(resume, options) if resume else None
    if lesson:
        _teach_on(lesson, options)
        return
    result = _resumed(resume, options) if resume else _trained(options)
    click.echo(accuracy_line(result.evaluation))
    click.echo(f"Trained in {result.history.seconds:.1f} s; kept in {result.run.path}")
    data = f" --data {shlex.quote(str(options['data']))}" if options["data"] else ""
    example = example_index(result.evaluation.images)
    note(f"Next: inkdigits show {shlex.quote(str(result.run.path))}{data} --index {example}")


def _how(options: dict[str, Any]) -> dict[str, Any]:
    """What `workflow.train` is told beside recipe and data."""
    kept = ("seed", "name", "device", "precision", "threads")
    return {
        "folder": options["runs"],
        "checkpoints": _interval(options),
        **{key: options[key] for key in kept},
    }


def _interval(options: dict[str, Any]) -> "Interval":
    from inkdigits.training.checkpoint import Interval

    return Interval(options["checkpoint_seconds"], options["checkpoint_steps"])


def _teach(context: click.Context, options: dict[str, Any]) -> None:
    """Go on with a trained network on somebody's own digits; say what that did to all digits."""
    from inkdigits import workflow
    from inkdigits.cli.datasets import load
    from inkdigits.cli.display import Bars, note, training_progress
    from inkdigits.teaching import prepare_lesson, starting_point
    from inkdigits.training.naming import check_name

    if not options["start"] or not options["add"]:
        raise UsageError("--from and --add go together: a network, and digits to teach it.")
    fixed = {"start", "add", "seed", "runs", "name", "device", "precision", "threads", "data"}
    fixed |= _CHECKPOINTS
    refuse_beside(context, fixed, "--from: the recipe is the network's own")
    check_name(options["runs"], options["name"])
    starting_point(options["start"], options["add"])  # what is none is said first
    dataset = load(options["data"])
    with contextlib.closing(Bars("images")) as bars:
        lesson = prepare_lesson(options["start"], options["add"], dataset, options["seed"], bars)
    with training_progress() as observers:
        result = workflow.train(
            lesson.recipe,
            lesson.dataset,
            **_how(options),
            start=lesson.weights,
            origin=lesson.origin,
            conclude=lesson.conclude,
            observers=observers,
            report=note,
        )
    _say_what_it_did(lesson, result)


def _say_what_it_did(lesson: "Lesson", result: "TrainedRun") -> None:
    from inkdigits.cli.display import note
    from inkdigits.teaching import accuracy, advice, doubts

    before = lesson.network()
    scores = []
    for what, split in (
        (f"{len(lesson.held_out.labels)} of your digits, held out", lesson.held_out),
        (f"{len(lesson.dataset.test.labels):,} test digits", lesson.dataset.test),
    ):
        was, now = accuracy(before, split), accuracy(result.network, split)
        click.echo(f"{what}: {was:.2%} before, {now:.2%} after")
        scores.append((was, now))
    click.echo(f"Kept in {result.run.path}")
    for line in advice(lesson, *scores):
        note(line)
    doubtful = doubts(result.network, lesson.own)
    if doubtful:
        note("Read otherwise than they are labelled; do they lie in the right folder?")
    for name, value, confidence in doubtful[:_DOUBTS]:
        note(f"  {name}: {value} ({confidence:.0%})")
    if len(doubtful) > _DOUBTS:
        note(f"  and {len(doubtful) - _DOUBTS} more, less surely")
    note(f"Next: inkdigits read --model {shlex.quote(str(result.run.path))} photo.jpg")


def _trained(options: dict[str, Any]) -> "TrainedRun":
    from inkdigits import workflow
    from inkdigits.cli.display import note, training_progress
    from inkdigits.training.distribution import Ranks
    from inkdigits.training.run import open_run

    if options["teacher"] and Ranks.here().is_first:
        open_run(options["teacher"])  # a wrong path is said before any data is fetched
    dataset, recipe = _data_and_recipe(options)
    for line in _hints(recipe, dataset.train.images):
        note(line)
    with training_progress() as observers:
        return workflow.train(
            recipe,
            dataset,
            **_how(options),
            teacher=options["teacher"],
            observers=observers,
            report=note,
        )


def _hints(recipe: "Recipe", images: "npt.NDArray[np.uint8]") -> Iterator[str]:
    """What is said before a training that will learn hardly anything, or what nobody wants."""
    from inkdigits.training.recipe import LEAST_STEPS
    from inkdigits.words import counted

    steps = recipe.epochs * -(-len(images) // recipe.batch_size)
    if steps < LEAST_STEPS:
        epochs = recipe.epochs * -(-LEAST_STEPS // steps)
        made = f"{len(images)} images make {counted(steps, 'step')}"
        yield f"{made}, which is little; --epochs {epochs} trains for longer."
    corners = images[:, :: max(1, images.shape[1] - 1), :: max(1, images.shape[2] - 1)]
    if corners.mean() > _LIGHT:
        yield (
            "The images look dark on light: what learns from them reads no photos, of which the "
            "ink is light on dark by then; 255 - images turns them."
        )


def _data_and_recipe(options: dict[str, Any]) -> tuple["Dataset", "Recipe"]:
    from inkdigits.cli.datasets import load

    if options["data"] is None and not os.environ.get("INKDIGITS_DATA"):
        recipe_from(options)  # it will be MNIST: contradictions are said before it is fetched
    dataset = load(options["data"])
    return dataset, recipe_from(options, dataset)


def _train_ensemble(path: Path | None, options: dict[str, Any]) -> None:
    """Train, or go on with, the networks of an ensemble; print what they are worth together."""
    from inkdigits.cli.datasets import load
    from inkdigits.cli.display import accuracy_line, note, training_progress
    from inkdigits.ensemble import create_ensemble, open_ensemble, train_ensemble
    from inkdigits.training.engine import choose_engine

    if path:
        if options["add"]:
            raise _begun_without_add(path)
        ensemble = open_ensemble(path)
        dataset = load(options["data"])
    else:
        dataset, recipe = _data_and_recipe(options)
        engine = choose_engine(options["device"], options["precision"], options["threads"])
        seeds = range(options["seed"], options["seed"] + max(options["ensemble"], 0))
        ensemble = create_ensemble(recipe, dataset, engine, seeds, options["runs"], options["name"])
    with training_progress() as observers:
        result = train_ensemble(
            ensemble, dataset, checkpoints=_interval(options), observers=observers, report=note
        )
    accuracies = [member.accuracy for member in result.members]
    click.echo(accuracy_line(result.evaluation))
    click.echo(
        f"{len(accuracies)} networks, alone {min(accuracies):.2%} to {max(accuracies):.2%}, "
        f"mean {sum(accuracies) / len(accuracies):.3%}; kept in {ensemble.path}"
    )


def _lesson_begun(path: Path, options: dict[str, Any]) -> "Run | None":
    """The run that is to go on, if it is a lesson; what it cannot go on with is said first."""
    from inkdigits.training.distribution import Ranks
    from inkdigits.training.run import open_run
    from inkdigits.workflow import refuse_complete

    here = Ranks.here()
    if not here.is_first:  # other hosts need not see it
        return None
    run = open_run(path)  # a wrong path is said before any data is fetched
    if not here.restarts:  # where torchrun starts this anew, it may have ended meanwhile
        refuse_complete(run)
    if run.origin.command != "train":
        raise UsageError(f"{path} is no run of `inkdigits train`; {run.how_to_go_on}")
    if options["add"] and not run.origin.added:
        raise _begun_without_add(path)
    return run if run.origin.added else None


def _begun_without_add(path: Path) -> UsageError:
    return UsageError(f"{path} was begun without --add; it goes on as it began.")


def _resumed(path: Path, options: dict[str, Any]) -> "TrainedRun":
    from inkdigits import workflow
    from inkdigits.cli.datasets import load
    from inkdigits.cli.display import note, training_progress

    with training_progress() as observers:
        return workflow.resume(
            path,
            load(options["data"]),
            checkpoints=_interval(options),
            observers=observers,
            report=note,
        )


def _teach_on(run: "Run", options: dict[str, Any]) -> None:
    """Go on with a lesson that was interrupted, on the same digits."""
    from inkdigits import workflow
    from inkdigits.cli.datasets import load
    from inkdigits.cli.display import Bars, note, training_progress
    from inkdigits.teaching import prepare_again
    from inkdigits.training.distribution import refuse_many

    refuse_many("train --from")
    dataset = load(options["data"])
    with contextlib.closing(Bars("images")) as bars:
        lesson = prepare_again(run, options["add"], dataset, bars)
    with training_progress() as observers:
        result = workflow.resume(
            run.path,
            lesson.dataset,
            conclude=lesson.conclude,
            checkpoints=_interval(options),
            observers=observers,
            report=note,
        )
    _say_what_it_did(lesson, result)
