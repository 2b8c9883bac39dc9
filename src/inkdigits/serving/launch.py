"""How `inkdigits serve` listens, runs in one process or several, and ends."""

import atexit
import contextlib
import errno
import json
import multiprocessing
import os
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from inkdigits.errors import UsageError
from inkdigits.recognition.recognizer import Recognizer
from inkdigits.serving.application import SETTINGS_VARIABLE
from inkdigits.serving.metrics import SHARED, forget
from inkdigits.serving.settings import ServeSettings
from inkdigits.settings import to_mapping

_ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def address(host: str, port: int) -> str:
    """The two as they stand in a URL."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen on each of the host's addresses, all on one port; 0: any that is free.

    Raises:
        UsageError: if nothing can listen there.
    """
    try:
        return _listen(host or "0.0.0.0", port)
    except OSError as error:
        other = "--port" if error.errno in (errno.EADDRINUSE, errno.EACCES) else "--host"
        where, why = address(host, port), error.strerror or error
        raise UsageError(f"Cannot listen on {where}: {why}; take another {other}.") from error


def _listen(host: str, port: int) -> list[socket.socket]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    with contextlib.ExitStack() as if_it_fails:
        sockets: list[socket.socket] = []
        absent: OSError | None = None
        for family, _, _, _, (name, _, *rest) in dict.fromkeys(found):
            try:
                listening = _listening(family, (name, port, *rest))
            except OSError as error:
                if error.errno not in _ABSENT:
                    raise
                absent = error  # localhost is ::1 too where there is no IPv6
                continue
            sockets.append(if_it_fails.enter_context(listening))
            port = listening.getsockname()[1]
        if absent is not None and not sockets:
            raise absent
        if_it_fails.pop_all()
    return sockets


def _listening(family: int, place: tuple[Any, ...]) -> socket.socket:
    with contextlib.ExitStack() as if_it_fails:
        listening = if_it_fails.enter_context(socket.socket(family, socket.SOCK_STREAM))
        if os.name == "posix":  # what it means on Windows lets two servers have one port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
        listening.listen()  # another server that is bound is noticed only now
        if_it_fails.pop_all()
    return listening


def alone(config: uvicorn.Config, sockets: list[socket.socket]) -> Callable[[], int]:
    """What serves from this process until a signal ends it, and returns the exit code.

    A signal that comes before it is called ends it too.
    """
    server = _Server(config)
    for number in (signal.SIGINT, signal.SIGTERM, *_hang_up()):
        signal.signal(number, server.handle_exit)

    def run() -> int:
        with contextlib.suppress(SystemExit):  # a start that failed, of which uvicorn said why
            server.run(sockets)
        return _exit_code(server.ended_by)

    return run


def together(
    config: uvicorn.Config, sockets: list[socket.socket], settings: ServeSettings
) -> Callable[[], int]:
    """The same with several processes, whose application is `from_environment`.

    All have the network that is there now, those too that take another's place later.
    """
    network = Recognizer(settings.model, threads=1).sha256
    settings = replace(settings, network=network)
    processes = _Processes(config, sockets)  # handles signals from now on

    def run() -> int:
        with tempfile.TemporaryDirectory(prefix="inkdigits-") as figures:
            os.environ[SETTINGS_VARIABLE] = json.dumps(to_mapping(settings))
            os.environ[SHARED] = figures
            processes.run()
        return _exit_code(processes.ended_by)

    return run


def _hang_up() -> list[signal.Signals]:
    """What the end of a terminal sends, unless the service is to outlive it, as with `nohup`."""
    is_heeded = os.name == "posix" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    return [signal.SIGHUP] if is_heeded else []


def _exit_code(ended_by: int) -> int:
    return 128 + ended_by if ended_by else 1


class _Server(uvicorn.Server):
    ended_by = 0  # the first signal that asked for it

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.ended_by = self.ended_by or sig
        super().handle_exit(sig, frame)


class _Processes(Multiprocess):
    ended_by = 0

    def init_processes(self) -> None:
        """Start all; a Ctrl-C, which reaches each of them, waits until it can end as it should."""
        resource_tracker.ensure_running()  # starting it would end the wait
        _hold_back_ctrl_c(True)
        try:
            super().init_processes()
        finally:
            _hold_back_ctrl_c(False)

    def keep_subprocess_alive(self) -> None:
        """Replace those that have died, with whose work nothing waits any longer."""
        before = [each.pid for each in self.processes]
        super().keep_subprocess_alive()
        for pid, each in zip(before, self.processes, strict=True):
            if pid is not None and pid != each.pid:
                forget(pid)

    def handle_int(self) -> None:
        self.ended_by = self.ended_by or signal.SIGINT
        super().handle_int()

    def handle_term(self) -> None:
        self.ended_by = self.ended_by or signal.SIGTERM
        super().handle_term()

    def terminate_all(self) -> None:
        """End all; what comes meanwhile is turned away, and waits for nobody."""
        for each in self.sockets:
            each.close()
        super().terminate_all()


def _hold_back_ctrl_c(held: bool) -> None:
    if os.name == "posix":
        how = signal.SIG_BLOCK if held else signal.SIG_UNBLOCK
        signal.pthread_sigmask(how, {signal.SIGINT})


def end_as_asked() -> None:
    """Have one of several processes end on Ctrl-C, and when the one that started it is gone.

    It is called where uvicorn handles signals already. A terminal that ends tells all of them; the
    first one then replaces the others one by one, each of which answers what it has accepted.
    """
    _hold_back_ctrl_c(False)
    for number in _hang_up():
        signal.signal(number, signal.SIG_IGN)
    _keep_what_was_given()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


@contextlib.contextmanager
def ended_at_once() -> Iterator[None]:
    """Have SIGINT and SIGTERM end a process within the block, in which it has accepted nothing."""

    def end(number: int, _: FrameType | None) -> None:
        os._exit(128 + number)  # an exception would be told as a failure of the application

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _keep_what_was_given() -> None:
    """Pass the port on to no process that reads: it would be open until that one has ended."""
    for each in Path("/dev/fd").glob("*"):  # Windows has none
        if int(each.name) > 2:
            with contextlib.suppress(OSError):  # it was there for this list only
                os.set_inheritable(int(each.name), False)


def _end_after(parent: BaseProcess) -> None:
    parent.join()
    if SHARED in os.environ:
        atexit.register(_remove_figures, Path(os.environ[SHARED]))
    signal.raise_signal(signal.SIGINT)  # SIGTERM would let nothing be done at exit


def _remove_figures(folder: Path) -> None:
    """Remove this process's figures, and the folder with the last of them: nobody else does now."""
    with contextlib.suppress(OSError):
        for each in folder.glob(f"*_{os.getpid()}.db"):
            each.unlink()
        folder.rmdir()
