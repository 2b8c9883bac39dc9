"""Settings as JSON and as key=value."""

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from inkdigits.errors import UsageError
from inkdigits.networks.description import NetworkDescription, Stage
from inkdigits.settings import differing
from inkdigits.training.checkpoint import Interval
from inkdigits.training.engine import choose_engine
from inkdigits.training.hyperparameters import Optimizer
from inkdigits.training.recipe import Recipe
from inkdigits.training.recipes import find_recipe


@pytest.mark.parametrize(
    ("assignment", "key", "value"),
    [
        ("epochs=7", "epochs", 7),
        ("optimizer.learning_rate=0.1", "optimizer.learning_rate", 0.1),
        ("optimizer.learning_rate=1", "optimizer.learning_rate", 1.0),
        ("network.dropout=0", "network.dropout", 0.0),
        ("network.stages.2.filters=64", "network.stages.2.filters", 64),
        ("network.image_size=32,30", "network.image_size.1", 32),
        ("loss=mean_squared_error", "loss", "mean_squared_error"),
    ],
)
def test_a_setting_changes_its_entry_and_no_other(assignment: str, key: str, value: object) -> None:
    lab = find_recipe("lab")
    changed = differing([lab.to_json(), lab.with_settings(assignment).to_json()])
    assert changed.pop(key)[1] == value
    assert set(changed) <= {"network.image_size.2"}


def test_a_setting_of_all_stages_reaches_each() -> None:
    recipe = find_recipe("lab").with_settings("network.stages.padding=valid")
    assert [stage.padding for stage in recipe.network.stages] == ["valid"] * 3


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("epochs", "key=value"),
        ("=3", "key=value"),
        ("speed=3", "no setting 'speed'"),
        ("epochs=many", "whole number"),
        ("epochs=1.5", "whole number"),
        ("epochs=0", "epochs is 0"),
        ("l2=inf", "must be a number"),
        ("network=3", "group of settings"),
        ("network.stages=3", "must be a list"),
        ("network.stages.4.filters=3", "there are 3 entries"),
        ("network.stages.0.filters=3", "there are 3 entries"),
        ("network.stages.kernel=31", "larger than its input"),
        ("network.stages.padding=1", "must be one of"),
        ("optimizer.name=rmsprop", "must be one of"),
    ],
)
def test_a_wrong_setting_is_said_in_one_sentence(assignment: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        find_recipe("lab").with_settings(assignment)
    assert "\n" not in str(caught.value)


QUICK = find_recipe("quick")
WRONG: dict[str, Callable[[], object]] = {
    "kernel is '3'; it must be a whole number.": lambda: Stage(kernel="3"),  # type: ignore[arg-type]
    "kernel is 3.5; it must be a whole number.": lambda: Stage(kernel=3.5),  # type: ignore[arg-type]
    "pool_first is 1; it must be true or false.": lambda: Stage(pool_first=1),  # type: ignore[arg-type]
    "learning_rate is '0.1'; it must be a number.": lambda: Optimizer(
        learning_rate="0.1"  # type: ignore[arg-type]
    ),
    "learning_rate is nan; it must be a number.": lambda: Optimizer(
        learning_rate=np.float32("nan")  # type: ignore[arg-type]
    ),
    "epochs is None; it must be a whole number.": lambda: replace(QUICK, epochs=None),  # type: ignore[arg-type]
    "epochs is 2.5; it must be a whole number.": lambda: replace(QUICK, epochs=2.5),  # type: ignore[arg-type]
    "network must be of type NetworkDescription or a mapping of its settings, not None.": lambda: (
        replace(
            QUICK,
            network=None,  # type: ignore[arg-type]
        )
    ),
    "image_size is (28,); it must have 2 entries.": lambda: NetworkDescription(
        image_size=(28,)  # type: ignore[arg-type]
    ),
    "recipe.network.image_size is 28; it must be a list.": lambda: QUICK.for_data(10, 28),  # type: ignore[arg-type]
    "recipe.network.stages.2.pool is 0; it must be from 2 to 1024.": lambda: QUICK.with_settings(
        "network.stages.2.pool=0"
    ),
    "images is 0; it must be from 1 to 4294967295.": lambda: QUICK.lasting(0, 150),
    "steps is 2.5; it must be a whole number.": lambda: QUICK.lasting(9, 2.5),  # type: ignore[arg-type]
    "['epochs=2'] is no setting; write it as key=value.": lambda: QUICK.with_settings(
        ["epochs=2"]  # type: ignore[arg-type]
    ),
    "[1, 2, 3] are no filter counts; write them as 32,64,128.": lambda: QUICK.with_filters(
        [1, 2, 3]  # type: ignore[arg-type]
    ),
    "device is 'foo'; it must be one of auto, cpu, cuda, mps.": lambda: choose_engine("foo"),
    "precision is 'half'; it must be one of auto, bfloat16, float32.": lambda: choose_engine(
        precision="half"
    ),
    "threads is 'a'; it must be a whole number.": lambda: choose_engine(threads="a"),  # type: ignore[arg-type]
    "seconds is '15'; it must be a number.": lambda: Interval("15"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize(("words", "made"), WRONG.items(), ids=range(len(WRONG)))
def test_what_python_gives_of_a_wrong_type_is_said_in_one_sentence(
    words: str, made: Callable[[], object]
) -> None:
    with pytest.raises(UsageError) as caught:
        made()
    assert str(caught.value) == words


def test_numpys_numbers_and_lists_are_taken_and_kept_as_json() -> None:
    made = replace(
        QUICK,
        epochs=np.int64(3),  # type: ignore[arg-type]
        l2=np.float32(0.5),  # type: ignore[arg-type]
        network=NetworkDescription(
            stages=[Stage(np.uint8(4))],  # type: ignore[arg-type]
            dropout=0,
            image_size=np.zeros((9, 28, 28)).shape[1:],
        ),
    )
    assert Recipe.from_json(json.loads(json.dumps(made.to_json()))) == made
    assert type(made.network.dropout) is float
    hash(made)


def test_devices_are_torchs_own_too_and_none_is_auto() -> None:
    assert choose_engine(torch.device("cpu"), None, 1) == choose_engine("cpu", threads=1)
    assert choose_engine(None) == choose_engine()


@pytest.mark.parametrize(
    ("counts", "poolings"),
    [
        ("8", ["none"]),
        ("8,16", ["max", "none"]),
        ("8,16,32", ["max", "max", "none"]),
        ("8,16,32,64", ["max", "max", "max", "none"]),
    ],
)
def test_filters_make_stages_of_which_all_but_the_last_pool(
    counts: str, poolings: list[str]
) -> None:
    stages = find_recipe("lab").with_filters(counts).network.stages
    assert [str(stage.filters) for stage in stages] == counts.split(",")
    assert [stage.pooling for stage in stages] == poolings


@pytest.mark.parametrize("counts", ["", "a", "8,", "8,-1", "1.5", "8,8,8,8,8,8,8"])
def test_wrong_filters_are_a_usage_error(counts: str) -> None:
    with pytest.raises(UsageError):
        find_recipe("lab").with_filters(counts)


def test_a_stored_recipe_reads_back_the_same_and_older_ones_take_defaults() -> None:
    lab = find_recipe("lab")
    stored = lab.to_json()
    assert Recipe.from_json(stored) == lab
    del stored["l2"]
    assert Recipe.from_json(stored) == lab


def test_an_unknown_recipe_lists_those_that_exist() -> None:
    names = "quick, compact, accurate, best, shipped, lab"
    with pytest.raises(UsageError, match=rf"no recipe 'labb'; the recipes are {names}\.$"):
        find_recipe("labb")


def test_the_lab_recipe_is_the_notebook_to_the_letter() -> None:
    lab = find_recipe("lab")
    assert (lab.batch_size, lab.epochs, lab.loss, lab.l2) == (128, 5, "cross_entropy", 0.0)
    assert (lab.optimizer.name, lab.optimizer.learning_rate, lab.optimizer.epsilon) == (
        "adam", 0.01, 1e-7,
    )  # fmt: skip
    network = lab.network
    assert (network.dropout, network.norm_epsilon, network.norm_momentum) == (0.5, 1e-3, 0.99)
    assert [stage.pooling for stage in network.stages] == ["max", "max", "none"]
    for stage in network.stages:
        assert (stage.filters, stage.kernel, stage.padding) == (32, 3, "same")
        assert (stage.norm, stage.activation) == ("batch", "relu")
