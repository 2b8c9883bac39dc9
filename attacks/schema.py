"""Requests made from the service's own OpenAPI description, valid and not, by schemathesis.

    pip install '.[attacks]'
    python attacks/schema.py

A real server is started, once without and once with a token. Each answer must be one that the
description names: status, headers, media type and shape; what is no valid request must be refused;
what needs the token must be. Every check of schemathesis is on. Exit code 1 if one fails.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from service import started  # beside this file

CONFIGURATION = Path(__file__).parent / "schemathesis.toml"
TOKEN = "a-token-for-attacks-only"


def run(command: str, folder: Path, examples: int, *, with_token: bool) -> bool:
    """Whether all checks passed."""
    token, options, headers = folder / "token", ["--collect", str(folder / "kept")], list[str]()
    if with_token:
        token.write_text(TOKEN)
        options += ["--token-file", str(token)]
        headers = ["--header", f"Authorization: Bearer {TOKEN}"]
    log = folder / "log"
    process, port = started(log, *options)
    try:
        done = subprocess.run(
            [command, "--config-file", str(CONFIGURATION), "run",
             f"http://127.0.0.1:{port}/openapi.json", "--checks", "all", "--continue-on-failure",
             "--max-examples", str(examples), "--generation-database", "none", "--no-color",
             *headers],
            cwd=folder,
        )  # fmt: skip
    finally:
        process.terminate()
        process.wait(40)
    return done.returncode == 0 and "Traceback" not in log.read_text()


def main() -> None:
    """Run it twice."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--examples", type=int, default=200, help="for each operation")
    options = parser.parse_args()
    beside = Path(sys.executable).with_name("schemathesis")
    command = str(beside) if beside.exists() else shutil.which("schemathesis")
    if command is None:
        sys.exit("schemathesis is not installed: pip install '.[attacks]'")
    with tempfile.TemporaryDirectory() as folder:
        passed = [
            run(command, Path(folder), options.examples, with_token=with_token)
            for with_token in (False, True)
        ]
    sys.exit(not all(passed))


if __name__ == "__main__":
    main()
