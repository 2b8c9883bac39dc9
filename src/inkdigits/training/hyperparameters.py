"""A recipe's hyperparameters beside its network: optimizer, schedule and augmentation, frozen."""

import math
from dataclasses import dataclass, replace
from typing import Literal, Self, get_args

from inkdigits.settings import check_choice, check_range, check_types

OptimizerName = Literal["adam", "sgd"]


@dataclass(frozen=True)
class Optimizer:
    """How weights follow the gradient.

    Attributes:
        name: adam or sgd.
        learning_rate: 1e-12 to 1e6; the largest that the schedule reaches.
        beta1: Adam's, the share of the gradients' running mean that is kept a step; 0 to below 1.
        beta2: Adam's, the same of their squares' mean; 0 to below 1.
        epsilon: Adam's, added to the root of that mean; 1e-12 to 1. All three are Keras's;
            torch's own epsilon is 1e-8.
        momentum: SGD's, 0 to below 1; above 0 it is Nesterov's.
        weight_decay: each step takes this times the learning rate times the parameter off every
            parameter: with Adam apart from the gradient (Loshchilov and Hutter, 'Decoupled Weight
            Decay Regularization', 2019), with SGD as part of it; 0 to 1000.

    Raises:
        UsageError: if a value is of another type, or out of its range.
    """

    name: OptimizerName = "adam"
    learning_rate: float = 0.01
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-7
    momentum: float = 0.0
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        check_types(self)
        check_choice("optimizer", self.name, get_args(OptimizerName))
        check_range("learning_rate", self.learning_rate, 1e-12, 1e6)
        check_range("beta1", self.beta1, 0.0, 1.0, end_included=False)
        check_range("beta2", self.beta2, 0.0, 1.0, end_included=False)
        check_range("epsilon", self.epsilon, 1e-12, 1.0)
        check_range("momentum", self.momentum, 0.0, 1.0, end_included=False)
        check_range("weight_decay", self.weight_decay, 0.0, 1e3)


@dataclass(frozen=True)
class Schedule:
    """How the learning rate moves: up from `start` during `warm_up`, then down to `end`.

    Smith and Topin, 'Super-Convergence', 2018, for one cycle; with `down="constant"` and no warm-up
    the rate never changes, as in the notebook.

    Attributes:
        warm_up: how long the rate rises: a share of all steps, 0 to 1.
        start: where the rise begins: a share of the optimizer's rate, 0 to 1.
        down: how it falls: constant (not at all), linear or cosine.
        end: where the fall ends: a share of the optimizer's rate, 0 to 1.

    Raises:
        UsageError: if a value is of another type, or out of its range.
    """

    warm_up: float = 0.0
    start: float = 0.04
    down: Literal["constant", "linear", "cosine"] = "constant"
    end: float = 0.0

    def __post_init__(self) -> None:
        check_types(self)
        check_range("warm_up", self.warm_up, 0.0, 1.0)
        check_range("start", self.start, 0.0, 1.0)
        check_choice("down", self.down, ("constant", "linear", "cosine"))
        check_range("end", self.end, 0.0, 1.0)

    def share(self, step: int, steps: int) -> float:
        """The share of the optimizer's rate that step `step`, of 0 to `steps - 1`, is taken with.

        The first step of a fall is taken at the full rate; the step after the last would be at
        `end`.
        """
        rising = self.warm_up * steps
        if step < rising:
            return self.start + (1 - self.start) * step / rising
        if self.down == "constant":
            return 1.0
        fallen = (step - rising) / max(steps - rising, 1)
        if self.down == "cosine":
            fallen = (1 - math.cos(math.pi * fallen)) / 2
        return 1 + (self.end - 1) * fallen


@dataclass(frozen=True)
class Augmentation:
    """How far training images are changed at random; 0 is not at all.

    Attributes:
        rotation: degrees, uniform in +-rotation; 0 to 180.
        scale: size, uniform in 1 +- scale; 0 to below 1.
        aspect: width over height, uniform in 1 +- aspect; 0 to below 1.
        shear: degrees, uniform in +-shear; 0 to 60.
        shift: pixels, each axis uniform in +-shift; 0 to 1024.
        elastic: pixels, standard deviation of each pixel's own displacement; 0 to 1024.
        elastic_grid: places along an axis that are displaced independently; 2 to 28.
        thickness: strokes dilated or eroded by up to this share of a pixel around; 0 to 1.
        blur: share of a 3x3 binomial blur mixed in, uniform in 0 to blur; 0 to 1.
        noise: standard deviation, as a share of the range of intensities; 0 to 1.
        contrast: intensities times a factor uniform in 1 +- contrast; 0 to below 1.
        erase: share of images of which a patch is blank; 0 to 1.

    Raises:
        UsageError: if a value is of another type, or out of its range.
    """

    rotation: float = 0.0
    scale: float = 0.0
    aspect: float = 0.0
    shear: float = 0.0
    shift: float = 0.0
    elastic: float = 0.0
    elastic_grid: int = 5
    thickness: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    contrast: float = 0.0
    erase: float = 0.0

    def __post_init__(self) -> None:
        check_types(self)
        check_range("rotation", self.rotation, 0.0, 180.0)
        for name in ("scale", "aspect", "contrast"):
            check_range(name, getattr(self, name), 0.0, 1.0, end_included=False)
        check_range("shear", self.shear, 0.0, 60.0)
        check_range("shift", self.shift, 0.0, 1024.0)
        check_range("elastic", self.elastic, 0.0, 1024.0)
        check_range("elastic_grid", self.elastic_grid, 2, 28)
        for name in ("thickness", "blur", "noise", "erase"):
            check_range(name, getattr(self, name), 0.0, 1.0)

    @property
    def moves_pixels(self) -> bool:
        """Whether images are resampled."""
        moves = (self.rotation, self.scale, self.aspect, self.shear, self.shift, self.elastic)
        return any(moves)

    def scaled(self, share: float) -> Self:
        """The same with each reach times `share`, 0 to 1."""
        reaches = {key: value * share for key, value in vars(self).items() if key != "elastic_grid"}
        return replace(self, **reaches)

    @property
    def is_on(self) -> bool:
        """Whether anything is changed at all."""
        others = (self.thickness, self.blur, self.noise, self.contrast, self.erase)
        return self.moves_pixels or any(others)
