"""Learning rates: by hand, and by torch's own schedulers."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.errors import UsageError
from inkdigits.training.hyperparameters import Schedule


def test_without_settings_the_rate_never_changes() -> None:
    assert {Schedule().share(step, 10) for step in range(10)} == {1.0}


def test_a_triangle_by_hand() -> None:
    schedule = Schedule(warm_up=0.4, start=0.0, down="linear", end=0.0)
    assert [schedule.share(step, 10) for step in range(10)] == pytest.approx(
        [0, 0.25, 0.5, 0.75, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6]
    )


def test_the_cosine_is_torchs() -> None:
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 20, eta_min=0.1)
    schedule = Schedule(down="cosine", end=0.1)
    for step in range(20):
        assert schedule.share(step, 20) == pytest.approx(optimizer.param_groups[0]["lr"])
        optimizer.step()
        theirs.step()


@given(
    st.floats(0, 1), st.floats(0, 1), st.sampled_from(["constant", "linear", "cosine"]),
    st.floats(0, 1), st.integers(1, 50),
)  # fmt: skip
def test_every_step_has_a_share_from_0_to_1(
    warm_up: float, start: float, down: str, end: float, steps: int
) -> None:
    schedule = Schedule(warm_up, start, down, end)  # type: ignore[arg-type]  # one of its choices
    shares = [schedule.share(step, steps) for step in range(steps)]
    assert all(-1e-12 <= share <= 1 + 1e-12 for share in shares)
    peak = shares.index(max(shares))
    if down != "constant":
        assert shares[peak:] == sorted(shares[peak:], reverse=True)


@pytest.mark.parametrize("values", [{"warm_up": 1.5}, {"start": -0.1}, {"down": "up"}, {"end": 2}])
def test_settings_out_of_range_are_refused(values: dict[str, object]) -> None:
    (name,) = values
    with pytest.raises(UsageError, match=name):
        Schedule(**values)  # type: ignore[arg-type]  # wrong on purpose
