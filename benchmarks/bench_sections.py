"""The sections of docs/benchmarks.md on time to accuracy, and on what training takes in float32."""

import statistics
from pathlib import Path
from typing import Any

from matplotlib.ticker import FuncFormatter, NullLocator
from tables import ROOT, accuracy_results, machine, spread, table

from inkdigits.figures.style import (
    FAINT,
    LARGE,
    SERIES,
    new_figure,
    place_axes,
    place_text,
    save_png,
)
from inkdigits.networks.description import NetworkDescription
from inkdigits.training.recipes import RECIPES, find_recipe

CONTENDERS = {
    "quick": "inkdigits `quick`",
    "published": "fastest published recipe, torch",
    "lab": "inkdigits `lab`, 5 epochs",
    "example": "PyTorch's example network, 2 epochs",
    "mlp": "scikit-learn MLP, 256 hidden, 10 epochs",
    "svm": "scikit-learn SVM on 10,000 images",
    "keras": "the notebook in Keras/TensorFlow, 5 epochs",
}


def bench(results: dict[str, Any]) -> str:
    """The contenders in turn, the parts of quick's time, its growth, its arithmetic."""
    newer = results.get("quick_again", results)
    draw_curves(
        results["curves"] | newer["curves"], ROOT / "docs" / "images" / "time-to-accuracy.png"
    )
    again = (
        "\n`quick` has become faster since. Again, beside the recipe that it is held to alone "
        f"(`bench.py --quick`):\n\n{in_turn(newer['runs'])}\n"
        f"{machine(newer['versions'], newer['threads'])}\n"
        if newer is not results
        else ""
    )
    mixed = " (those of the second table from there, the others from the first)" if again else ""
    return (
        "## Time to accuracy, side by side\n\n"
        f"`make bench`: {len(results['runs']['quick'])} rounds, each contender once a round in a "
        "process of its own. Seconds: median (smallest to largest), data in memory, without import "
        "and evaluation; the ratio is the median over rounds.\n\n"
        f"{in_turn(results['runs'])}\n{machine(results['versions'], results['threads'])}\n{again}\n"
        "![Test accuracy against seconds of training](images/time-to-accuracy.png)\n\n"
        f"One run each{mixed}, looked at on the way with the clock stopped; the points before the "
        "last are of weights as they were, not averaged.\n\n"
        f"{shares(newer)}\n\n{growth(newer)}\n{arithmetic(results)}"
    )


def in_turn(contenders: dict[str, Any]) -> str:
    """Seconds, ratio and accuracy of each contender."""
    quick = contenders["quick"]
    rows = []
    for name, runs in contenders.items():
        accuracy = [100 * run["accuracy"] for run in runs]
        ratio = statistics.median(
            run["seconds"] / ours["seconds"] for run, ours in zip(runs, quick, strict=True)
        )
        rows.append(
            [
                CONTENDERS[name],
                spread([run["seconds"] for run in runs]),
                f"{ratio:.2f}",
                f"{statistics.mean(accuracy):.2f} % ({min(accuracy):.2f} to {max(accuracy):.2f})",
            ]
        )
    return table(["", "s of training", "times quick's", "test accuracy, mean"], rows)


def float32(results: dict[str, Any]) -> str:
    """The recipes without bfloat16."""
    tenths = results["seconds_of_a_tenth"]
    rows = [
        [f"`{name}`", spread([10 * seconds for seconds in some], 0)]
        for name, some in tenths.items()
    ]
    has = "with" if results["has_bfloat16"] else "without"
    return (
        "## Without bfloat16\n\n"
        f"`python benchmarks/float32.py`: training in float32, on a processor "
        f"{has} instructions for bfloat16. {len(results['runs']['quick'])} rounds of `quick` "
        f"beside the published recipe, which computes in float32 everywhere:\n\n"
        f"{in_turn(results['runs'])}\n"
        "The others with all of their epochs, ten times what a tenth of the images takes:\n\n"
        f"{table(['recipe', 's of training'], rows)}\n"
        f"{machine(results['versions'], results['threads'])}"
    )


def shares(results: dict[str, Any]) -> str:
    """Where quick's time goes."""
    runs = results["quick_shares"]
    rows = [[part, f"{statistics.median(run[part] for run in runs):.0%}"] for part in runs[0]]
    return (
        f"### Where the time of `quick` goes\n\n{table(['part of a step', 'share'], rows)}\n"
        f"Median of {len(runs)} runs with a clock around each part."
    )


def growth(results: dict[str, Any]) -> str:
    """Seconds against images."""
    rows = []
    for count, seconds in results["quick_seconds_by_images"].items():
        each = 1e6 * statistics.median(seconds) / int(count)
        rows.append([f"{int(count):,}", spread(seconds), f"{each:.1f}"])
    return (
        "### Seconds against training images\n\n"
        "One pass of `quick`; beyond 60,000 the images are augmented copies. The cost grows "
        "linearly: microseconds an image stay the same.\n\n"
        f"{table(['images', 's', 'µs an image'], rows)}"
    )


def arithmetic(results: dict[str, Any]) -> str:
    """How much of the machine's rate of products the recipes reach."""
    here = {
        name: statistics.median(run["seconds"] for run in runs)
        for name, runs in results["runs"].items()
        if name in RECIPES
    }
    found = accuracy_results()
    alone = {
        name: statistics.median(run["seconds"] for run in content["runs"])
        for name, content in found.items()
    }
    rows = []
    for name, content in found.items():
        recipe, about = find_recipe(name), ""
        rate, seconds = results["products_per_second"][results["precision"]], here.get(name)
        if seconds is None and "products_per_second" in content:
            rate, seconds = content["products_per_second"], alone[name]
        elif seconds is None:  # of another day, when the machine was so much faster
            about, seconds = "about ", alone[name] * here["lab"] / alone["lab"]
        forward = products(recipe.network)
        first = first_products(recipe.network)
        # Forward, gradient of the weights, gradient of the inputs, which the images do not need.
        total = (3 * forward - first) * 60_000 * recipe.epochs
        rows.append(
            [
                f"`{name}`",
                f"{forward / 1e6:.2f} M",
                f"{total / 1e12:.2f} T",
                f"{rate / 1e9:.0f} G",
                f"{total / rate:.1f}",
                f"{about}{seconds:.1f}",
                f"{total / rate / seconds:.0%}",
            ]
        )
    header = ["recipe", "products an image", "in all", "limit a second", "s at it", "s", "share"]
    return (
        "### Share of the arithmetic limit\n\n"
        "Products are multiplications, each with its addition: those of convolutions and dense "
        "layers, forward for an image; in all for gradients of weights and of inputs but the "
        "images', too. The "
        "limit is the rate of a large matrix product on as many threads, measured in the same run "
        "as the seconds, which is this one for `quick` and `lab`, the first table's for others. "
        "'About': seconds of another day, times the ratio of `lab` in this run to `lab` then.\n\n"
        f"{table(header, rows)}"
    )


def products(network: NetworkDescription) -> int:
    """Multiplications of one image's forward pass, in convolutions and the dense layer."""
    total = network.features * network.classes
    for stage, size in zip(network.stages, network.sizes(), strict=True):
        height, width = size.convolved
        total += height * width * stage.kernel**2 * size.input_channels * stage.filters
    return network.columns * total


def first_products(network: NetworkDescription) -> int:
    """Those of the first convolution."""
    stage, (height, width) = network.stages[0], network.sizes()[0].convolved
    return network.columns * height * width * stage.kernel**2 * stage.filters


def draw_curves(curves: dict[str, list[list[float]]], path: Path) -> None:
    """Error against seconds, both logarithmic."""
    figure = new_figure(10.4, 5.2)
    axes = place_axes(figure, 0.9, 0.6, 5.2, 3.9)
    for (name, points), colour in zip(curves.items(), SERIES, strict=False):
        seconds, accuracy = (list(column) for column in zip(*points, strict=True))
        error = [100 * (1 - value) for value in accuracy]
        axes.plot(
            seconds,
            error,
            "o-",
            color=colour,
            ms=3,
            lw=1.4,
            label=CONTENDERS[name].replace("`", ""),
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    ticks = [0.5, 1, 2, 5, 10, 20]
    axes.set_yticks(ticks, [f"{100 - tick:g} %" for tick in ticks])
    axes.yaxis.set_minor_locator(NullLocator())
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel("seconds of training (logarithmic)")
    axes.set_ylabel("test accuracy (logarithmic in the error)")
    axes.grid(color=FAINT, lw=0.6)
    axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1), frameon=False, fontsize=9)
    place_text(figure, 0.25, 0.22, "Time to accuracy on two cores", size=LARGE, weight="bold")
    save_png(figure, path)
