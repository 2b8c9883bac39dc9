"""What TensorBoard shows of a run: scalars of each batch and epoch, the graph, histograms, images.

Events are written by torch's own writer. The graph is drawn from the description, a node a layer,
rather than traced: it shows the network that the reader knows from the summary.
"""

import time
from pathlib import Path

import numpy as np
from PIL import Image
from tensorboard.compat.proto.config_pb2 import RunMetadata
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.summary_pb2 import Summary as SummaryProto
from torch.utils.tensorboard import FileWriter
from torch.utils.tensorboard import summary as protos

from inkdigits.networks.summary import LayerRow, summarize
from inkdigits.training.recipe import Recipe
from inkdigits.training.trainer import Trainer

FLUSH_S = 1.0


class TensorBoardLog:
    """Writes a run's events into `folder`; as an observer, each batch's and each epoch's."""

    def __init__(self, folder: Path, recipe: Recipe, resumed_at: int | None = None) -> None:
        self.writer = FileWriter(str(folder))
        self.pending: list[tuple[int, float, float, float]] = []
        self.flushed_at = time.monotonic()
        if resumed_at is None:
            self.writer.add_graph((graph_of(recipe), RunMetadata()))
        else:
            # A run that goes on from a checkpoint takes back what came after it.
            start = SessionLog(status=SessionLog.START)
            self.writer.add_event(Event(step=resumed_at + 1, session_log=start))

    def on_step(self, trainer: Trainer) -> None:
        history = trainer.history
        self.pending.append((trainer.step, history.losses[-1], history.accuracies[-1], time.time()))
        # Formatting an event takes longer than keeping it, so they go out in groups.
        if time.monotonic() - self.flushed_at >= FLUSH_S:
            self.flush()

    def on_epoch(self, trainer: Trainer) -> None:
        self.flush()
        history, step = trainer.history, trainer.step
        self._add("epoch/loss", history.epoch_losses[-1], step)
        self._add("epoch/accuracy", history.epoch_accuracies[-1], step)
        for name, parameter in trainer.network.named_parameters():
            values = parameter.detach().cpu().numpy()
            histogram = protos.histogram(name.replace(".", "/"), values, "auto")
            self.writer.add_summary(histogram, step)

    def flush(self) -> None:
        """Hand all pending events to the writer."""
        for step, loss, accuracy, at in self.pending:
            summary = SummaryProto()
            summary.value.add(tag="batch/loss", simple_value=loss)
            summary.value.add(tag="batch/accuracy", simple_value=accuracy)
            self.writer.add_summary(summary, step, at)
        self.pending.clear()
        self.flushed_at = time.monotonic()

    def add_results(self, figures: Path, loss: float, accuracy: float, step: int) -> None:
        """At the end: the test set's loss and accuracy, and the run's pictures."""
        self._add("test/loss", loss, step)
        self._add("test/accuracy", accuracy, step)
        for path in sorted(figures.glob("*.png")):
            with Image.open(path) as picture:
                pixels = np.asarray(picture.convert("RGB"))
            self.writer.add_summary(protos.image(path.stem, pixels, dataformats="HWC"), step)

    def close(self) -> None:
        """Write what is pending and close the file."""
        self.flush()
        self.writer.close()

    def _add(self, tag: str, value: float, step: int) -> None:
        self.writer.add_summary(protos.scalar(tag, value), step)


def graph_of(recipe: Recipe) -> GraphDef:
    """TensorBoard's graph of a recipe's network: images, then a node a layer, in one chain."""
    graph = GraphDef()
    graph.versions.producer = 22
    height, width = recipe.network.image_size
    rows = summarize(recipe.network, recipe.optimizer.name).rows
    image = LayerRow("images", "Input", (height, width, 1))
    previous = ""
    for scope, row in [("", image), *zip(_scopes(rows), rows, strict=True)]:
        node = graph.node.add(name=scope + row.name, op=row.kind)
        if previous:
            node.input.append(previous)
        shape = node.attr["_output_shapes"].list.shape.add()
        for size in (-1, *row.output):
            shape.dim.add(size=size)
        node.attr["parameters"].i = row.parameters
        previous = node.name
    return graph


def _scopes(rows: tuple[LayerRow, ...]) -> list[str]:
    """A scope a stage, so that TensorBoard folds each into one box: stage_1/, ..., classifier/."""
    scopes, stage = [], 0
    for position, row in enumerate(rows):
        starts = row.kind == "Padding2D" or (
            row.kind == "Conv2D" and (position == 0 or rows[position - 1].kind != "Padding2D")
        )
        stage += starts
        decides = row.kind in ("Flatten", "Dropout", "Dense") or row.kind.startswith("Global")
        scopes.append("classifier/" if decides else f"stage_{stage}/")
    return scopes
