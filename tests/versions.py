"""Run the suite with the oldest and the newest libraries that pyproject.toml allows.

    python tests/versions.py --python python3.11 --python python3.13
    python tests/versions.py --python python3.11 --which oldest -- -n 2 tests/images

Each combination gets an environment of its own in a temporary folder, or in `--folder`, where it is
used again. The oldest has each library that is named with a lower bound in the ranges of the base
install and of the extras at that bound: the newest patch of it, where the bound names none. What
those need in turn is pip's choice; where a bound goes with none of another's, such as Pillow's with
pi-heif's, `--any pillow` leaves it to pip. So does `--any torch`, whose plain wheels bring
gigabytes of CUDA on Linux, where pip knows a CPU build.
Arguments after -- go to pytest. Exit code 1 if any combination fails.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RANGE = re.compile(r"(?P<name>[\w.-]+)(?:\[[\w,]+\])?>=(?P<bound>[\d.]+)")
EXTRAS = ("cluster", "docs", "formats", "model", "serve", "sklearn", "train", "dev")


def lower_bounds() -> dict[str, str]:
    """The lower bound of each library that pyproject.toml names with one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [*project["dependencies"]]
    for extra in EXTRAS:
        named += project["optional-dependencies"][extra]
    found = (RANGE.match(requirement) for requirement in named)
    return {match["name"].lower(): match["bound"] for match in found if match}


def constraints(free: set[str]) -> str:
    """pip's constraints for the oldest: `>=1.26` becomes `==1.26.*`, `>=5` `==5.0.*`.

    The linters' are left out.
    """
    free = free | {"mypy", "ruff"}
    oldest = {
        name: bound if "." in bound else f"{bound}.0"
        for name, bound in lower_bounds().items()
        if name not in free
    }
    return "".join(f"{name}=={bound}.*\n" for name, bound in oldest.items())


def tested(python: str, which: str, free: set[str], folder: Path, pytest: list[str]) -> bool:
    """Install and run the suite; whether it passes."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([python, "-m", "venv", folder / "env"], check=True)
    inside = str(folder / "env" / "bin" / "python")
    install = [inside, "-m", "pip", "install", "--quiet", "--editable", f"{ROOT}[dev]"]
    if which == "oldest":
        (folder / "constraints.txt").write_text(constraints(free))
        install += ["--constraint", str(folder / "constraints.txt")]
    began = time.monotonic()
    if subprocess.run(install).returncode:
        print(f"{python}, {which}: cannot be installed", flush=True)
        return False
    listed = subprocess.run(
        [inside, "-m", "pip", "list", "--format", "json"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    have = {each["name"].lower(): each["version"] for each in json.loads(listed.stdout)}
    print(f"{python}, {which}, installed in {time.monotonic() - began:.0f} s:",
          *(f"{name} {have.get(name)}" for name in lower_bounds()), sep="\n  ")  # fmt: skip
    ended = subprocess.run([inside, "-m", "pytest", "-q", *(pytest or ["-n", "2"])], cwd=ROOT)
    verdict = "passes" if ended.returncode == 0 else "FAILS"
    print(f"{python}, {which}: {verdict}", flush=True)
    return ended.returncode == 0


def main() -> int:
    """Each Python with each end of the ranges."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", action="append", help="an interpreter; may be repeated")
    parser.add_argument("--which", choices=("oldest", "newest"), action="append")
    parser.add_argument("--any", action="append", default=[], help="a library left to pip")
    parser.add_argument("--folder", type=Path, help="where environments are kept")
    parser.add_argument("pytest", nargs="*")
    options = parser.parse_args()
    outcomes = []
    with tempfile.TemporaryDirectory() as name:
        for python in options.python or [sys.executable]:
            for which in options.which or ("oldest", "newest"):
                place = (options.folder or Path(name)) / f"{Path(python).name}-{which}"
                outcomes.append(tested(python, which, set(options.any), place, options.pytest))
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
