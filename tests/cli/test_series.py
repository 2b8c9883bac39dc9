"""`inkdigits study data` and `study noise` as commands."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from inkdigits.errors import TrainingError
from inkdigits.training.trainer import Trainer
from tests.cli.conftest import Inkdigits

SHORT = ["--seeds", 1, "--steps", 2, "--threads", 1]


@pytest.mark.parametrize(
    ("command", "amounts", "rows", "variants"),
    [
        ("data", ["--sizes", "10,all"], ["10", "534"], ["plain", "augmented"]),
        ("noise", ["--wrong", "0,60"], ["0%", "60%"],
         ["plain", "smoothed", "squared-error", "augmented"]),
    ],
)  # fmt: skip
def test_a_study_prints_its_table_draws_its_curve_and_goes_on(
    inkdigits: Inkdigits,
    small_npz: Path,
    tmp_path: Path,
    command: str,
    amounts: list[str],
    rows: list[str],
    variants: list[str],
) -> None:
    arguments = ["study", command, *amounts, "--data", small_npz, "--out", tmp_path, *SHORT]
    first = inkdigits(*arguments)
    assert first.code == 0, first.err
    trainings = len(rows) * len(variants)
    assert len(re.findall(r"about \d+\.\d min left", first.err)) == trainings
    lines = first.out.splitlines()
    assert lines[0].split()[1:] == variants
    assert [line.split()[0] for line in lines[1 : 1 + len(rows)]] == rows
    assert (tmp_path / "table.txt").read_text() in first.out
    assert "1 seed; accuracy on 106 held-out training images.\n" in first.out  # and no interval
    with Image.open(tmp_path / "curve.png") as curve:
        assert curve.width > 700
    content = json.loads((tmp_path / "results.json").read_text())
    assert content["scored_on"] == "106 held-out training images"
    assert len(content["points"]) == trainings
    again = inkdigits(*arguments)
    assert len(re.findall("kept from before", again.err)) == trainings
    assert again.out == first.out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["data", "--sizes", 10, "--only", "plain", *SHORT], "plain at 10 (1)"),
        (
            ["lab", "--only", "sgd", "--seeds", 2, "--threads", 1],
            "baseline (2), sgd (2)",
        ),
    ],
)
def test_trainings_that_diverge_are_named_below_the_table(
    inkdigits: Inkdigits,
    small_npz: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[object],
    named: str,
) -> None:
    def diverge(trainer: Trainer) -> None:
        raise TrainingError("The loss is no number.")

    monkeypatch.setattr(Trainer, "run", diverge)
    outcome = inkdigits("study", *arguments, "--data", small_npz, "--out", tmp_path)
    assert f"Diverged, and counted as guessing: {named}.\n" in outcome.out


def test_a_study_refuses_the_folder_of_another(
    inkdigits: Inkdigits, small_npz: Path, tmp_path: Path
) -> None:
    common = ["--data", small_npz, "--out", tmp_path, *SHORT]
    assert inkdigits("study", "data", "--sizes", 10, "--only", "plain", *common).code == 0
    for other in (["noise", "--wrong", 0], ["data", "--sizes", 10, "--recipe", "compact"]):
        outcome = inkdigits("study", *other, *common)
        assert outcome.code == 2, outcome.err
        assert "made under other conditions" in outcome.err
