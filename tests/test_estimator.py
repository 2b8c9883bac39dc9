"""`DigitClassifier`: scikit-learn's own checks of an estimator, and what they do not look at."""

import io
import subprocess
import sys
from typing import Any

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import estimator_checks_generator

from inkdigits import DigitClassifier, find_recipe
from inkdigits.data import Dataset, Split
from inkdigits.networks.predict import predict_logits
from inkdigits.training.engine import choose_engine
from inkdigits.training.trainer import Trainer

LAB = find_recipe("lab").with_settings("network.dropout=0").with_filters("4,8,8")


CHECKS = [check for _, check in estimator_checks_generator(DigitClassifier())]


# None of them is expected to fail.
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.func.__name__)
def test_scikit_learns_checks_pass(check: Any) -> None:
    learns = check.func.__name__ == "check_classifiers_train"  # the others do not ask how well
    check(DigitClassifier(epochs=12 if learns else 4))


@pytest.fixture(scope="module")
def some(mnist: Dataset) -> Split:
    """800 training images."""
    return mnist.first(800, 1).train


@pytest.fixture(scope="module")
def others(mnist: Dataset) -> Split:
    """1,000 other training images, to score on."""
    return Split(mnist.train.images[50_000:51_000], mnist.train.labels[50_000:51_000])


@pytest.fixture(scope="module")
def fitted(some: Split) -> DigitClassifier:
    """Fitted on them as bytes; tests must not change it."""
    return DigitClassifier(random_state=0).fit(*some)


def test_fitting_leaves_torch_as_many_threads_as_it_had(some: Split) -> None:
    torch.set_num_threads(2)  # the suite's own limit is one
    classifier = DigitClassifier(LAB, epochs=1).fit(some.images[:20], some.labels[:20])
    assert torch.get_num_threads() == 2
    classifier.partial_fit(some.images[:20], some.labels[:20])
    assert torch.get_num_threads() == 2


def test_few_images_are_learned_better_than_by_support_vectors(
    some: Split, others: Split, fitted: DigitClassifier
) -> None:
    rows, labels = some.images.reshape(-1, 784) / 255, some.labels
    least = SVC().fit(rows, labels).score(others.images.reshape(-1, 784) / 255, others.labels)
    assert fitted.score(*others) > max(0.95, least + 0.02)


def test_normalisations_averages_forget_where_they_started(some: Split) -> None:
    for recipe in (LAB, find_recipe("quick")):
        classifier = DigitClassifier(recipe).fit(some.images[:40], some.labels[:40])
        steps = classifier.recipe_.epochs  # of one batch each
        assert steps >= 150
        assert recipe.network.norm_momentum**steps < 0.0101


def test_bytes_and_shares_in_any_shape_are_the_same_images_in_fit_and_predict(
    some: Split, others: Split, fitted: DigitClassifier
) -> None:
    expected = fitted.predict_proba(others.images)
    assert expected.dtype == np.float64
    np.testing.assert_allclose(expected.sum(axis=1), 1)

    def forms(images: np.ndarray) -> list[np.ndarray]:
        shares = (images / 255).astype(np.float32)
        return [images.reshape(-1, 784), images / 255, shares.reshape(-1, 784)]

    for form in forms(others.images):
        np.testing.assert_array_equal(fitted.predict_proba(form), expected)
    for form in forms(some.images)[2:]:
        again = DigitClassifier(random_state=0).fit(form, some.labels)
        np.testing.assert_array_equal(again.predict_proba(others.images), expected)
        np.testing.assert_array_equal(again.predict_proba(others.images / 255), expected)


def test_bytes_of_another_type_in_lists_and_tables_are_the_same_images(
    others: Split, fitted: DigitClassifier
) -> None:
    pandas = pytest.importorskip("pandas")
    rows = others.images[:20].reshape(20, -1)
    expected = fitted.predict(rows)
    for form in (rows.astype(np.int64), rows.tolist(), pandas.DataFrame(rows.astype(np.int32))):
        np.testing.assert_array_equal(fitted.predict(form), expected)


@pytest.mark.parametrize(("type_", "kind"), [("Int64", "i"), ("UInt8", "u"), ("boolean", "b")])
def test_labels_of_pandas_types_do_not_become_floats(some: Split, type_: str, kind: str) -> None:
    labels = pytest.importorskip("pandas").Series(some.labels % 2).astype(type_)
    classifier = DigitClassifier(LAB, epochs=1).fit(some.images, labels)
    read = classifier.partial_fit(some.images[:3], labels[:3], labels).predict(some.images[:9])
    assert classifier.classes_.dtype.kind == read.dtype.kind == kind
    labels[3] = None
    with pytest.raises(ValueError, match="missing values"):
        classifier.fit(some.images, labels)


def test_a_fit_with_epochs_given_is_the_recipes_own_training(some: Split, others: Split) -> None:
    labels = np.array(list("abcdefghij"))[some.labels]
    classifier = DigitClassifier(LAB, epochs=1, random_state=np.random.RandomState(5))
    classifier.fit(some.images, labels)
    seed = np.random.RandomState(5).randint(2**31 - 1)
    recipe = LAB.with_settings("epochs=1").lasting(len(labels), 0)
    trainer = Trainer(recipe, some, choose_engine(), int(seed))
    trainer.run()
    likeliest = predict_logits(trainer.network, others.images).argmax(axis=1)
    read = classifier.predict(others.images)
    assert (
        read == np.array(list("abcdefghij"))[likeliest]
    ).mean() > 0.999  # float64 beside float32
    assert classifier.loss_curve_ == pytest.approx(trainer.history.epoch_losses)
    assert classifier.recipe_ == trainer.recipe


def test_random_states_are_those_of_scikit_learn(some: Split) -> None:
    def probabilities(state: Any) -> np.ndarray:
        classifier = DigitClassifier(LAB, epochs=1, random_state=state)
        return classifier.fit(*some).predict_proba(some.images[:50])

    shared = np.random.RandomState(3)
    first, second = probabilities(shared), probabilities(shared)
    assert np.abs(first - second).max() > 0.01
    np.testing.assert_array_equal(probabilities(np.random.RandomState(3)), first)
    np.testing.assert_array_equal(probabilities(3), first)
    assert np.abs(probabilities(None) - probabilities(None)).max() > 0.01


def test_joblib_keeps_it_and_its_state_is_arrays_and_plain_settings(
    fitted: DigitClassifier, others: Split
) -> None:
    own = clone(fitted).set_params(recipe=find_recipe("quick"), epochs=1).fit(*others)
    for classifier in (fitted, own):
        stream = io.BytesIO()
        joblib.dump(classifier, stream)
        stream.seek(0)
        again = joblib.load(stream)
        assert again.get_params() == classifier.get_params()
        np.testing.assert_array_equal(
            again.predict_proba(others.images), classifier.predict_proba(others.images)
        )
        again.partial_fit(others.images[:5], others.labels[:5])
        assert_plain(classifier.__getstate__())


def assert_plain(value: Any) -> None:
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple):
        assert type(value) in (list, tuple)
        for each in value:
            assert_plain(each)
        return
    if isinstance(value, np.ndarray):
        assert value.dtype.kind in "iufbU"
        return
    assert type(value) in (str, int, float, bool, type(None)), value


def test_it_works_in_scikit_learns_machinery() -> None:
    rows, labels = load_digits(return_X_y=True)  # 8x8 pixels from 0 to 16
    rows, labels, names = rows[:600], labels[:600], np.array([f"digit {n}" for n in range(10)])
    scores = cross_val_score(DigitClassifier(random_state=0), rows, labels, cv=2)
    assert scores.mean() > cross_val_score(SVC(), rows, labels, cv=2).mean()
    pipeline = make_pipeline(StandardScaler(), DigitClassifier(epochs=12, random_state=0))
    search = GridSearchCV(
        pipeline, {"digitclassifier__learning_rate": [1e-9, 0.02]}, cv=2, error_score="raise"
    )
    search.fit(rows, names[labels])
    assert search.best_params_ == {"digitclassifier__learning_rate": 0.02}
    assert search.score(rows, names[labels]) > 0.95
    calibrated = CalibratedClassifierCV(DigitClassifier(epochs=12, random_state=0), cv=2)
    calibrated.fit(rows.reshape(-1, 64), names[labels])
    assert calibrated.score(rows, names[labels]) > 0.95


def test_pieces_of_a_stream_sorted_by_label_are_learned(some: Split, others: Split) -> None:
    classifier = DigitClassifier(random_state=0)
    order = np.argsort(some.labels, kind="stable")
    for piece in np.array_split(order, 20):
        classifier.partial_fit(some.images[piece], some.labels[piece], classes=np.arange(10))
    for index in range(10):  # single images, after which all is still known
        classifier.partial_fit(some.images[index : index + 1], some.labels[index : index + 1])
    assert len(classifier.loss_curve_) == 30
    assert classifier.score(*others) > 0.7


def test_a_fit_goes_on_with_a_class_that_it_hardly_knew(some: Split, others: Split) -> None:
    rare = np.flatnonzero((some.labels != 7) | (np.arange(len(some.labels)) < 30))
    classifier = DigitClassifier(random_state=0).fit(some.images[rare], some.labels[rare])
    sevens = others.labels == 7
    before = classifier.score(others.images[sevens], others.labels[sevens])
    for _ in range(3):
        classifier.partial_fit(some.images[some.labels == 7], some.labels[some.labels == 7])
    assert classifier.score(others.images[sevens], others.labels[sevens]) > before
    assert classifier.score(*others) > 0.9


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"recipe": "magic"}, "no recipe 'magic'"),
        ({"epochs": 0}, "epochs is 0"),
        ({"epochs": 1.5}, "epochs is 1.5"),
        ({"epochs": "1"}, "epochs is '1'; it must be a whole number"),
        ({"learning_rate": "0.1"}, "learning_rate is '0.1'; it must be a number"),
        ({"learning_rate": -1}, "learning_rate is -1"),
        ({"device": "warp"}, "warp"),
    ],
)
def test_wrong_parameters_are_said_when_fitted(
    settings: dict[str, Any], words: str, some: Split
) -> None:
    with pytest.raises(ValueError, match=words):
        DigitClassifier(**settings).fit(*some)


def test_what_does_not_fit_is_refused_in_a_sentence(fitted: DigitClassifier, some: Split) -> None:
    images, labels = some
    wide = images.reshape(-1, 14, 56)
    with pytest.raises(ValueError, match=r"images of 14x56 pixels; those fitted were of 28x28"):
        fitted.predict(wide)
    with pytest.raises(ValueError, match="whole numbers from 0 to 255"):
        fitted.predict(images.astype(np.float64))
    with pytest.raises(
        ValueError, match=r"X has 4 dimensions; it takes images \(N, H, W\) or rows"
    ):
        DigitClassifier().fit(images[:, None], labels)
    with pytest.raises(ValueError, match="one class only"):
        DigitClassifier().fit(images, np.zeros(len(images)))
    with pytest.raises(ValueError, match="classes is 300; it must be from 2 to 256"):
        DigitClassifier().fit(images[:750], np.arange(750) % 300)
    with pytest.raises(ValueError, match="needs classes"):
        DigitClassifier().partial_fit(images, labels)
    first = DigitClassifier().partial_fit(images[:9], labels[:9], classes=range(10))
    with pytest.raises(ValueError, match="y holds 11, which is none of the classes"):
        first.partial_fit(images[:1], [11])
    with pytest.raises(ValueError, match=r"were .* before"):
        first.partial_fit(images[:1], [1], classes=[1, 2])


def test_a_pixel_that_a_scaler_knew_as_black_only_is_cut_off(
    fitted: DigitClassifier, some: Split
) -> None:
    shares = some.images[:20].reshape(20, -1) / 255
    unscaled = shares.copy()
    unscaled[3, np.flatnonzero(shares[3] == 0)[0]] = 184  # black in all that the scaler saw
    white = np.where(unscaled > 1, 1, unscaled)
    np.testing.assert_array_equal(fitted.predict_proba(unscaled), fitted.predict_proba(white))


def test_a_fit_that_fails_leaves_nothing_fitted(some: Split) -> None:
    classifier = DigitClassifier(LAB, epochs=1).fit(*some)
    with pytest.raises(ValueError, match="one class"):
        classifier.fit(some.images, np.zeros(len(some.labels)))
    with pytest.raises(NotFittedError):
        classifier.predict(some.images)


def test_without_scikit_learn_it_says_what_to_install() -> None:
    script = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import inkdigits; inkdigits.find_recipe('quick')\n"
        "try: inkdigits.DigitClassifier\n"
        "except ImportError as error: print(error)"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "pip install 'inkdigits[sklearn]'" in output.stdout, output.stderr
