"""Two hosts on one machine: network namespaces with addresses of their own, joined by a cable.

    python tests/cluster/two_hosts.py -m inkdigits train --recipe lab --epochs 1

starts torchrun on both, one process each, which train as one; the cable, a pair of virtual Ethernet
interfaces, is all that joins them. Namespaces and cable are taken down again however it ends. Exit
code 77, as other test harnesses have it, and a sentence where this process lacks the right or
iproute2.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PORT = 29400
SKIPPED = 77


class NotPermittedError(Exception):
    """There can be no namespaces here; the message says why."""


@dataclass(frozen=True)
class Host:
    """One namespace and its end of the cable."""

    name: str
    interface: str
    address: str

    def start(self, *command: str, **variables: str) -> subprocess.Popen[str]:
        """A program on this host, its output in pipes."""
        return subprocess.Popen(
            ["ip", "netns", "exec", self.name, *command],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"GLOO_SOCKET_IFNAME": self.interface} | variables,
        )  # fmt: skip

    def processes(self, part: str) -> list[int]:
        """The processes on this host with `part` in their command lines, torchrun's own without."""
        found = []
        for number in _ip("netns", "pids", self.name).split():
            with contextlib.suppress(OSError):  # it ended meanwhile
                words = Path(f"/proc/{number}/cmdline").read_text()
                if part in words and "torch.distributed.run" not in words:
                    found.append(int(number))
        return found

    def kill(self, process: int) -> None:
        """End a process at once."""
        os.kill(process, signal.SIGKILL)

    def received_bytes(self) -> int:
        """What came over the cable."""
        line = subprocess.run(
            ["ip", "netns", "exec", self.name, "cat",
             f"/sys/class/net/{self.interface}/statistics/rx_bytes"],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        return int(line)


@contextlib.contextmanager
def two_hosts() -> Iterator[tuple[Host, Host]]:
    """Two hosts that reach each other and nobody else, for as long as the block lasts.

    Raises:
        NotPermittedError: where they cannot be made.
    """
    if shutil.which("ip") is None:
        raise NotPermittedError("There is no ip command; it comes with iproute2.")
    number = os.getpid()
    left, right = (
        Host(f"ink-{number}-{side}", f"ink{number}{side}"[-15:], f"10.213.7.{end}")
        for end, side in ((1, "a"), (2, "b"))
    )
    try:
        try:
            for host in (left, right):
                _ip("netns", "add", host.name)
            _ip("link", "add", left.interface, "netns", left.name, "type", "veth",
                "peer", "name", right.interface, "netns", right.name)  # fmt: skip
            for host in (left, right):
                _ip("-n", host.name, "addr", "add", f"{host.address}/30", "dev", host.interface)
                for interface in ("lo", host.interface):
                    _ip("-n", host.name, "link", "set", interface, "up")
        except subprocess.CalledProcessError as error:
            reason = (error.stderr or "").strip()
            raise NotPermittedError(f"Namespaces cannot be made here: {reason}.") from error
        yield left, right
    finally:
        for host in (left, right):
            _take_down(host)


def torchrun(
    hosts: Sequence[Host], command: Sequence[str], restarts: int = 0
) -> list[subprocess.Popen[str]]:
    """torchrun on each host, one process each, the first host being where they meet."""
    return [
        host.start(
            sys.executable, "-m", "torch.distributed.run", "--nnodes", str(len(hosts)),
            "--nproc-per-node", "1", "--max-restarts", str(restarts), "--rdzv-backend", "c10d",
            "--rdzv-id", hosts[0].name, "--rdzv-endpoint", f"{hosts[0].address}:{PORT}",
            # The machine's name leads to neither address, so who is who is said.
            "--rdzv-conf", f"is_host={int(host == hosts[0])}", "--local-addr", host.address,
            *command,
            OMP_NUM_THREADS="1",  # both hosts have the same processors
        )
        for host in hosts
    ]  # fmt: skip


def _take_down(host: Host) -> None:
    """Remove a namespace, with the end of the cable in it, and what still runs there."""
    with contextlib.suppress(subprocess.CalledProcessError):  # it was not made
        for number in _ip("netns", "pids", host.name).split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(number), signal.SIGKILL)
        _ip("netns", "del", host.name)


def _ip(*arguments: str) -> str:
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout


def main(command: Sequence[str]) -> int:
    """Run a command of torchrun on both hosts; 0 if it ended well on both."""
    try:
        with two_hosts() as hosts:
            started = torchrun(hosts, command)
            for host, process in zip(hosts, started, strict=True):
                said, failed = process.communicate()
                print(f"{host.address}:\n{said}{failed}")
            print(f"{hosts[0].received_bytes():,} bytes came over the cable to {hosts[0].address}.")
            return int(any(process.returncode for process in started))
    except NotPermittedError as error:
        print(f"Skipped: {error}", file=sys.stderr)
        return SKIPPED


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # by way of finally
    sys.exit(main(sys.argv[1:]))
