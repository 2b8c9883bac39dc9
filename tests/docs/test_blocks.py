"""Every block of code in the documentation is run as it stands there, page by page, in order.

Its MNIST is a small part of it; a service's address is that of one started for the test. What is
not run stands, with its reason, in `not_run.py`.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.docs.conftest import TEXT, ended, interruption
from tests.docs.not_run import reason_not_to_run
from tests.docs.pages import PAGES, Block, blocks, commands, name_of, text_of, words
from tests.docs.test_commands import STANDS_FOR, arguments, in_sentences, problem
from tests.serving.servers import Server

WITH_CODE = [page for page in PAGES if blocks(text_of(page))]
NOT_CODE = {"text", ""}  # what commands print
FOR_A_SHELL = re.compile(r"[|<>$*;&]|^\w+=")


class Reader:
    """Somebody who does what a page says, in one folder, with one service at a time."""

    def __init__(self, folder: Path, resumes: str = "") -> None:
        self.folder = folder
        self.resumes = resumes  # the page, of whose runs those that are resumed are interrupted
        self.server: Server | None = None
        self.lacking: set[str] = set()  # tools that are not on this machine

    def follow(self, block: Block) -> str:
        """Do what a block says; gives what it printed where that is a program's own."""
        steps: dict[str, Callable[[str], str]] = {"sh": self._shell, "python": self._python,
                                                  "js": self._node}  # fmt: skip
        return steps[block.language](self._addressed(block.code))

    def _addressed(self, code: str) -> str:
        if self.server is None:
            return code
        return re.sub(r"(127\.0\.0\.1|HOST):8000", f"127.0.0.1:{self.server.port}", code)

    def _shell(self, code: str) -> str:
        printed = ""
        for command in commands(code):
            if reason_not_to_run(command):
                continue
            if command.startswith("inkdigits serve"):
                self._serve(words(command)[2:])
            elif command.startswith("inkdigits ") and not FOR_A_SHELL.search(
                command.split(" #")[0]
            ):
                self.inkdigits(words(command)[1:])
            else:
                printed += self._process(command.split()[0], ["sh", "-c", self._addressed(command)])
        return printed

    def inkdigits(self, given: list[str]) -> None:
        """Run a command of ours; training that the page resumes later is interrupted."""
        name = given[given.index("--name") + 1] if "--name" in given else "/"
        if re.search(rf"--resume runs/{name}$|resume\(.runs/{name}\b", self.resumes, re.MULTILINE):
            with interruption():
                assert ended(*given) == 130, shlex.join(given)
        else:
            assert ended(*given) == 0, shlex.join(given)

    def _serve(self, options: list[str]) -> None:
        self.stop()
        here = ["127.0.0.1" if option == "0.0.0.0" else option for option in options]  # no guests
        self.server = Server(*here)

    def stop(self) -> None:
        """Stop the service, if one runs."""
        if self.server:
            self.server.stop()
            self.server = None

    def _python(self, code: str) -> str:
        if "127.0.0.1:" in code:
            return self._process("python", [sys.executable, "-c", code])
        exec(compile(code, "<documentation>", "exec"), {"__name__": "__main__"})
        return ""

    def _node(self, code: str) -> str:
        return self._process("node", ["node", "--input-type=module", "-e", code])

    def _process(self, tool: str, command: list[str]) -> str:
        if tool in ("curl", "node") and shutil.which(tool) is None:
            self.lacking.add(tool)
            return TEXT
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, timeout=120,
            env={**os.environ, "PATH": path},
        )  # fmt: skip
        assert done.returncode == 0, f"{shlex.join(command)}: {done.stderr}"
        return done.stdout


@contextmanager
def reader(folder: Path, page: str = "") -> Iterator[Reader]:
    somebody = Reader(folder, page)
    try:
        yield somebody
    finally:
        somebody.stop()
    if somebody.lacking:
        pytest.skip(f"all but what needs {', '.join(sorted(somebody.lacking))} was run")


def taken_for_granted(text: str) -> set[str]:
    """The runs that a page names and does not train."""
    code = "\n".join(block.code for block in blocks(text) if block.language != "text")
    return set(re.findall(r"runs/([\w-]+)", code)) - set(re.findall(r"name[ =]\W?([\w-]+)", code))


@pytest.mark.parametrize("page", WITH_CODE, ids=name_of)
def test_every_block_of_a_page_runs(page: Path, desk: Path, run_of_old: Path) -> None:
    text = text_of(page)
    for name in taken_for_granted(text):
        shutil.copytree(run_of_old / "whole", desk / "runs" / name)
    with reader(desk, text) as somebody:
        for block in blocks(text):
            print(f"{name_of(page)}, line {block.line}:\n{block.code}")  # shown if it fails
            if block.language == "json":
                assert [json.loads(line) for line in block.code.splitlines()]
            elif block.language not in NOT_CODE:
                printed = somebody.follow(block)
                if "/v1/read" in block.code and "photo.jpg" in block.code:
                    assert TEXT in printed


def spoken() -> list[str]:
    """The commands of ours that stand whole in sentences and tables, each once.

    Services are left to the blocks that speak to them.
    """
    found = {code for page in PAGES for code in in_sentences(page) if arguments(code)}
    found = {code for code in found if not code.startswith("inkdigits serve")}
    return sorted(code for code in found if not reason_not_to_run(code) and not problem(code)[0])


@pytest.mark.parametrize("command", spoken())
def test_every_command_in_a_sentence_runs(command: str, desk: Path, run_of_old: Path) -> None:
    folder = "my_digits" if "--add" in command else "scans"
    stands_for = STANDS_FOR | {
        "RUN": "runs/RUN", "MODEL": "runs/RUN", "FILE": "photo.jpg", "FOLDER": folder,
        "MANIFEST": "manifest.jsonl", "PATH": "small.npz", "OUT": "out",
    }  # fmt: skip
    run = "interrupted" if "--resume" in command else "whole"
    shutil.copytree(run_of_old / run, desk / "runs" / "RUN")
    given = [stands_for.get(word, word) for word in arguments(command) or ()]
    with reader(desk) as somebody:
        somebody.inkdigits([word for word in given if word != "or"])
