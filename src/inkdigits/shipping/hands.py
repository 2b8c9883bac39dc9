"""Teaches the network that ships hands that MNIST hardly holds: `inkdigits model --hands`.

It goes on from the weights that it has. Of digits that `data/hands.py` draws it learns what they
are; of all that it learned from before, drawn and cut out of pages anew, it learns what it says
itself, so that it forgets none of it: Li and Hoiem, 'Learning without Forgetting', 2016. What
ships is two thirds of the way from the network before to the one after.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from inkdigits import recognition
from inkdigits.data.dataset import Dataset, joined
from inkdigits.data.hands import penned
from inkdigits.data.hooks import Progress, Report
from inkdigits.errors import UsageError
from inkdigits.evaluation.card import Card
from inkdigits.networks.build import Network, build_network
from inkdigits.recognition.network import DIGITS
from inkdigits.recognition.onnxfile import check_claim
from inkdigits.settings import checked_seed
from inkdigits.shipping.images import labelled
from inkdigits.shipping.making import Watch, ended, model_run, with_cuts
from inkdigits.shipping.writing import measured, recipe_of_card, written
from inkdigits.teaching import SHIPPED_WEIGHTS
from inkdigits.training import recipes
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import START, Origin, Run, read_bounded
from inkdigits.training.weights import described_network
from inkdigits.workflow import Observers, train

SEED = 3  # of the lesson that the one that ships had
PENNED = 60_000
WAY = 2 / 3  # from the network before to the one after, that what ships has gone


def teach_hands(
    dataset: Dataset,
    folder: Path,
    *,
    seed: int = SEED,
    recipe: Recipe = recipes.SHIPPED_HANDS,
    runs: Path = Path("runs"),
    resume: Path | None = None,
    observers: Observers | None = None,
    report: Report = lambda line: None,
    progress: Progress | None = None,
    with_card: bool = True,
) -> Card | None:
    """Teach the network of `folder`, or the installed one, and write it there as `make_model` does.

    Args:
        seed: of the images and of training.
        resume: the run that goes on, which has its own seed, recipe and network to begin with.
            Images are drawn anew, which must give the same bytes.
        with_card: as for `make_model`.

    Raises:
        DataError: if the data are not MNIST, or the file does not say what the network says.
        ModelError: if the network to begin with is not the one that its card describes.
        UsageError: if the fonts are missing, `resume` is no such run, `seed` none, or the network
            to begin with has had this lesson, or is another than the one that ships.
        RunError: if `resume` or the network to begin with is damaged.
        Interrupted: on Ctrl-C while it is trained, once a checkpoint is written.
    """
    begun = _lesson(resume) if resume else None
    checked_seed(seed)  # before half an hour of drawing
    if begun:
        seed, path = begun.seed, begun.path / START
        start = read_bounded(path)
    else:
        path, start = _beginning(folder)
    network = described_network(start, path)
    if network.description != replace(recipe.network, classes=DIGITS + 1):
        raise UsageError(f"{path} is another network than the one that ships.")
    watch: Watch = {"observers": observers, "report": report}
    report("Drawing what it knows, and what it is to learn")
    data = labelled(dataset, seed, progress)
    data = with_cuts(data, dataset, network, seed, report, progress)
    hands = penned(PENNED, np.random.default_rng(seed), progress)
    data = replace(data, train=joined([data.train, hands]))
    if begun:
        result = ended(begun, data, watch)
    else:
        origin = Origin("model", start=str(path), teacher=str(path), labelled=len(hands.labels))
        result = train(
            recipe, data, seed=seed, folder=runs, start=start, teacher=start, origin=origin, **watch
        )
    result = replace(result, network=_between(network, result.network))
    made, kept = written(result, data, dataset, folder, report)
    return measured(made, kept, dataset, folder, report) if with_card else None


def _between(before: Network, after: Network) -> Network:
    """The network most of the way from one to the other, which forgot more than that.

    Of Wortsman and others, 'Robust fine-tuning of zero-shot models', 2022.
    """
    learned = after.state_dict()  # wherever it was trained
    between = {
        name: torch.lerp(value, learned[name].to(value.device), WAY)
        for name, value in before.state_dict().items()
    }
    made = build_network(before.description, torch.Generator())
    made.load_state_dict(between)
    return made.eval()


def _lesson(path: Path) -> Run:
    run = model_run(path)
    if not run.origin.labelled:
        raise UsageError(f"{path} is of `inkdigits model` without --hands; go on without it.")
    return run


def _beginning(folder: Path) -> tuple[Path, bytes]:
    """The weights of the network that a folder holds, or of the installed one, and their path."""
    path = folder / SHIPPED_WEIGHTS
    if not path.exists():
        path = Path(recognition.__path__[0]) / SHIPPED_WEIGHTS
    weights = read_bounded(path)
    check_claim(weights, path)
    if recipe_of_card(path.parent) == recipes.SHIPPED_HANDS.name:
        raise UsageError(
            f"The network in {path.parent} knows these hands; make it anew first: "
            "inkdigits model --no-card"
        )
    return path, weights
