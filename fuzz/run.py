"""Fuzz one parser, guided by coverage (atheris, on libFuzzer).

    pip install '.[train,serve,fuzz]'
    python fuzz/run.py idx                            # for two minutes
    python fuzz/run.py picture --seconds 3600 --minimize

The corpus of the target is where it starts from; new inputs stay outside the repository. A finding
is an error that is none of `errors.py`'s and no problem of the service's: each is kept once for the
place that it comes from. `--minimize` adds to the corpus, smallest first, what reaches lines that
it did not. Exit code 1 if there were findings.
"""

import argparse
import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import traceback
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # `fuzz` is a package here, and this file is started as a script
MOST_FILES, MOST_BYTES = 40, 100_000  # of a target's corpus
MOST_SECONDS = 10  # of one execution
LIMITS = ["-rss_limit_mb=4096", "-len_control=20", "-print_final_stats=1"]
INSIDE = "FUZZ_FINDINGS"  # the environment variable that tells the fuzzing process its folder


def main() -> None:
    """Fuzz in a process of its own, which what is found may end, and report."""
    from fuzz.targets import TARGETS

    parser = argparse.ArgumentParser()
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--minimize", action="store_true", help="add what covers more")
    parser.add_argument("--keep", type=Path, help="a folder for new inputs and findings")
    options = parser.parse_args()
    kept = (options.keep or Path(tempfile.gettempdir()) / "inkdigits-fuzz") / options.target
    new, findings = kept / "new", kept / "findings"
    shutil.rmtree(findings, ignore_errors=True)  # of another run, and maybe mended
    for folder in (new, findings):
        folder.mkdir(parents=True, exist_ok=True)
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as scratch:
        command = [sys.executable, __file__, options.target, str(new), str(_corpus(options.target))]
        command += [f"-max_total_time={options.seconds}", f"-timeout={MOST_SECONDS}", *LIMITS]
        command += [f"-artifact_prefix={findings}/crash-"]
        environment = os.environ | {INSIDE: str(findings), "TMPDIR": scratch}
        done = subprocess.run(
            command, env=environment, stderr=subprocess.PIPE, text=True, errors="replace"
        )
    print(_figures(options.target, done.stderr), flush=True)
    found = sorted(path for path in findings.iterdir() if path.suffix != ".txt")
    for path in found:
        print(f"finding: {path}")
    if done.returncode and not found:
        sys.exit(done.stderr[-3000:])
    if options.minimize:
        _minimize(options.target, new)
    sys.exit(bool(found))


def _corpus(name: str) -> Path:
    from fuzz.targets import CORPUS

    return CORPUS / name


def _figures(name: str, said: str) -> str:
    """One line of what libFuzzer said at its end."""
    executions = re.findall(r"stat::number_of_executed_units:\s+(\d+)", said)
    rate = re.findall(r"stat::average_exec_per_sec:\s+(\d+)", said)
    reached = re.findall(r"cov: (\d+) ft: (\d+)", said)
    edges, features = reached[-1] if reached else ("?", "?")
    return (
        f"{name}: {(executions or ['?'])[-1]} executions, {(rate or ['?'])[-1]} a second, "
        f"{edges} edges, {features} features"
    )


def _fuzz(arguments: list[str]) -> None:
    """What the fuzzing process does: it ends with an exit code of libFuzzer's."""
    import atheris

    name, findings = arguments[1], Path(os.environ[INSIDE])
    with atheris.instrument_imports(include=["inkdigits"]):
        from fuzz.targets import TARGETS, refused

        target = TARGETS[name]
        # What targets import themselves is instrumented only as long as this block lasts.
        for path in sorted(_corpus(name).iterdir()):
            with contextlib.suppress(Exception):
                refused(target, path.read_bytes())

    def one(data: bytes) -> None:
        try:
            refused(target, data)
        except Exception as error:  # noqa: BLE001 - each is a finding, and fuzzing goes on
            _keep(findings, data, error)

    atheris.Setup([arguments[0], *arguments[2:]], one)
    atheris.Fuzz()


def _keep(findings: Path, data: bytes, error: Exception) -> None:
    """Write an input with its traceback, if it is the first or smallest from its place."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f"{each.filename}:{each.lineno}" for each in frames if "inkdigits" in each.filename]
    place = f"{type(error).__name__} {own[-1:]}"
    path = findings / hashlib.sha1(place.encode(), usedforsecurity=False).hexdigest()[:12]
    if not path.exists() or len(data) < path.stat().st_size:
        path.write_bytes(data)
        path.with_suffix(".txt").write_text("".join(traceback.format_exception(error)))


def _minimize(name: str, new: Path) -> None:
    """Add to the corpus what reaches more of the package, within its limits."""
    from fuzz.targets import TARGETS, refused

    corpus = _corpus(name)
    kept = sorted(corpus.iterdir())
    count, size = len(kept), sum(path.stat().st_size for path in kept)
    reached: set[tuple[str, int, int]] = set()
    for path in [*kept, *sorted(new.iterdir(), key=lambda path: path.stat().st_size)]:
        data = path.read_bytes()
        try:
            with _traced() as arcs:
                refused(TARGETS[name], data)
        except Exception:  # noqa: BLE001 - a finding, which joins the corpus once it is mended
            continue
        if path.parent != corpus and arcs - reached:
            count, size = count + 1, size + len(data)
            if count > MOST_FILES or size > MOST_BYTES:
                break
            mark = hashlib.sha1(data, usedforsecurity=False).hexdigest()[:12]
            (corpus / mark).write_bytes(data)
            print(f"added: {corpus / mark} ({len(arcs - reached)} arcs)")
        reached |= arcs


@contextlib.contextmanager
def _traced() -> Iterator[set[tuple[str, int, int]]]:
    """Which lines of the package follow which, while the block lasts."""
    package, arcs = str(ROOT / "src"), set[tuple[str, int, int]]()

    def local(file: str) -> Any:
        last = 0

        def line(frame: types.FrameType, event: str, _: Any) -> Any:
            nonlocal last
            arcs.add((file, last, frame.f_lineno))
            last = frame.f_lineno
            return line

        return line

    def called(frame: types.FrameType, event: str, _: Any) -> Any:
        file = frame.f_code.co_filename
        return local(file) if file.startswith(package) else None

    sys.settrace(called)
    try:
        yield arcs
    finally:
        sys.settrace(None)


if __name__ == "__main__":
    if INSIDE in os.environ:
        _fuzz(sys.argv)
    else:
        main()
