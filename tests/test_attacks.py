"""Every attack on what we read is refused; each program in attacks/ says what it is about."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "attacks"
OTHER = {"service", "schema", "victim"}  # on the running service, and what the others share
ATTACKS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in OTHER)


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_in_a_sentence(name: str) -> None:
    done = subprocess.run(
        [sys.executable, FOLDER / f"{name}.py"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Refused: ")
    assert done.stdout.count("\n") == 1


def test_the_attacks_are_there() -> None:
    assert len(ATTACKS) >= 11
