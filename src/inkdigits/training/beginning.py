"""What a training is given beside its seed, kept in its run: weights to begin with, a teacher."""

from dataclasses import dataclass
from pathlib import Path

from inkdigits import files
from inkdigits.data.hooks import Report
from inkdigits.errors import RunError
from inkdigits.networks.build import Network
from inkdigits.training.checkpoint import restore
from inkdigits.training.distribution import Ranks
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import START, TEACHER, Run, read_bounded
from inkdigits.training.trainer import Trainer
from inkdigits.training.weights import check_fit, described_network, network_from, tensors_from


@dataclass(frozen=True)
class Beginning:
    """The contents of two safetensors files, or None each."""

    start: bytes | None = None
    teacher: bytes | None = None

    def check(self, recipe: Recipe) -> None:
        """Raise `RunError` for what is damaged or of another network than the recipe's."""
        if self.start is not None:
            network_from(recipe.network, tensors_from(self.start, Path(START)), Path(START))
        if self.teacher is not None:
            _teacher(self.teacher, Path(TEACHER), recipe)

    def keep(self, run: Run) -> None:
        """Write them into the run's folder. Raises `OutputError`."""
        for name, content in ((START, self.start), (TEACHER, self.teacher)):
            if content is not None:
                files.write_bytes(run.path / name, content)


def put_back(run: Run, trainer: Trainer, report: Report, *, resumes: bool) -> None:
    """Put the first process's trainer where the run began, or where its checkpoint left it."""
    if (path := run.path / START).exists():
        state = tensors_from(read_bounded(path), path)
        check_fit(trainer.network, state, path)
        trainer.begin_with(state)
    if resumes and restore(run, trainer, report):
        report(f"Going on at step {trainer.step} of {trainer.total_steps}.")


def give_teacher(run: Run, trainer: Trainer, ranks: Ranks) -> None:
    """Give each process's trainer the run's teacher, if it has one, which the first reads."""
    path = run.path / TEACHER
    content = ranks.of_first(lambda: read_bounded(path) if run.origin.teacher else None)
    if content is not None:
        trainer.teacher = _teacher(content, path, run.recipe).to(trainer.images.device)
        trainer.labelled = run.origin.labelled


def _teacher(content: bytes, path: Path, recipe: Recipe) -> Network:
    network = described_network(content, path)
    theirs, ours = network.description, recipe.network
    if (theirs.classes, theirs.image_size) != (ours.classes, ours.image_size):
        raise RunError(
            f"{path} tells {theirs.classes} classes of {theirs.image_size[1]}x"
            f"{theirs.image_size[0]} apart; it can teach no network for {ours.classes} of "
            f"{ours.image_size[1]}x{ours.image_size[0]}."
        )
    return network
