"""`inkdigits model`."""

import contextlib
import json
from pathlib import Path
from typing import Any

import click

from inkdigits.cli.options import RUN, refuse_beside


@click.command()
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    help="Without it: that of the one that ships; what three networks teach has the next.",
)
@click.option("--out", type=RUN, help="The folder for the network and its card.")
@click.option("--runs", type=RUN, default=Path("runs"), show_default=True)
@click.option(
    "--resume", type=RUN, metavar="RUN", help="Go on with a training that was interrupted."
)
@click.option(
    "--card/--no-card",
    default=True,
    help="Measure what the card says, on the test set too; without, only on images held out.",
)
@click.option(
    "--touching", is_flag=True, help="Make the network for digits that touch, in half an hour."
)
@click.option(
    "--hands",
    is_flag=True,
    help="Teach the network flags, slashes and bars of other hands than MNIST's, in half an hour.",
)
@click.pass_context
def model(
    context: click.Context,
    /,
    seed: int | None,
    out: Path | None,
    runs: Path,
    resume: Path | None,
    card: bool,
    touching: bool,
    hands: bool,
) -> None:
    """Make the network that the package ships anew, and its card, in about an hour.

    Three networks are trained, which then teach the one that ships; each part can go on. With
    --hands that one is taught further. With --touching it is the one for digits that touch, which
    goes on by the same command.

    Without --out it takes the place of the installed one.
    """
    from inkdigits import recognition
    from inkdigits.cli.datasets import load
    from inkdigits.cli.display import Bars, note, training_progress
    from inkdigits.extras import missing

    try:
        from inkdigits.shipping.hands import teach_hands
        from inkdigits.shipping.making import make_model, model_run
    except ModuleNotFoundError as error:
        raise missing("This command", error, "model") from None
    from inkdigits.training.distribution import refuse_many

    refuse_many("model")
    if resume:
        refuse_beside(
            context, {"resume", "out", "card", "hands"}, "--resume: a run goes on as it began"
        )
    folder = out or Path(recognition.__path__[0])
    if touching:
        refuse_beside(context, {"touching", "out", "seed", "runs"}, "--touching")
        _make_touching(folder, seed, runs)
        return
    chosen: dict[str, Any] = {} if seed is None else {"seed": seed}
    is_lesson = hands or (resume is not None and model_run(resume).origin.labelled > 0)
    with contextlib.closing(Bars("images")) as bars, training_progress() as observers:
        made = (teach_hands if is_lesson else make_model)(
            load(None),
            folder,
            runs=runs,
            resume=resume,
            observers=observers,
            report=note,
            progress=bars,
            with_card=card,
            **chosen,
        )
    if made:
        click.echo(made.text())
    note(f"Wrote the network{' and its card' if made else ''} to {folder}")


def _make_touching(folder: Path, seed: int | None, runs: Path) -> None:
    from inkdigits.cli.datasets import load
    from inkdigits.cli.display import Bars, note
    from inkdigits.shipping.touching import SEED, make_touching

    started = SEED if seed is None else seed
    with contextlib.closing(Bars("images")) as bars:
        figures = make_touching(
            load(None), folder, seed=started, runs=runs, report=note, progress=bars
        )
    click.echo(json.dumps(figures, indent=2))
    note(f"Wrote the network for digits that touch to {folder}")
