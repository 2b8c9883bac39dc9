"""Adam and SGD on one flat vector of parameters.

The arithmetic is torch's (tests hold it to `torch.optim`), in a few operations on one vector.
Making any optimizer of `torch.optim` imports torch's compiler, which takes a second: as long as the
whole training by the recipe `quick`.
"""

import math

import torch
from torch import Tensor

from inkdigits.training.hyperparameters import Optimizer


class Adam:
    """Adam with decoupled weight decay, bias-corrected.

    Kingma and Ba, 'Adam', 2015; Loshchilov and Hutter, 'Decoupled Weight Decay Regularization',
    2019.
    """

    def __init__(self, parameters: Tensor, settings: Optimizer) -> None:
        self.parameters, self.settings = parameters, settings
        self.state = {
            "step": torch.zeros((), dtype=torch.int64),
            "mean": torch.zeros_like(parameters),
            "square": torch.zeros_like(parameters),
        }

    def step(self, gradient: Tensor, rate: float) -> None:
        """Move the parameters against `gradient`, both `(P,)`, at the learning rate `rate`."""
        settings, mean, square = self.settings, self.state["mean"], self.state["square"]
        self.state["step"] += 1
        step = int(self.state["step"])
        if settings.weight_decay:
            self.parameters.mul_(1 - rate * settings.weight_decay)
        mean.lerp_(gradient, 1 - settings.beta1)
        square.mul_(settings.beta2).addcmul_(gradient, gradient, value=1 - settings.beta2)
        deviation = square.sqrt().div_(math.sqrt(1 - settings.beta2**step)).add_(settings.epsilon)
        self.parameters.addcdiv_(mean, deviation, value=-rate / (1 - settings.beta1**step))


class SGD:
    """Stochastic gradient descent, with Nesterov's momentum where it is above 0.

    Sutskever and others, 'On the importance of initialization and momentum in deep learning', 2013.
    """

    def __init__(self, parameters: Tensor, settings: Optimizer) -> None:
        self.parameters, self.settings = parameters, settings
        self.state: dict[str, Tensor] = {}
        if settings.momentum:
            self.state["velocity"] = torch.zeros_like(parameters)

    def step(self, gradient: Tensor, rate: float) -> None:
        """Move the parameters against `gradient`, both `(P,)`, at the learning rate `rate`."""
        settings = self.settings
        if settings.weight_decay:
            gradient = gradient.add(self.parameters, alpha=settings.weight_decay)
        if settings.momentum:
            velocity = self.state["velocity"].mul_(settings.momentum).add_(gradient)
            gradient = gradient.add(velocity, alpha=settings.momentum)
        self.parameters.add_(gradient, alpha=-rate)


def make_optimizer(parameters: Tensor, settings: Optimizer) -> Adam | SGD:
    """The optimizer that `settings` name, for a flat vector that needs no gradient itself."""
    return (SGD if settings.name == "sgd" else Adam)(parameters, settings)
