"""Studies of a quantity: kept, stopped and gone on with, never mixed; their tables and pictures."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from inkdigits.data import Dataset, Split
from inkdigits.errors import TrainingError, UsageError
from inkdigits.evaluation.claims import CLAIMS, choose_claims
from inkdigits.evaluation.mcnemar import holm
from inkdigits.evaluation.paired import paired_comparison
from inkdigits.evaluation.series import (
    VARIANTS,
    Kind,
    Point,
    Series,
    choose_percents,
    choose_sizes,
    choose_variants,
    run_series,
    series_json,
)
from inkdigits.evaluation.study import StudyRow, corrected, run_study, study_json
from inkdigits.evaluation.trials import Result, StudyData, Trial, check_conditions, hold_out
from inkdigits.figures.series import series_figure
from inkdigits.figures.study import study_figure
from inkdigits.training.engine import Engine
from inkdigits.training.recipe import Recipe
from inkdigits.training.trainer import Trainer

ENGINE = Engine("cpu", "float32", 1)


@pytest.fixture(scope="module")
def held(mnist: Dataset) -> StudyData:
    return hold_out(mnist.train, mnist.class_names, 360)


def a_series(kind: Kind, amounts: tuple[int, ...], **changes: object) -> Series:
    recipe = Recipe(name="tiny", epochs=1, batch_size=100).changed(
        ["network.dropout=0"], filters="2,4"
    )
    return replace(Series(kind, recipe, amounts, 1, 2, VARIANTS[kind]), **changes)  # type: ignore[arg-type]


class Log:
    """Which trainings were done, and which were kept; stops after so many."""

    def __init__(self, most: int = 1000) -> None:
        self.most = most
        self.trained: list[str] = []
        self.kept: list[str] = []

    def __call__(self, done: int, trials: Sequence[Trial], result: Result) -> None:
        trial = trials[done - 1]
        (self.kept if result.get("kept") else self.trained).append(f"{trial.name}/{trial.seed}")
        if len(self.trained) >= self.most:
            raise KeyboardInterrupt


def test_a_study_that_is_stopped_goes_on_and_a_larger_one_keeps_what_is_there(
    held: StudyData, tmp_path: Path
) -> None:
    asked = a_series("data", (10, 300))
    with pytest.raises(KeyboardInterrupt):
        run_series(asked, held, ENGINE, tmp_path, Log(3))
    second = Log()
    points = run_series(asked, held, ENGINE, tmp_path, second)
    assert second.kept == ["plain-10/0", "augmented-10/0", "plain-300/0"]
    assert second.trained == ["augmented-300/0"]
    more = replace(asked, amounts=(50,), seeds=1, variants=choose_variants("data", "plain"))
    again = run_series(more, held, ENGINE, tmp_path, Log())
    names = [(point.variant.name, point.amount) for point in again]
    assert names == [("plain", 10), ("plain", 50), ("plain", 300), ("augmented", 10),
                     ("augmented", 300)]  # fmt: skip
    assert {point.accuracies for point in points} <= {point.accuracies for point in again}
    both = run_series(replace(more, seeds=2), held, ENGINE, tmp_path, Log())
    assert [(point.amount, len(point.accuracies)) for point in both] == [(50, 2)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "noise"}, "study was data, is noise"),
        ({"steps": 3}, "steps was 2, is 3"),
        ({"recipe": Recipe()}, "recipe.* was"),
    ],
)
def test_conditions_are_not_mixed(
    held: StudyData, tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    asked = a_series("data", (10,), variants=choose_variants("data", "plain"))
    run_series(asked, held, ENGINE, tmp_path)
    with pytest.raises(UsageError, match=words):
        run_series(replace(asked, **changes), held, ENGINE, tmp_path)  # type: ignore[arg-type]
    other = StudyData(held.train, held.train, held.class_names)
    with pytest.raises(UsageError, match="validation_images was"):
        run_series(asked, other, ENGINE, tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"seconds": None},
        {"seconds": float("nan")},
        {"accuracy": 7.5},
        {"accuracy": float("nan")},
        {"seconds": 10**400},
        {"loss": "low"},
    ],
)
def test_a_result_that_is_damaged_is_trained_again(
    held: StudyData, tmp_path: Path, changes: dict[str, object]
) -> None:
    asked = a_series("data", (10,), variants=choose_variants("data", "plain"))
    points = run_series(asked, held, ENGINE, tmp_path)
    path = tmp_path / "plain-10" / "seed-0.json"
    content = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({key: each for key, each in content.items() if each is not None}))
    log = Log()
    (again,) = run_series(asked, held, ENGINE, tmp_path, log)
    assert log.trained == ["plain-10/0"]
    assert again.accuracies == points[0].accuracies


@pytest.mark.parametrize(("kind", "amount"), [("data", 0), ("data", 301), ("noise", 100)])
def test_folders_that_no_training_of_the_study_makes_are_left_alone(
    held: StudyData, tmp_path: Path, kind: Kind, amount: int
) -> None:
    (tmp_path / f"plain-{amount}").mkdir()
    asked = a_series(kind, (10,), variants=choose_variants(kind, "plain"))
    assert [point.amount for point in run_series(asked, held, ENGINE, tmp_path)] == [10]


def test_the_folder_of_a_study_of_another_sort_is_refused_by_its_name(
    held: StudyData, tmp_path: Path
) -> None:
    asked = a_series("data", (10,), variants=choose_variants("data", "plain"))
    run_series(asked, held, ENGINE, tmp_path)
    with pytest.raises(UsageError, match="study was data, is lab"):
        run_study(choose_claims("mse"), 1, held, ENGINE, tmp_path)


def test_a_study_of_claims_that_does_not_say_its_sort_goes_on(
    held: StudyData, tmp_path: Path
) -> None:
    check_conditions(tmp_path, held, ENGINE, {"epochs": 1})
    check_conditions(tmp_path, held, ENGINE, {"study": "lab", "epochs": 1})


def test_intervals_are_students_over_seeds(held: StudyData, tmp_path: Path) -> None:
    asked = a_series("noise", (0, 50), seeds=3, variants=choose_variants("noise", "plain,smoothed"))
    points = run_series(asked, held, ENGINE, tmp_path)
    assert len(points) == 4
    for point in points:
        expected = stats.t.interval(0.95, 2, np.mean(point.accuracies), stats.sem(point.accuracies))
        assert point.interval == pytest.approx(expected)
    content = series_json(asked, points, held)
    assert content["trained_on_at_most"] == 300
    assert [row["percent_wrong"] for row in content["points"]] == [0, 50, 0, 50]
    figure = series_figure(asked, points, 60)
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0%", "50%"]
    means = [
        line for line in axes.lines if line.get_marker() == "o" and line.get_linestyle() == "-"
    ]
    assert list(np.asarray(means[0].get_ydata())) == pytest.approx(
        [100 * (1 - point.mean) for point in points[:2]]
    )


@pytest.mark.parametrize(("seeds", "accuracy"), [(1, 1.0), (2, 0.0)])
def test_a_share_of_nothing_or_everything_is_drawn_whole_and_said(
    seeds: int, accuracy: float
) -> None:
    asked = a_series("noise", (0,), seeds=seeds)
    point = Point(asked.variants[0], 0, (accuracy,) * seeds, (0.1,) * seeds)
    figure = series_figure(asked, [point], 60)
    low, high = figure.axes[0].get_ylim()
    share = max(0.01, 100 * (1 - accuracy))
    assert low < 0.9 * share
    assert share < high / 1.1
    (note,) = [text.get_text() for text in figure.texts if "recipe tiny" in text.get_text()]
    assert f"{seeds} seed{'s' if seeds > 1 else ''}, 60 held-out images " in note
    assert "interval" not in note  # one seed, and seeds that are all alike, have none
    assert ("at 0.01%: none misread" in note) == (accuracy == 1)


@pytest.mark.parametrize(("kind", "amount"), [("data", 59), ("noise", 0)])
def test_points_of_one_amount_lie_beside_each_other(kind: Kind, amount: int) -> None:
    asked = a_series(kind, (amount,))
    points = [Point(variant, amount, (0.5,), (0.1,)) for variant in asked.variants[:2]]
    axes = series_figure(asked, points, 60).axes[0]
    places = [
        axes.transAxes.inverted().transform(line.get_transform().transform(line.get_xydata()))[0, 0]
        for line in axes.lines
        if line.get_linestyle() == "-"
    ]
    assert places[0] < places[1] < places[0] + 0.1
    assert np.mean(places) == pytest.approx(0.5, abs=0.01)


def test_the_picture_of_one_seed_says_so() -> None:
    row = StudyRow(None, (0.5,), (1.0,), (0.1,), (0.0,), None)
    title, note = (text.get_text() for text in study_figure([row], 1234).texts)
    assert "(1 seed)" in title
    assert "1,234 held-out images" in note
    assert "interval" not in note


def a_row(place: int, *differences: float) -> StudyRow:
    values = np.array(differences)
    compared = paired_comparison(values, np.zeros_like(values))
    return StudyRow(CLAIMS[place], differences, (), (1.0,), differences, compared)


def test_verdicts_are_corrected_for_the_number_of_claims() -> None:
    """One claim in twenty holds by chance: an interval beside 0 alone decides nothing."""
    faint, clear = a_row(0, -0.024, -0.017, -0.033), a_row(1, -0.0742, -0.0741, -0.0743)
    (alone,) = corrected([faint])
    assert alone.verdict == "holds"
    rows = corrected([faint, clear, *(a_row(place, -0.01, 0.01, 0.02) for place in range(2, 8))])
    known = [row.comparison.p_value for row in rows if row.comparison]
    assert [row.corrected_p for row in rows] == holm([p for p in known if p is not None])
    assert [row.verdict for row in rows[:3]] == ["undecided", "holds", "no difference found"]
    assert faint.comparison is not None
    assert faint.comparison.interval is not None
    assert faint.comparison.interval[1] < 0
    colours = [text.get_color() for text in study_figure(rows, 60).texts if "holds" in str(text)]
    assert len(colours) == 1


def test_claims_without_a_p_value_are_undecided_and_counted_among_those_tested() -> None:
    single, alike = a_row(0, -0.5), a_row(1, -0.25, -0.25)
    rows = corrected([single, alike, a_row(3, -0.01, -0.011)])
    assert [row.corrected_p for row in rows[:2]] == [None, None]
    assert [row.verdict for row in rows] == ["undecided"] * 3
    assert rows[2].comparison is not None
    assert rows[2].comparison.p_value is not None
    assert rows[2].comparison.p_value < 0.05 < (rows[2].corrected_p or 0)


def test_trainings_that_diverge_are_counted_as_guessing_and_said(
    held: StudyData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def diverge(trainer: Trainer) -> None:
        trainer.history.seconds = 1.5
        raise TrainingError("The loss is no number.")

    monkeypatch.setattr(Trainer, "run", diverge)
    asked = a_series("data", (10,), variants=choose_variants("data", "plain"))
    (point,) = run_series(asked, held, ENGINE, tmp_path)
    assert (point.diverged, point.seconds) == (1, (1.5,))
    assert point.mean == np.bincount(held.validation.labels).max() / 60
    assert series_json(asked, [point], held)["points"][0]["diverged"] == 1
    row = replace(a_row(0, -0.1, -0.2), diverged=1)
    content = study_json([row], held)
    assert content["rows"][0]["diverged"] == 1
    assert (content["trained_on"], content["scored_on"]) == (300, "60 held-out training images")


def test_what_is_trained_on(held: StudyData) -> None:
    """Subsets of the training part, labels wrong as asked, one change a variant."""
    noisy = a_series("noise", (40,)).split_of(40, 3, held)
    assert (noisy.labels != held.train.labels).sum() == 120
    np.testing.assert_array_equal(noisy.images, held.train.images)
    small, large = (a_series("data", (10, 50)).split_of(size, 3, held) for size in (10, 50))
    np.testing.assert_array_equal(small.images, large.images[:10])
    assert sorted(small.labels) == list(range(10))
    asked = a_series("noise", (0,))
    recipes = {v.name: asked.recipe_of(v, 0, 300) for v in VARIANTS["noise"]}
    plain = recipes["plain"]
    assert recipes["smoothed"] == replace(plain, label_smoothing=0.1)
    assert recipes["squared-error"] == replace(plain, loss="mean_squared_error")
    assert recipes["augmented"].augmentation.is_on
    assert replace(recipes["augmented"], augmentation=plain.augmentation) == plain


def test_sizes_and_percents_are_read(held: StudyData) -> None:
    assert choose_sizes("100, 10,all,100", held) == (10, 100, 300)
    assert choose_sizes("360", held) == (300,)  # all there were, less what is held out
    assert choose_percents("60,0, 20") == (0, 20, 60)
    for text in ("9", "361", "many", "", "-5"):
        with pytest.raises(UsageError):
            choose_sizes(text, held)
    for text in ("100", "-1", "some"):
        with pytest.raises(UsageError):
            choose_percents(text)
    with pytest.raises(UsageError, match=r"no variant 'magic'.*plain, smoothed"):
        choose_variants("noise", "plain,magic")


def test_of_a_sorted_set_each_class_is_held_out_in_its_share(mnist: Dataset) -> None:
    images, labels = mnist.first(600, 1).train
    order = np.argsort(labels, kind="stable")
    sorted_set = Split(images[order], labels[order])
    held = hold_out(sorted_set, mnist.class_names, mix=True)
    assert len(held.validation.labels) == 100
    counts = np.bincount(held.validation.labels, minlength=10)
    assert np.abs(counts - np.bincount(labels) / 6).max() <= 1
    everything = np.concatenate((held.train.images, held.validation.images))
    assert sorted(map(bytes, everything)) == sorted(map(bytes, images))
    few = hold_out(sorted_set, mnist.class_names, 60, mix=True)
    assert set(few.train.labels) == set(range(10))


def test_without_sizes_those_that_can_be_had_are_taken(held: StudyData) -> None:
    assert choose_sizes(None, held) == (10, 100, 300)
