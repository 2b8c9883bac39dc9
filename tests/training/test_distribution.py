"""Several processes train as one: real ones, started by torchrun, that speak by gloo."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkdigits.data import Dataset
from inkdigits.networks.description import NetworkDescription, Stage
from inkdigits.training.distribution import ALONE
from inkdigits.training.recipe import Augmentation, Optimizer, Recipe
from tests.training import together

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
Arrays = dict[str, np.ndarray[Any, Any]]


def torchrun(processes: int, *command: object, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*TORCHRUN, "--nproc-per-node", str(processes), *map(str, command)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"}, **options,
    )  # fmt: skip


def exact_recipes(bars: Dataset) -> dict[str, Recipe]:
    """Twenty steps each, the last of five in an epoch of two images; nothing is drawn at random."""
    network = NetworkDescription(
        stages=(Stage(4), Stage(6, pooling="none")), dropout=0.0,
        classes=4, image_size=bars.image_size,
    )  # fmt: skip
    plain = Recipe(name="plain", network=network, batch_size=82, epochs=4,
                   optimizer=Optimizer(learning_rate=0.003))  # fmt: skip
    pools_first = (
        Stage(4, padding="valid", pool_first=True),
        Stage(6, padding="valid", pooling="none"),
    )
    slow = Optimizer(name="sgd", learning_rate=0.05, momentum=0.9, weight_decay=1e-3)
    recipes = (
        plain,
        replace(plain, name="pools-first", network=replace(network, stages=pools_first)),
        replace(plain, name="average-pooling", network=replace(network, stages=(
            Stage(4, pooling="average"), Stage(5, norm="none"), Stage(6, activation="leaky_relu"),
        ))),
        replace(plain, name="penal", loss="mean_squared_error", l2=0.01, average=0.8,
                optimizer=slow, network=replace(network, columns=2)),
    )  # fmt: skip
    return {recipe.name: recipe for recipe in recipes}


def trained_by(processes: int, folder: Path) -> dict[str, list[Arrays]]:
    """What each of so many processes gave for each recipe of the folder."""
    process = torchrun(processes, together.__file__, folder)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    names = json.loads((folder / "recipes.json").read_text())
    return {
        name: [
            dict(np.load(folder / f"{name}-{rank}-of-{processes}.npz")) for rank in range(processes)
        ]
        for name in names
    }


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("together")


def write(folder: Path, bars: Dataset, recipes: dict[str, Recipe]) -> None:
    np.savez(folder / "data.npz", images=bars.train.images, labels=bars.train.labels)
    values = {name: recipe.to_json() for name, recipe in recipes.items()}
    (folder / "recipes.json").write_text(json.dumps(values))


@pytest.mark.parametrize("processes", [2, 3])
def test_twenty_steps_of_several_processes_are_those_of_one(
    processes: int, bars: Dataset, tmp_path: Path
) -> None:
    recipes = exact_recipes(bars)
    random = replace(recipes["plain"], name="random", augmentation=Augmentation(shift=1),
                     network=replace(recipes["plain"].network, dropout=0.5))  # fmt: skip
    write(tmp_path, bars, {**recipes, "random": random})
    found = trained_by(processes, tmp_path)
    for name, recipe in recipes.items():
        one = together.outcome(recipe, bars.train, ALONE)
        assert len(one["losses"]) == 20
        for many in found[name]:
            for key in one.keys() - {"seen", "dropout"}:
                print(processes, name, key, np.abs(many[key] - one[key]).max())
    for name, ranks in found.items():
        for key in ranks[0].keys() - {"seen", "dropout"}:
            for other in ranks[1:]:
                np.testing.assert_array_equal(ranks[0][key], other[key], err_msg=f"{name} {key}")
