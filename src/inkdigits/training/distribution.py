"""The processes that train together: who this one is among them, and what they do as one.

    torchrun --nproc-per-node 2 -m inkdigits train

torchrun starts the processes, tells each by its environment who it is, and starts all of them anew
when one dies. Each holds the whole training set, draws the same order, and computes its part of
every batch; gradients are averaged by torch's DistributedDataParallel, losses and normalisation's
statistics are summed, so that a step is that of one process with the whole batch. Without torchrun
there is one process, for which nothing here does anything.
"""

import contextlib
import dataclasses
import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn

from inkdigits.errors import InkdigitsError, UsageError
from inkdigits.networks.build import Network
from inkdigits.processors import available_processors
from inkdigits.training.engine import Engine

T = TypeVar("T")
_PATIENCE_S = 1800.0  # torch's own
Totals = tuple[float, int, bool]  # loss, right answers, whether somebody asked to stop


class ConnectionLostError(InkdigitsError):
    """Another process of the training ended or cannot be reached any more."""


class SaidByFirstError(InkdigitsError):
    """What failed in the first process, which says so; the others end with its exit code."""


@dataclass(frozen=True)
class Ranks:
    """One process among those that train together."""

    rank: int = 0  # 0 to size - 1; the first alone reads and writes the run folder
    size: int = 1
    local_rank: int = 0  # among those on this host
    local_size: int = 1
    restarts: int = 0  # how often this host's torchrun has started its own anew
    agent: str = ""  # the torchrun process that started this one; "" without

    @classmethod
    def here(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """This process, as torchrun says; without torchrun the only one."""
        if "TORCHELASTIC_RUN_ID" not in environment:
            return cls()
        return cls(
            rank=int(environment["RANK"]),
            size=int(environment["WORLD_SIZE"]),
            local_rank=int(environment["LOCAL_RANK"]),
            local_size=int(environment["LOCAL_WORLD_SIZE"]),
            restarts=int(environment["TORCHELASTIC_RESTART_COUNT"]),
            agent=_parent(),
        )

    @property
    def is_first(self) -> bool:
        """Whether this is the process that reads, writes and speaks."""
        return self.rank == 0

    @property
    def are_many(self) -> bool:
        """Whether there is anybody to speak to."""
        return self.size > 1

    def engine_again(self, engine: Engine, processes: int) -> Engine:
        """What a run of so many processes goes on with: its threads, where there are as many."""
        if processes == self.size == 1:
            return engine
        mine = available_processors()
        return dataclasses.replace(
            engine, threads=min(engine.threads, mine) if processes == self.size else mine
        )

    def place(self, engine: Engine) -> Engine:
        """This process's own part of `engine`: the GPU of its number on this host.

        Raises:
            UsageError: if there are too few, or several processes cannot train on such a device.
        """
        if not self.are_many or engine.device == "cpu":
            return engine
        if engine.device != "cuda":
            raise UsageError(
                f"Several processes train on cpu or cuda, each on its own; not on {engine.device}."
            )
        if torch.cuda.device_count() < self.local_size:
            raise UsageError(
                f"torchrun started {self.local_size} processes on this host, which has "
                f"{torch.cuda.device_count()} GPUs; each process needs one."
            )
        torch.cuda.set_device(self.local_rank)
        return dataclasses.replace(engine, device=f"cuda:{self.local_rank}")

    @contextlib.contextmanager
    def joined(self) -> Iterator[None]:
        """Connect all processes: gloo between CPUs, NCCL between GPUs.

        Raises:
            ConnectionLostError: in the block too, when another process is gone.
        """
        if not self.are_many:
            yield
            return
        has_gpus = torch.cuda.is_available() and dist.is_nccl_available()
        try:
            with _lost_connections():
                backend = "cpu:gloo,cuda:nccl" if has_gpus else "gloo"
                dist.init_process_group(
                    backend, store=self._store(), rank=self.rank, world_size=self.size
                )
                yield
        finally:
            if dist.is_initialized():
                dist.destroy_process_group()

    def _store(self) -> Any:
        """Where the processes find each other's addresses.

        torchrun keeps it when it starts them anew, and with it the addresses of those that are
        gone (pytorch issue 135712); so each start has a part of it of its own.
        """
        # Some builds of torch have none of this; one process trains with them all the same.
        from torch.distributed.rendezvous import rendezvous

        store = next(rendezvous("env://"))[0]
        start = _agreed_start(store, self.rank, self.size)
        return dist.PrefixStore(start, store)  # type: ignore[attr-defined]  # made in C++

    def of_first(self, make: Callable[[], T]) -> T:
        """What `make` gives in the first process, which alone calls it; given to all.

        Raises:
            SaidByFirstError: in the others, where an `InkdigitsError` is raised in the first.
        """
        if not self.are_many:
            return make()
        box: list[Any] = [None, None]
        failure: InkdigitsError | None = None
        if self.is_first:
            try:
                box[0] = make()
            except InkdigitsError as error:
                failure, box[1] = error, (str(error), error.exit_code)
        dist.broadcast_object_list(box, 0, device=torch.device("cpu"))
        if failure:
            raise failure
        if box[1]:
            said = SaidByFirstError(box[1][0])
            said.exit_code = box[1][1]
            raise said
        made: T = box[0]
        return made

    def gathered(self, value: str) -> list[str]:
        """The `value` of each process, the first's first."""
        if not self.are_many:
            return [value]
        values = [""] * self.size
        dist.all_gather_object(values, value)
        return values

    def largest(self, number: int) -> int:
        """The largest of every process's number."""
        return max(int(each) for each in self.gathered(str(number)))

    def share(self, batch: Tensor) -> Tensor:
        """This process's part of a batch `(N,)`, which may be none; parts differ by one at most."""
        return batch.tensor_split(self.size)[self.rank] if self.are_many else batch

    def reseed(self, generators: Sequence[torch.Generator], seed: int, step: int) -> None:
        """Give each process numbers of its own, decided by where training stands alone.

        So nothing about them needs to be kept in a checkpoint. One process draws on.
        """
        if self.are_many:
            sequence = np.random.SeedSequence(seed, spawn_key=(self.rank, step))
            words = sequence.generate_state(len(generators), np.uint64)
            for generator, word in zip(generators, words, strict=True):
                generator.manual_seed(int(word) >> 1)

    def total(self, values: Tensor) -> Tensor:
        """The sum of every process's `values`, in place."""
        dist.all_reduce(values)
        return values

    def take_firsts(self, values: Tensor) -> None:
        """Make `values` those of the first process, in place."""
        if values.numel():
            dist.broadcast(values, 0)

    def begin_totals(self, loss: Tensor, right: Tensor, asks_to_stop: bool) -> Callable[[], Totals]:
        """Begin to bring the processes' mean loss and sums together, beside the backward pass.

        The function returned waits for them.
        """
        if not self.are_many:
            return lambda: (loss.item(), int(right.item()), asks_to_stop)
        values = torch.stack((loss.detach() / self.size, right, loss.new_tensor(asks_to_stop)))
        values = values.double()
        work = dist.all_reduce(values, async_op=True)

        def totals() -> Totals:
            work.wait()
            mean, count, asked = values.tolist()
            return mean, int(count), asked > 0

        return totals

    def replicated(
        self, network: Network, statistics: Tensor, images: Tensor
    ) -> Callable[[Tensor], Tensor]:
        """`network.column_logits`, whose backward pass averages gradients over the processes.

        DistributedDataParallel copies the means back into the gradients that there are, so they
        stay views of one vector. It lays its buckets out anew after its first backward pass, and
        with them the order of sums; that pass is made here, so that a run that goes on adds up in
        the order of one never stopped.

        Args:
            statistics: of normalisation, which are left as they are.
            images: `(n, 1, H, W)` for that pass, one at least.
        """
        replica = nn.parallel.DistributedDataParallel(_Columns(network))
        before = statistics.clone()
        network.train()
        replica(images).sum().backward()
        statistics.copy_(before)
        return replica


class _Columns(nn.Module):
    """A network's parameters, and as `forward` what training calls.

    Without its buffers: normalisation's averages are the same in all processes, being made of sums
    over all, and need not be sent at every step.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.shared = nn.ParameterList(network.parameters())
        self.forward = network.column_logits


ALONE = Ranks()


def refuse_many(what: str) -> None:
    """Raise `UsageError` where torchrun started several processes for `what`."""
    if Ranks.here().are_many:
        raise UsageError(f"{what} runs in one process; torchrun is for one training by a recipe.")


@contextlib.contextmanager
def _lost_connections() -> Iterator[None]:
    """Make `ConnectionLostError` of what torch raises when another process is gone."""
    try:
        yield
    except RuntimeError as error:
        said = str(error)
        if not isinstance(error, dist.DistError) and "gloo" not in said and "NCCL" not in said:
            raise
        raise ConnectionLostError(
            "Another process of this training ended or cannot be reached; torchrun says which."
        ) from error


def _agreed_start(store: Any, rank: int, size: int) -> str:
    """A name for this start of all processes, which the first one makes.

    The others ask, each in words that nobody used before, so that no answer to the dead is taken
    for one to the living; the first answers until all have it.
    """
    name = uuid.uuid4().hex
    if rank:
        store.set(f"asks-{rank}", name)
        start: str = store.get(f"answer-{name}").decode()
        store.set(f"{start}-has-{rank}", "")
        return start
    waiting, answered, deadline = set(range(1, size)), set[bytes](), time.monotonic() + _PATIENCE_S
    while waiting:
        if time.monotonic() > deadline:
            raise ConnectionLostError(f"{len(waiting)} of {size} processes did not come.")
        for other in sorted(waiting):
            asked = store.get(f"asks-{other}") if store.check([f"asks-{other}"]) else b""
            if asked and asked not in answered:
                store.set(f"answer-{asked.decode()}", name)
                answered.add(asked)
            if store.check([f"{name}-has-{other}"]):
                waiting.discard(other)
        time.sleep(0.01)
    return name


def _parent() -> str:
    """The process that started this one, told from all others of any time and host."""
    parent, began = os.getppid(), ""
    with contextlib.suppress(OSError):  # only Linux has it; its name may hold spaces
        began = Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()[19]
        began += "-" + Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{socket.gethostname()}-{parent}-{began}"
