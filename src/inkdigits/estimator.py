"""`DigitClassifier`: our recipes as a scikit-learn classifier.

    classifier = DigitClassifier().fit(x_train, y_train)  # (N, 28, 28) or (N, 784)
    classifier.score(x_test, y_test)

It follows scikit-learn's rules (all of `check_estimator`), so it goes wherever a classifier of
theirs does. What it learned is numpy arrays and settings: that is all that pickle or joblib write.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

try:
    import torch
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ModuleNotFoundError as error:
    from inkdigits.extras import missing

    raise missing("DigitClassifier", error, "sklearn") from None

from inkdigits.data.dataset import Split
from inkdigits.data.rows import Layout
from inkdigits.errors import DataError, UsageError
from inkdigits.evaluation.metrics import softmax
from inkdigits.networks.predict import predict_logits
from inkdigits.settings import from_mapping, to_mapping
from inkdigits.training.engine import AUTO, Device, Engine, choose_engine
from inkdigits.training.piecewise import Learned, learn, learn_more
from inkdigits.training.recipe import LEAST_STEPS, Recipe
from inkdigits.training.recipes import DEFAULT, find_recipe

MOST_SEEDS = 2**31 - 1


class DigitClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # has no types
    """A convolutional network for images of digits, or of whatever has labels.

    Images are `(N, H, W)`, or rows `(N, F)` of their pixels, line by line: 784 numbers are 28x28
    pixels, and so is every square number a square; other rows are laid out as nearly square as they
    can be. Images smaller than the recipe's 28x28 are enlarged to it. Pixels have 256 levels.

    uint8 from 0 to 255 and numbers from 0 to 1 mean the same images, in `fit` and in `predict`, in
    any combination; after uint8, whole numbers of any other type are such bytes too. If the
    training data are neither, their least number is black and their greatest is white, then and in
    all that is predicted; what is beyond is cut off there.

    Args:
        recipe: the name of one that `inkdigits recipes` lists, or a `Recipe`; its number of classes
            and image size become those of the data, and of few images a batch is a sixteenth (or
            64), if the recipe's is larger.
        epochs: passes over the training data. None: the recipe's, times what 150 steps need
            (460 for `lab`, whose normalisation forgets slowly).
        learning_rate: instead of the recipe's.
        random_state: an int for the same network each time (on a CPU, with as many threads); a
            `RandomState`, or None for numpy's own, to draw another.
        device: cpu, cuda or mps, or torch's own; auto, or None, takes cuda where it is.

    Attributes:
        classes_: the labels, sorted.
        n_features_in_: numbers of a row, or pixels of an image.
        recipe_: the recipe as it was trained.
        loss_curve_: mean loss of each epoch of `fit`, and of each `partial_fit`, in nats.
    """

    classes_: npt.NDArray[Any]
    recipe_: Recipe
    _layout: Layout
    _seed: int
    _learned: Learned

    def __init__(
        self,
        recipe: str | Recipe = DEFAULT,
        *,
        epochs: int | None = None,
        learning_rate: float | None = None,
        random_state: Any = None,
        device: Device = AUTO,
    ) -> None:
        self.recipe = recipe
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.random_state = random_state
        self.device = device

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803  # scikit-learn's own name
        """Train a new network.

        Args:
            X: images `(N, H, W)` or rows `(N, F)` of finite real numbers.
            y: labels `(N,)` of 2 to 256 classes: numbers, strings, anything that can be sorted.

        Raises:
            ValueError: if X, y or a parameter is anything else (TypeError for sparse X or a recipe
                of another type).
            TrainingError: if the loss is no longer a number.
        """
        self.__dict__.pop("_learned", None)  # should this fail, nothing is fitted
        rows, shape = _as_rows(X)
        rows, y = validate_data(self, rows, _as_labels(y))
        check_classification_targets(y)
        with _value_errors():
            self._begin(rows, shape, np.unique(y))
            split = self._split(rows, y)
            least = _least_steps(self.recipe_) if self.epochs is None else 0
            self.recipe_ = self.recipe_.lasting(len(rows), least)
            engine = self._engine()
            with engine.applied():
                self._learned = learn(self.recipe_, split, engine, self._seed)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:  # noqa: N803
        """Train on some more images, once through, from where the network stands.

        The learning rate is constant, a tenth of the recipe's; a step takes 64 images; `epochs`
        says nothing here. Images are mixed with some of those seen before, of which a sample of 256
        is kept. What is black and white stays what it was in the first call.

        Args:
            X: as of `fit`, and of the same shape in each call.
            y: labels `(N,)`.
            classes: all labels that there will be; needed in the first call, unless `fit` was.

        Raises:
            ValueError: if X, y, classes or a parameter is anything else (TypeError as in `fit`).
            TrainingError: if the loss is no longer a number.
        """
        first = not hasattr(self, "_learned")
        if first and classes is None:
            raise ValueError(
                "The first call of partial_fit needs classes: all labels there will be."
            )
        rows, shape = _as_rows(X)
        rows, y = validate_data(self, rows, _as_labels(y), reset=first)
        check_classification_targets(y)
        with _value_errors():
            if first:
                self._begin(rows, shape, np.unique(_as_labels(classes)))
            elif classes is not None and not self._knows(classes):
                raise ValueError(f"classes are {classes}, but were {self.classes_} before.")
            self._check_shape(shape)
            split, before = self._split(rows, y), None if first else self._learned
            engine = self._engine()
            with engine.applied():
                self._learned = learn_more(self.recipe_, split, engine, self._seed, before)
        return self

    def predict(self, X: Any) -> npt.NDArray[Any]:  # noqa: N803
        """The likeliest label of each image or row: `(N,)`, of the type of those in `fit`.

        Args:
            X: at least one image or row, as of `fit` and of its shape.

        Raises:
            ValueError: if X is anything else (TypeError for sparse X).
            NotFittedError: scikit-learn's own, before `fit` or `partial_fit`.
        """
        places = self._logits(X).argmax(axis=1)
        labels: npt.NDArray[Any] = self.classes_[places]
        return labels

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:  # noqa: N803
        """How likely each class is: `(N, classes) float64`, in the order of `classes_`.

        Args:
            X: as of `predict`, which raises the same.
        """
        return softmax(self._logits(X))

    @property
    def loss_curve_(self) -> list[float]:
        """Mean loss of each epoch of `fit`, and of each `partial_fit`, in nats."""
        check_is_fitted(self)
        return list(self._learned.losses)

    def _begin(
        self, rows: npt.NDArray[Any], shape: tuple[int, int] | None, classes: npt.NDArray[Any]
    ) -> None:
        """All that is decided by the first rows `(N, F)`."""
        if len(classes) < 2:
            raise ValueError("There is one class only, and so nothing to tell apart.")
        recipe = find_recipe(self.recipe) if isinstance(self.recipe, str) else self.recipe
        if not isinstance(recipe, Recipe):
            raise TypeError(f"recipe is {recipe!r}; it must be a recipe or the name of one.")
        if self.epochs is not None:
            recipe = replace(recipe, epochs=self.epochs)
        if self.learning_rate is not None:
            optimizer = replace(recipe.optimizer, learning_rate=self.learning_rate)
            recipe = replace(recipe, optimizer=optimizer)
        self._layout = Layout.learn(rows, shape, recipe.network.image_size)
        self.recipe_ = recipe.for_data(len(classes), self._layout.size)
        self.classes_ = classes
        self._seed = int(check_random_state(self.random_state).randint(MOST_SEEDS))

    def _split(self, rows: npt.NDArray[Any], y: npt.NDArray[Any]) -> Split:
        known = np.isin(y, self.classes_)
        if not known.all():
            raise ValueError(f"y holds {y[~known].tolist()[0]!r}, which is none of the classes.")
        places = np.searchsorted(self.classes_, y)
        return Split(self._layout.images(rows), places.astype(np.uint8))

    def _knows(self, classes: Any) -> bool:
        return np.array_equal(np.unique(_as_labels(classes)), self.classes_)

    def _check_shape(self, shape: tuple[int, int] | None) -> None:
        if shape is not None and shape != self._layout.shape:
            given, fitted = (f"{size[0]}x{size[1]}" for size in (shape, self._layout.shape))
            raise ValueError(f"X holds images of {given} pixels; those fitted were of {fitted}.")

    def _logits(self, X: Any) -> npt.NDArray[np.floating]:  # noqa: N803
        check_is_fitted(self)
        rows, shape = _as_rows(X)
        rows = validate_data(self, rows, reset=False)
        with _value_errors():
            self._check_shape(shape)
            # float64, so that an image scores the same to the last digit printed, whatever the
            # batch that it comes in.
            network = self._learned.network(self.recipe_, torch.float64)
            return predict_logits(network, self._layout.images(rows))

    def _engine(self) -> Engine:
        # No more threads than torch has been left by the user, or by joblib in its workers.
        engine = choose_engine(self.device)
        return replace(engine, threads=min(engine.threads, torch.get_num_threads()))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_learned")

    def __getstate__(self) -> dict[str, Any]:
        """Numpy arrays and plain settings, nothing of ours."""
        state = dict(super().__getstate__())
        for name in _SETTINGS.keys() & state.keys():
            if not isinstance(state[name], str):  # the name of a recipe
                state[name] = to_mapping(state[name])
        if "_learned" in state:
            learned = dict(vars(state["_learned"]))
            state["_learned"] = learned | {"sample": tuple(learned["sample"])}
        return state

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        values = dict(state)
        for name in _SETTINGS.keys() & values.keys():
            if isinstance(values[name], Mapping):
                values[name] = from_mapping(_SETTINGS[name], values[name], name)
        if "_learned" in values:
            learned = values["_learned"]
            values["_learned"] = Learned(**learned | {"sample": Split(*learned["sample"])})
        super().__setstate__(values)


_SETTINGS: dict[str, type] = {"recipe": Recipe, "recipe_": Recipe, "_layout": Layout}


def _least_steps(recipe: Recipe) -> int:
    """Steps to learn, and for normalisation's averages to forget all but 1% of their start."""
    return max(
        LEAST_STEPS, math.ceil(math.log(0.01) / math.log(recipe.network.norm_momentum or 0.1))
    )


def _as_rows(X: Any) -> tuple[Any, tuple[int, int] | None]:  # noqa: N803
    """X as rows, and the height and width of its images if it holds such."""
    dimensions = np.ndim(X) if isinstance(X, (list, tuple)) else getattr(X, "ndim", 2)
    if dimensions > 3:
        raise ValueError(
            f"X has {dimensions} dimensions; it takes images (N, H, W) or rows (N, F) of pixels."
        )
    if dimensions != 3:
        return X, None
    images = np.asarray(X)
    count, height, width = images.shape
    return images.reshape(count, height * width), (height, width)


def _as_labels(y: Any) -> Any:
    """Labels of pandas' nullable types as numpy's, of which scikit-learn would make floats."""
    kind = getattr(getattr(y, "dtype", None), "numpy_dtype", None)
    return y if kind is None else y.to_numpy(dtype=kind)


@contextmanager
def _value_errors() -> Iterator[None]:
    """What scikit-learn expects of a request that cannot be met."""
    try:
        yield
    except (UsageError, DataError) as error:
        raise ValueError(str(error)) from error
