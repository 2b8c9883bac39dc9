"""How training went: loss and accuracy against the step, one run or several in one figure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from inkdigits.errors import UsageError
from inkdigits.figures.style import (
    FAINT,
    INK,
    LARGE,
    LINES,
    MUTED,
    NORMAL,
    SERIES,
    SMALL,
    new_figure,
    place_axes,
    place_text,
    shortened,
    text_width,
    widest,
)

Values = npt.NDArray[np.floating]
_MARGIN = 0.25
_MARKS = ("", "╌ ", "┈ ", "·╌ ")  # before the name, as the line is drawn
_MOST_LOSS = 1e100  # that is drawn
_RINGS = 300.0  # points that all rings of a run together take at most
_LINE_HEIGHT = 0.17  # inches between two labels beside a panel


@dataclass(frozen=True)
class Curve:
    """One run's history: n training steps and e epochs (either may be 0)."""

    name: str
    steps: npt.NDArray[np.integer]  # (n,), rising
    losses: Values  # (n,), of each training batch
    accuracies: Values  # (n,), of each training batch, 0 to 1
    epoch_ends: npt.NDArray[np.integer]  # (e,), the step that ended each epoch
    epoch_losses: Values  # (e,), of the test set after each epoch
    epoch_accuracies: Values  # (e,), of the test set after each epoch, 0 to 1

    def __post_init__(self) -> None:
        """Raise `UsageError` where the parts differ in length."""
        for first, second, third in (
            (self.steps, self.losses, self.accuracies),
            (self.epoch_ends, self.epoch_losses, self.epoch_accuracies),
        ):
            if not len(first) == len(second) == len(third):
                raise UsageError(
                    f"The curve {self.name!r} has parts of {len(first)}, {len(second)} and "
                    f"{len(third)} values; they must be equally many."
                )


def curves_figure(
    curves: Sequence[Curve], *, title: str = "Training", epoch_label: str = "test set, each epoch"
) -> Figure:
    """Loss (logarithmic) over accuracy against the step; one colour a run, named at its end.

    Faint: every batch. Strong: its running mean. Rings: what `epoch_label` says.
    """
    curves = [_drawable(curve) for curve in curves]
    names = [
        _MARKS[index // len(SERIES) % len(LINES)] + shortened(curve.name, 36)
        for index, curve in enumerate(curves)
    ]
    finals = [f"{name}  {_final(curve)}" for name, curve in zip(names, curves, strict=True)]
    panel = max(2.4, _LINE_HEIGHT * (len(curves) + 1))
    left, head, wide, between = 0.75, 0.85, 6.6, 0.3
    note = f"faint: each batch   line: running mean   ○ {epoch_label}"
    width = max(left + wide + 0.3 + widest(finals), 2 * _MARGIN + text_width(note)) + _MARGIN
    figure = new_figure(width, head + 2 * panel + between + 0.6)
    place_text(figure, _MARGIN, 0.2, title, size=LARGE, weight="bold")
    place_text(figure, _MARGIN, 0.47, note, size=SMALL, colour=MUTED)
    losses = place_axes(figure, left, head, wide, panel)
    accuracies = place_axes(figure, left, head + panel + between, wide, panel)
    for index, curve in enumerate(curves):
        colour, line = SERIES[index % len(SERIES)], LINES[index // len(SERIES) % len(LINES)]
        alpha = max(0.04, 0.25 / len(curves))
        _draw(losses, curve.steps, curve.losses, colour, line, alpha)
        _draw(accuracies, curve.steps, curve.accuracies, colour, line, alpha)
        _rings(losses, curve.epoch_ends, curve.epoch_losses, colour)
        _rings(accuracies, curve.epoch_ends, curve.epoch_accuracies, colour)
    _finish_losses(losses, curves)
    _finish_accuracies(accuracies, curves)
    name_ends(losses, names, [_end(c.losses, c.epoch_losses) for c in curves], panel)
    name_ends(accuracies, finals, [_end(c.accuracies, c.epoch_accuracies) for c in curves], panel)
    return figure


def _drawable(curve: Curve) -> Curve:
    """The curve without losses that no axis reaches."""
    losses, ends = (
        np.where(values < _MOST_LOSS, values, np.nan)
        for values in (curve.losses, curve.epoch_losses)
    )
    return replace(curve, losses=losses, epoch_losses=ends)


def running_mean(values: Values, window: int) -> npt.NDArray[np.float64]:
    """Mean of `values` (n,) over `window` (odd) neighbours, over fewer at both ends."""
    kernel = np.ones(window)
    total = np.convolve(values.astype(np.float64), kernel, mode="full")
    count = np.convolve(np.ones(len(values)), kernel, mode="full")
    half = window // 2
    mean: npt.NDArray[np.float64] = (total / count)[half : half + len(values)]
    return mean


def _draw(
    axes: Axes,
    steps: npt.NDArray[np.integer],
    values: Values,
    colour: str,
    line: str,
    alpha: float,
) -> None:
    if len(steps) == 0:
        return
    axes.plot(steps, values, color=colour, alpha=alpha, lw=0.6, zorder=1)
    window = max(1, len(steps) // 50) | 1
    smooth = running_mean(values, window)
    axes.plot(steps, smooth, color=colour, ls=line, lw=1.8, zorder=3, solid_capstyle="round")


def _rings(axes: Axes, ends: npt.NDArray[np.integer], values: Values, colour: str) -> None:
    size = max(2.5, min(6.0, _RINGS / max(1, len(ends))))  # points; many would hide the line
    edge = size / 4 + 0.1
    axes.plot(
        ends, values, "o", ms=size, mfc="white", mec=colour, mew=edge, zorder=4, clip_on=False
    )


def _finish_losses(axes: Axes, curves: Sequence[Curve]) -> None:
    axes.set_yscale("log")
    values = _joined([part for c in curves for part in (c.losses, c.epoch_losses)])
    positive = values[values > 0]
    if len(positive):
        # Single batches reach 1e-6; cut there, the line that matters fills the panel.
        ends = _joined([c.epoch_losses for c in curves])
        ends = ends[np.isfinite(ends)]
        low = float(np.quantile(positive, 0.05, method="lower"))
        high = float(np.quantile(positive, 0.999, method="higher"))
        low, high = min([low, *ends]), max([high, *ends])
        axes.set_ylim(max(low * 0.6, 1e-8), high * 1.5)
    axes.yaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5), numticks=12))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylabel("training loss (log)", size=NORMAL, color=MUTED)
    _common(axes, curves)
    axes.tick_params(labelbottom=False)


def _finish_accuracies(axes: Axes, curves: Sequence[Curve]) -> None:
    batches = _joined([c.accuracies for c in curves])
    epochs = _joined([c.epoch_accuracies for c in curves])
    # Of few batches none is cut off.
    low = float(np.quantile(batches, 0.04, method="lower")) if len(batches) else 0.0
    if len(epochs):
        low = min(low, float(epochs.min())) if len(batches) else float(epochs.min())
    low = max(0.0, low - 0.01)
    axes.set_ylim(low, 1 + (1 - low) * 0.02)
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}%"))
    axes.set_ylabel("training accuracy", size=NORMAL, color=MUTED)
    _common(axes, curves)
    axes.set_xlabel("step", size=NORMAL, color=MUTED)


def _common(axes: Axes, curves: Sequence[Curve]) -> None:
    ends = [int(part[-1]) for c in curves for part in (c.steps, c.epoch_ends) if len(part)]
    axes.set_xlim(0, max([1, *ends]))
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_label_coords(-0.074, 0.5)
    axes.grid(True, color=FAINT, lw=0.6)
    axes.set_axisbelow(True)


def _joined(parts: Sequence[Values]) -> npt.NDArray[np.float64]:
    return np.concatenate([np.zeros(0), *parts])


def _final(curve: Curve) -> str:
    value = _end(curve.accuracies, curve.epoch_accuracies)
    return "" if value is None else f"{value:.2%}"


def _end(values: Values, epoch_values: Values) -> float | None:
    """Where a run ends: its last epoch's value, else the running mean's last."""
    if len(epoch_values):
        return float(epoch_values[-1])
    if len(values):
        return float(running_mean(values, max(1, len(values) // 50) | 1)[-1])
    return None


def name_ends(axes: Axes, names: Sequence[str], ends: Sequence[float | None], panel: float) -> None:
    """Write each run's name right of the panel at the height where it ends, none over another."""
    to_share = axes.transAxes.inverted()
    heights = [
        0.5 if end is None else float(to_share.transform(axes.transData.transform((0, end)))[1])
        for end in ends
    ]
    for index, at in enumerate(spread(heights, _LINE_HEIGHT / panel)):
        axes.annotate(
            names[index],
            (1, at),
            xycoords="axes fraction",
            xytext=(10, 0),
            textcoords="offset points",
            size=NORMAL,
            color=SERIES[index % len(SERIES)] if len(names) > 1 else INK,
            va="center",
            annotation_clip=False,
            parse_math=False,
        )


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Move heights (0 to 1) as little as needed so that all lie `gap` apart, order kept.

    Best-fitting non-decreasing sequence after taking off each label's own share of gaps: the
    pool-adjacent-violators algorithm (Ayer et al., Annals of Mathematical Statistics 26, 1955).
    """
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    blocks: list[tuple[float, int]] = []  # (mean, count)
    for rank, index in enumerate(order):
        mean, count = min(max(heights[index], 0.0), 1.0) - rank * gap, 1
        while blocks and blocks[-1][0] > mean:
            above, more = blocks.pop()
            mean, count = (mean * count + above * more) / (count + more), count + more
        blocks.append((mean, count))
    flat = [mean for mean, count in blocks for _ in range(count)]
    room = max(0.0, 1 - gap * (len(flat) - 1))
    placed = [0.0] * len(flat)
    for rank, index in enumerate(order):
        placed[index] = min(max(flat[rank], 0.0), room) + rank * gap
    return placed
