"""What TensorBoard shows of a run: scalars of each batch and epoch, the graph, histograms, images.

Records are TensorBoard's own. They are written here and now rather than by a thread of its writer,
whose failure, such as of a full disk, would be a traceback. The graph is drawn from the
description, a node a layer, rather than traced: it shows the network that the reader knows from the
summary.
"""

import contextlib
import io
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter
from torch.utils.tensorboard import summary as protos

from inkdigits import files
from inkdigits.networks.summary import LayerRow, summarize
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import read_bounded
from inkdigits.training.trainer import Trainer

FLUSH_S = 1.0
_EVENTS = "events.out.tfevents."
_LAST = "test/accuracy"  # of the results


class TensorBoardLog:
    """Writes a run's events into `folder`; as an observer, each batch's and each epoch's.

    Where they cannot be written, such as to a full disk, `report` is told, and training goes on
    without more of them.
    """

    def __init__(
        self,
        folder: Path,
        recipe: Recipe,
        resumed_at: int | None = None,
        report: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.folder, self.report, self.is_broken = folder, report, False
        self.pending: list[tuple[int, float, float, float]] = []
        self.flushed_at = time.monotonic()
        # Files are read in the order of their names.
        seconds, rest = divmod(time.time_ns(), 10**9)
        name = f"{_EVENTS}{seconds}.{rest:09d}.{socket.gethostname()}.{os.getpid()}"
        with files.output_errors(folder / name):
            self.records = RecordWriter((folder / name).open("xb"))
        with self._tolerating():
            self._write(Event(file_version="brain.Event:2"))
            if resumed_at is None:
                self._write(Event(graph_def=graph_of(recipe).SerializeToString()))
            else:
                # A run that goes on from a checkpoint takes back what came after it.
                start = SessionLog(status=SessionLog.START)
                self._write(Event(step=resumed_at + 1, session_log=start))

    @contextlib.contextmanager
    def _tolerating(self) -> Iterator[None]:
        """Give up, and say so, where events cannot be written."""
        try:
            yield
        except OSError as error:
            if not self.is_broken:
                self.report(
                    f"Cannot write TensorBoard's events into {self.folder}: "
                    f"{error.strerror or error}. Training goes on without."
                )
            self.is_broken = True

    def on_step(self, trainer: Trainer) -> None:
        history = trainer.history
        self.pending.append((trainer.step, history.losses[-1], history.accuracies[-1], time.time()))
        # Formatting an event takes longer than keeping it, so they go out in groups.
        if time.monotonic() - self.flushed_at >= FLUSH_S:
            self.flush()

    def on_epoch(self, trainer: Trainer) -> None:
        history, step = trainer.history, trainer.step
        self.flush()
        if self.is_broken:
            return
        with self._tolerating():
            self._add("epoch/loss", history.epoch_losses[-1], step)
            self._add("epoch/accuracy", history.epoch_accuracies[-1], step)
            for name, parameter in trainer.network.named_parameters():
                values = parameter.detach().cpu().numpy()
                histogram = protos.histogram(name.replace(".", "/"), values, "auto")
                self._write(Event(step=step, summary=histogram))

    def flush(self) -> None:
        """Write all events until now, as far as the operating system: a kill loses none."""
        with self._tolerating():
            for step, loss, accuracy, at in () if self.is_broken else self.pending:
                summary = Summary()
                summary.value.add(tag="batch/loss", simple_value=loss)
                summary.value.add(tag="batch/accuracy", simple_value=accuracy)
                self._write(Event(step=step, wall_time=at, summary=summary))
            if not self.is_broken:
                self.records.flush()
        self.pending.clear()
        self.flushed_at = time.monotonic()

    def add_results(self, figures: Path, loss: float, accuracy: float, step: int) -> None:
        """At the end: the test set's loss and accuracy, and the run's pictures."""
        if self.is_broken:
            return
        with self._tolerating():
            for path in sorted(figures.glob("*.png")):
                self._write(Event(step=step, summary=_shown(path)))
            self._add("test/loss", loss, step)
            self._add(_LAST, accuracy, step)

    def close(self) -> None:
        """Write what is pending and close the file."""
        self.flush()
        with self._tolerating():
            self.records.close()

    def _add(self, tag: str, value: float, step: int) -> None:
        self._write(Event(step=step, summary=protos.scalar(tag, value)))

    def _write(self, event: Event) -> None:
        event.wall_time = event.wall_time or time.time()
        self.records.write(event.SerializeToString())


def _shown(path: Path) -> Summary:
    """A PNG file as it is: to encode its pixels anew would take longer than to draw them."""
    content = path.read_bytes()
    with Image.open(io.BytesIO(content)) as picture:
        (width, height), channels = picture.size, len(picture.getbands())
    image = Summary.Image(
        height=height, width=width, colorspace=channels, encoded_image_string=content
    )
    return Summary(value=[Summary.Value(tag=path.stem, image=image)])


def has_results(folder: Path) -> bool:
    """Whether all that `add_results` adds is there. Raises `RunError` for what cannot be read."""
    return any(_LAST.encode() in read_bounded(path) for path in folder.glob(f"{_EVENTS}*"))


_DECIDING = ("Flatten", "Dropout", "Dense", "Average", "Neighbours")  # kinds of layers


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
        decides = row.kind in _DECIDING or row.kind.startswith("Global")
        scopes.append("classifier/" if decides else f"stage_{stage}/")
    return scopes
