"""Who a process is among those that train together, without starting any."""

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.cli.processes import one_voice
from inkdigits.data import Dataset
from inkdigits.errors import DataError, TrainingError, UsageError
from inkdigits.processors import available_processors
from inkdigits.training.distribution import ALONE, Ranks, refuse_many
from inkdigits.training.engine import Engine
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import create_run, run_of_launch

SECOND_OF_TWO = {
    "TORCHELASTIC_RUN_ID": "none", "TORCHELASTIC_RESTART_COUNT": "3", "RANK": "1",
    "WORLD_SIZE": "2", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2",
}  # fmt: skip


@pytest.fixture
def second(monkeypatch: pytest.MonkeyPatch) -> Ranks:
    """This process as the second of two."""
    for name, value in SECOND_OF_TWO.items():
        monkeypatch.setenv(name, value)
    return Ranks.here()


def test_without_torchrun_there_is_one_process_whatever_else_the_environment_says() -> None:
    assert Ranks.here({"RANK": "1", "WORLD_SIZE": "2"}) == ALONE
    assert not ALONE.are_many


def test_torchrun_says_who_a_process_is(second: Ranks) -> None:
    assert (second.rank, second.size, second.local_rank, second.local_size) == (1, 2, 1, 2)
    assert second.restarts == 3
    assert not second.is_first
    assert second.agent == Ranks.here().agent != ""


@given(images=st.integers(1, 300), size=st.integers(2, 40))
def test_shares_of_a_batch_are_all_of_it_once_and_differ_by_one_at_most(
    images: int, size: int
) -> None:
    batch = torch.randperm(images)
    shares = [Ranks(rank, size).share(batch) for rank in range(size)]
    assert torch.equal(torch.cat(shares), batch)
    lengths = [len(share) for share in shares]
    assert max(lengths) - min(lengths) <= 1


def test_each_process_draws_numbers_of_its_own_decided_by_the_step() -> None:
    def drawn(rank: int, step: int) -> list[float]:
        generators = (torch.Generator(), torch.Generator())
        Ranks(rank, 2).reseed(generators, 7, step)
        return [float(torch.rand((), generator=generator)) for generator in generators]

    found = [drawn(rank, step) for rank in range(2) for step in range(3)]
    assert len({number for numbers in found for number in numbers}) == 12
    assert drawn(1, 2) == found[5]


@pytest.mark.parametrize("device", ["mps", "cuda:1"])
def test_several_processes_refuse_one_device_for_all(second: Ranks, device: str) -> None:
    with pytest.raises(UsageError, match=f"not on {device}"):
        second.place(Engine(device, "float32", 1))


@pytest.mark.skipif(torch.cuda.device_count() >= 2, reason="there are GPUs enough")
def test_too_few_gpus_are_said(second: Ranks) -> None:
    with pytest.raises(UsageError, match=r"started 2 processes .* which has \d GPUs"):
        second.place(Engine("cuda", "float32", 1))


def test_processes_of_a_host_share_its_processors(
    second: Ranks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # torchrun's word for several processes
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(9)), raising=False)
    monkeypatch.setattr("inkdigits.processors._quota", lambda: 7)
    assert available_processors() == 3
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "16")
    assert available_processors() == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "5")  # the user's
    assert available_processors() == 5


def test_what_trains_many_networks_is_refused(second: Ranks) -> None:
    with pytest.raises(UsageError, match="study runs in one process"):
        refuse_many("study")


@pytest.mark.parametrize("error", [TrainingError("said by the first"), DataError("by the first")])
def test_the_second_process_prints_nothing_and_gives_the_first_time_to_say_what_failed(
    second: Ranks,
    error: Exception,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    with one_voice():
        print("a line")
    with pytest.raises(SystemExit) as ended, one_voice():
        raise error
    assert ended.value.code == 1
    assert capsys.readouterr() == ("", "")
    assert waited == [5]  # torchrun ends the first too once this one has ended


def test_the_first_process_of_another_host_says_what_fails_there(
    second: Ranks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_RANK", "0")
    with pytest.raises(DataError, match="not on this host"), one_voice():
        raise DataError("not on this host")


def test_only_a_run_of_the_same_launch_recipe_and_seed_is_gone_on_with(
    recipe: Recipe, bars: Dataset, engine: Engine, tmp_path: Path
) -> None:
    create_run(recipe, bars, engine, 3, tmp_path, "earlier")
    run = create_run(recipe, bars, engine, 3, tmp_path, "run", ["host-7", "host-8"])
    assert run.processes == 2

    def found(seed: int, name: str | None, *launch: str) -> str | None:
        begun = run_of_launch(recipe, seed, tmp_path, name, launch)
        return begun.path.name if begun else None

    assert found(3, None, "host-8") == found(3, "run", "host-9", "host-7") == "run"
    assert found(4, None, "host-8") is None
    assert found(3, None, "host-9") is None
    assert found(3, "earlier", "host-7") is None
    assert found(3, None) is None
