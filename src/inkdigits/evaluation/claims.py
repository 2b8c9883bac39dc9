"""What the lab notebook's comments claim, each as a change of one thing in a recipe.

The change is to `lab` itself, or to the variant that `against` names.
"""

from dataclasses import dataclass
from typing import Literal

from inkdigits.errors import UsageError
from inkdigits.training.recipe import Recipe

BASELINE = "baseline"


@dataclass(frozen=True)
class Claim:
    """One variant of the notebook's network, and what its comments expect of it."""

    name: str
    says: str  # the notebook's claim, in short
    settings: tuple[str, ...]  # key=value, as `Recipe.with_settings` takes them
    # None: the notebook names the alternative without ranking it.
    expected: Literal["worse", "better"] | None = None
    filters: str | None = None
    against: str = BASELINE  # the variant that it is compared with

    def change(self, lab: Recipe) -> Recipe:
        """The recipe with this claim's change."""
        recipe = lab.with_filters(self.filters) if self.filters else lab
        return recipe.with_settings(*self.settings)


_STAGES = "network.stages"
# Of the two stages that pool.
_AVERAGE = (f"{_STAGES}.1.pooling=average", f"{_STAGES}.2.pooling=average")
_MINIMUM = (f"{_STAGES}.1.pooling=min", f"{_STAGES}.2.pooling=min")

CLAIMS = (
    Claim("l2", "with L2 on the kernels it performs worse", ("l2=0.01",), "worse"),
    Claim("sigmoid", "sigmoid saturates, the worst choice", (f"{_STAGES}.activation=sigmoid",),
          "worse"),
    Claim("leaky-relu", "leaky ReLU keeps the negative side",
          (f"{_STAGES}.activation=leaky_relu",)),
    Claim("linear", "without a non-linearity layers are lost",
          (f"{_STAGES}.activation=linear", *_AVERAGE), "worse", against="pooling-average"),
    Claim("no-batch-norm", "batch norm guards the gradients", (f"{_STAGES}.norm=none",), "worse"),
    Claim("no-dropout", "dropout avoids overfitting", ("network.dropout=0",), "worse"),
    Claim("more-filters", "deeper stages want more filters", (), "better", "32,64,128"),
    Claim("padding-valid", "valid padding loses the border", (f"{_STAGES}.padding=valid",)),
    Claim("padding-reflect", "or mirror the image", (f"{_STAGES}.padding=reflect",)),
    Claim("padding-symmetric", "or repeat its border", (f"{_STAGES}.padding=symmetric",)),
    Claim("pooling-average", "or pool by the average", _AVERAGE),
    Claim("pooling-min", "or pool by the minimum", _MINIMUM),
    Claim("mse", "the cost could be the squared error", ("loss=mean_squared_error",)),
    Claim("sgd", "Adam improves on plain SGD", ("optimizer.name=sgd",), "worse"),
    Claim("step-too-large", "too large a step jumps over the minimum",
          ("optimizer.learning_rate=0.1",), "worse"),
    Claim("step-too-small", "too small a step slows convergence",
          ("optimizer.learning_rate=0.0001",), "worse"),
)  # fmt: skip


def choose_claims(names: str | None) -> tuple[Claim, ...]:
    """The claims named, separated by commas, or all. Raises `UsageError` for an unknown name."""
    if not names:
        return CLAIMS
    known = {claim.name: claim for claim in CLAIMS}
    wanted = [name.strip() for name in names.split(",") if name.strip() != BASELINE]
    for name in wanted:
        if name not in known:
            raise UsageError(f"There is no claim {name!r}; the claims are {', '.join(known)}.")
    wanted += [known[name].against for name in wanted if known[name].against != BASELINE]
    return tuple(known[name] for name in dict.fromkeys(wanted))
