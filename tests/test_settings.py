"""Settings as JSON and as key=value."""

import pytest

from inkdigits.errors import UsageError
from inkdigits.settings import differing
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
