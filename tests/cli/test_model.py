"""`inkdigits model`, on a small part of everything."""

from dataclasses import replace
from pathlib import Path

import pytest

from inkdigits import Recognizer
from inkdigits.data import Dataset
from inkdigits.shipping.hands import teach_hands
from inkdigits.shipping.making import make_model
from inkdigits.training.recipes import SHIPPED, SHIPPED_HANDS, SHIPPED_TEACHER
from tests.cli.conftest import Inkdigits
from tests.conftest import Lacking

SHORT_LESSON = replace(SHIPPED_HANDS, epochs=1)


def test_without_its_libraries_it_says_which_extra_brings_all_of_them(
    inkdigits: Inkdigits, lacking: Lacking
) -> None:
    lacking("inkdigits.shipping.making", "scipy.ndimage")
    said = inkdigits("model")
    assert said.code == 1
    assert said.err.endswith("scipy.ndimage, which comes with: pip install 'inkdigits[model]'\n")


@pytest.mark.usefixtures("few_to_ship")
def test_the_network_is_made_in_a_folder_and_reads(
    inkdigits: Inkdigits, mnist: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inkdigits.cli.datasets.load", lambda _: mnist.first(300, 50))
    short = {"recipe": replace(SHIPPED, epochs=2), "teacher": replace(SHIPPED_TEACHER, epochs=2)}
    for make, with_recipes in ((make_model, short), (teach_hands, {"recipe": SHORT_LESSON})):
        defaults = make.__kwdefaults__ or {}
        monkeypatch.setattr(make, "__kwdefaults__", {**defaults, **with_recipes})
    made = inkdigits("model", "--no-card", "--out", tmp_path / "made", "--runs", tmp_path / "runs")
    assert (made.code, made.out) == (0, ""), made.err
    assert f"Wrote the network to {tmp_path / 'made'}" in made.err
    assert "Held out: " in made.err
    scores = Recognizer(tmp_path / "made" / "shipped.onnx").classify(mnist.test.images[:2])
    assert len(scores.probabilities) == 2
    run, teacher = sorted((tmp_path / "runs").iterdir(), key=lambda path: "teacher" in path.name)
    says = (run / "teacher.safetensors").read_bytes()
    assert says == (teacher / "weights.safetensors").read_bytes()
    assert inkdigits("train", "--resume", run).code == 2  # it is complete
    (run / "metrics.json").unlink()
    refused = inkdigits("train", "--resume", run)
    assert refused.code == 2
    assert f"go on with: inkdigits model --resume {run}" in refused.err
    for stopped in (run, teacher):
        out = tmp_path / stopped.name
        again = inkdigits("model", "--no-card", "--out", out, "--resume", stopped)
        assert again.code == 0, again.err
        for name in ("shipped.onnx", "shipped.safetensors"):
            assert (out / name).read_bytes() == (tmp_path / "made" / name).read_bytes()
    assert inkdigits("model", "--resume", run, "--seed", 3).code == 2
    settings = teacher / "run.json"
    settings.write_text(settings.read_text().replace("shipped-teacher", "shipped"))
    earlier = inkdigits("model", "--out", tmp_path / "earlier", "--resume", teacher)
    assert earlier.code == 2
    assert "which had no teacher" in earlier.err
    _hands_are_taught(inkdigits, tmp_path)
    for name in ("metrics.json", "teacher.safetensors"):
        (run / name).unlink()
    lost = inkdigits("model", "--out", tmp_path / "lost", "--resume", run)
    assert lost.code == 1
    assert "teacher.safetensors: No such file" in lost.err


def _hands_are_taught(inkdigits: Inkdigits, folder: Path) -> None:
    """To the network that was made; the lesson's run, too, is resumed by `inkdigits model`."""
    made = folder / "made" / "shipped.safetensors"
    before = made.read_bytes()
    given = "--no-card", "--out", folder / "made"
    taught = inkdigits("model", "--hands", *given, "--runs", folder / "lesson")
    assert (taught.code, taught.out) == (0, ""), taught.err
    assert (after := made.read_bytes()) != before
    (run,) = (folder / "lesson").iterdir()
    assert run.name.endswith("-shipped-hands")
    made.unlink()
    assert inkdigits("model", *given, "--resume", run).code == 0
    other = next(path for path in (folder / "runs").iterdir() if path.name.endswith("-shipped"))
    mixed = inkdigits("model", *given, "--hands", "--resume", other)
    assert mixed.code == 2
    assert "without --hands; go on without it" in mixed.err
    assert made.read_bytes() == after
