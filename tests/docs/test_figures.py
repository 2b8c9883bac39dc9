"""The scripts of docs/figures still draw each picture that they are said to have drawn."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from inkdigits.data import Dataset
from tests.docs.pages import DOCS

# Little of everything: what is drawn is of no use, but it is drawn by the same lines.
FEW: dict[str, dict[str, Any]] = {
    "dropout": {"SIZES": (100, 300), "SEEDS": 1, "EXAMPLES": 300, "SCORED": 100},
    "normalisation": {"STEPS": 3},
    "optimisers": {"BATCHES": 3},
    "pooling": {"SHIFTED": 50},
}


def test_every_drawn_picture_has_its_script(
    mnist: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(sys.modules)
    monkeypatch.syspath_prepend(DOCS / "figures")
    make, material = importlib.import_module("make"), importlib.import_module("material")
    for script, settings in FEW.items():
        for name, value in settings.items():
            monkeypatch.setattr(importlib.import_module(script), name, value)
    drawn = make.draw(make.SCRIPTS, material.gather(mnist.first(2000, 200), epochs=1), tmp_path)
    for name in set(sys.modules) - before:
        if str(DOCS) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]  # names such as these may be others'
    kept = [path for part in ("concepts", "tour") for path in (DOCS / "images" / part).iterdir()]
    assert sorted(path.relative_to(tmp_path) for path in drawn) == sorted(
        path.relative_to(DOCS / "images") for path in kept
    )
    for path in drawn:
        with Image.open(path) as picture:
            assert min(picture.size) > 200
