"""Named recipes: what is said of them is what the benchmarks' files hold."""

import json
import statistics
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.training.recipe import LEAST_STEPS
from inkdigits.training.recipes import CATALOGUE, find_recipe

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"


MEASURED = {name: named.measured for name, named in CATALOGUE.items() if named.measured}


def test_all_but_the_shipped_networks_recipe_were_measured() -> None:
    assert set(CATALOGUE) - set(MEASURED) == {"shipped"}


@pytest.mark.parametrize("name", MEASURED)
def test_what_is_said_of_a_recipe_was_measured(name: str) -> None:
    runs = json.loads((RESULTS / f"accuracy_{name}.json").read_text())["runs"]
    accuracies = [run["accuracy"] for run in runs]
    said = MEASURED[name]
    assert said.seeds == len(runs)
    assert said.accuracy == pytest.approx(statistics.mean(accuracies), abs=1e-5)
    assert said.deviation == pytest.approx(statistics.stdev(accuracies), abs=1e-5)
    assert said.seconds == pytest.approx(
        statistics.median(run["seconds"] for run in runs), rel=0.05
    )


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_recipe_is_called_what_it_is_listed_as(name: str) -> None:
    assert find_recipe(name).name == name


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_classifier_trains_on_all_of_mnist_by_the_recipe_as_it_is(name: str) -> None:
    recipe = find_recipe(name)
    assert recipe.lasting(60_000, LEAST_STEPS) == recipe


@given(st.integers(2, 20_000), st.integers(0, 2000), st.sampled_from(sorted(CATALOGUE)))
def test_few_images_are_trained_on_as_long_as_asked(images: int, steps: int, name: str) -> None:
    recipe = find_recipe(name)
    lasting = recipe.lasting(images, steps)
    batches = [
        len(part)
        for part in np.array_split(
            np.arange(images), range(lasting.batch_size, images, lasting.batch_size)
        )
    ]
    assert lasting.epochs * len(batches) >= steps
    assert lasting.epochs % recipe.epochs == 0
    if lasting.epochs > recipe.epochs:  # and no longer than that
        assert (lasting.epochs - recipe.epochs) * len(batches) < steps
    assert lasting.plain_epochs * recipe.epochs == recipe.plain_epochs * lasting.epochs
    assert min(batches) > 1 or lasting.batch_size == recipe.batch_size
