"""The README's callers of the service, run as they stand there."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from inkdigits.data import Dataset
from tests.serving.browsing import photo_of
from tests.serving.test_service import Server

README = Path(__file__).parents[2] / "README.md"
RUN = {
    "curl": lambda code: ["sh", "-c", code],
    "python": lambda code: [sys.executable, "-c", code],
    "node": lambda code: ["node", "--input-type=module", "-e", code],
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.stop()


def caller(tool: str) -> str:
    """The one block of code that this tool runs."""
    section = README.read_text().split("\n## A page and an API\n")[1].split("\n## ")[0]
    language = {"curl": "sh", "node": "js"}.get(tool, tool)
    blocks = re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)
    return str(next(block for block in blocks if "127.0.0.1:8000/v1" in block))


@pytest.mark.parametrize("tool", list(RUN))
def test_a_caller_of_the_readme_gets_the_digits(
    server: Server, mnist: Dataset, tmp_path: Path, tool: str
) -> None:
    if tool != "python" and shutil.which(tool) is None:
        pytest.skip(f"there is no {tool} here")
    (tmp_path / "photo.jpg").write_bytes(photo_of(mnist))
    code = caller(tool).replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
    done = subprocess.run(RUN[tool](code), cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "721" in done.stdout
