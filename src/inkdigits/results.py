"""A trained run scored on its test set, and what is kept of that in the run folder."""

import hashlib
import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from inkdigits import files
from inkdigits.data.dataset import Dataset
from inkdigits.errors import DataError, RunError, UsageError
from inkdigits.evaluation.metrics import Evaluation, evaluate_logits, softmax
from inkdigits.networks.build import Network
from inkdigits.networks.predict import predict_logits
from inkdigits.training.run import METRICS, WEIGHTS, Run, read_json
from inkdigits.training.trainer import History, Trainer
from inkdigits.training.weights import save_weights

if TYPE_CHECKING:
    from inkdigits.figures.curves import Curve

Conclude = Callable[[Run, Network], None]
EXAMPLE = 47  # the test image that the lab notebook shows


def import_what_draws() -> None:
    """Import what a training's end needs, so that what is missing is said at its beginning.

    Where nothing is trained it would take half as long as torch does.
    """
    for name in ("inkdigits.figures.style", "inkdigits.training.tensorboard"):
        importlib.import_module(name)


def finish_run(
    run: Run, trainer: Trainer, dataset: Dataset, conclude: Conclude | None = None
) -> Evaluation:
    """Keep a training that ended: weights, history, test metrics, figures.

    Args:
        conclude: what else there is to do before the run counts as complete.

    Raises:
        OutputError: if something cannot be written.
    """
    from inkdigits.figures.confusion import confusion_figure
    from inkdigits.figures.style import save_png

    save_weights(run, trainer)
    logits = predict_logits(trainer.network, dataset.test.images)
    evaluation = evaluate_logits(logits, dataset.test.labels, dataset.class_names)
    save_png(confusion_figure(evaluation), run.figures / "confusion.png")
    save_curves(run, trainer.history)
    example = example_index(len(logits))
    save_example(run, dataset, example, softmax(logits[example : example + 1])[0])
    if conclude is not None:
        conclude(run, trainer.network)
    save_metrics(run, evaluation, trainer.history.seconds)  # last: it says that all is there
    return evaluation


def example_index(test_images: int) -> int:
    """The test image that is shown when none is named: the notebook's, or the last there is."""
    return min(EXAMPLE, test_images - 1)


def read_evaluation(run: Run) -> Evaluation:
    """The kept evaluation of a complete run. Raises `RunError` if it is missing or damaged."""
    path = run.path / METRICS
    if not run.has_ended:
        raise RunError(f"{run.path} is not complete; {run.how_to_go_on}")
    if not run.is_complete:
        raise RunError(run.without_weights)
    try:
        return Evaluation.from_json(read_json(path)["test"])
    except (KeyError, TypeError, DataError) as error:
        raise RunError(f"{path} is damaged: {error}") from error


def save_metrics(run: Run, evaluation: Evaluation, seconds: float) -> None:
    """Write `metrics.json`, with the hash of the weights that it speaks of."""
    weights = (run.path / WEIGHTS).read_bytes()
    metrics: dict[str, Any] = {
        "test": evaluation.to_json(),
        "training_seconds": round(seconds, 3),
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
    }
    files.write_json(run.path / METRICS, metrics)


def save_curves(run: Run, history: History) -> None:
    """Write the curves of loss and accuracy as `figures/curves.png`."""
    from inkdigits.figures.curves import curves_figure
    from inkdigits.figures.style import save_png

    name = run.path.resolve().name  # that of `.` too
    figure = curves_figure([curve_of(name, history)], title=name, epoch_label="mean of each epoch")
    save_png(figure, run.figures / "curves.png")


def curve_of(name: str, history: History) -> "Curve":
    """The history as a figure takes it."""
    from inkdigits.figures.curves import Curve

    return Curve(
        name=name,
        steps=np.arange(1, len(history.losses) + 1),
        losses=np.array(history.losses),
        accuracies=np.array(history.accuracies),
        epoch_ends=np.array(history.epoch_steps),
        epoch_losses=np.array(history.epoch_losses),
        epoch_accuracies=np.array(history.epoch_accuracies),
    )


def save_example(
    run: Run, dataset: Dataset, index: int, probabilities: npt.NDArray[np.floating[Any]]
) -> None:
    """Write test image `index` with its prediction as `figures/test-<index>.png`."""
    from inkdigits.figures.prediction import prediction_figure
    from inkdigits.figures.style import save_png

    image, label = dataset.test.images[index], int(dataset.test.labels[index])
    figure = prediction_figure(image, probabilities, run.class_names, label)
    save_png(figure, run.figures / f"test-{index}.png")


def check_data(run: Run, network: Network, dataset: Dataset) -> None:
    """Raise `UsageError` where a data set does not fit the run's network."""
    needed, given = network.description.image_size, dataset.image_size
    if needed != given:
        raise UsageError(
            f"{run.path} reads images of {needed[1]}x{needed[0]} pixels; "
            f"{dataset.name} has {given[1]}x{given[0]}."
        )
    if len(dataset.class_names) > network.description.classes:
        raise UsageError(
            f"{run.path} knows {network.description.classes} classes; "
            f"{dataset.name} has {len(dataset.class_names)}."
        )
    for own, other in zip(run.class_names, dataset.class_names, strict=False):
        if own != other:
            raise UsageError(
                f"{run.path} knows a class {own!r} where {dataset.name} has {other!r}; "
                "its labels would be misread."
            )
