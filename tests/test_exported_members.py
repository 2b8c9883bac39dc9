"""The public names, and that importing the package is light."""

import dataclasses
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import tomllib

import pytest

import inkdigits
from inkdigits.extras import missing
from tests.docs.pages import DOCS


def test_every_public_name_can_be_had_and_is_listed() -> None:
    for name in inkdigits.__all__:
        assert getattr(inkdigits, name) is not None
    homes = {name for names in inkdigits._HOMES.values() for name in names}
    assert homes | {"__version__"} == set(inkdigits.__all__)
    assert set(inkdigits.__all__) <= set(dir(inkdigits))


def test_every_field_that_the_reference_shows_is_documented() -> None:
    pages = (page.read_text(encoding="utf-8") for page in (DOCS / "reference").glob("*.md"))
    shown = re.findall(r"^::: (inkdigits\.[\w.]+)$", "\n".join(pages), re.MULTILINE)
    checked = 0
    for found in map(pkgutil.resolve_name, shown):
        if dataclasses.is_dataclass(found):
            fields = [field.name for field in dataclasses.fields(found)]
        elif not (fields := list(getattr(found, "_fields", ()))):
            continue
        said = (inspect.getdoc(found) or "").partition("\nAttributes:\n")[2].partition("\n\n")[0]
        assert re.findall(r"^    (\w+): \S", said, re.MULTILINE) == fields, found
        checked += 1
    assert checked > 20


@pytest.mark.parametrize("name", ["train", "load_network", "Interrupted"])
def test_a_name_whose_libraries_are_missing_says_what_to_install(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(module: str) -> None:
        raise ModuleNotFoundError(f"No module named 'filelock' in {module}", name="filelock")

    monkeypatch.setattr(importlib, "import_module", fails)
    words = f"inkdigits.{name} needs filelock, which comes with: pip install 'inkdigits[train]'"
    with pytest.raises(ModuleNotFoundError, match=f"^{re.escape(words)}$"):
        getattr(inkdigits, name)


def test_a_library_of_no_extra_is_named_as_python_does() -> None:
    error = ModuleNotFoundError("No module named 'elsewhere'", name="elsewhere")
    assert missing("This", error) is error


def test_the_source_distribution_holds_what_is_tested_and_checked() -> None:
    settings = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    included = settings["hatch"]["build"]["targets"]["sdist"]["include"]
    for folder in (*settings["mypy"]["files"], *settings["mutmut"]["also_copy"]):
        assert folder.split("/")[0] in included


def test_importing_the_package_and_loading_data_needs_no_training_library() -> None:
    script = (
        "import sys, inkdigits; inkdigits.load_mnist; inkdigits.summarize; inkdigits.find_recipe\n"
        "print([name for name in ('torch', 'safetensors', 'tensorboard', 'matplotlib', 'sklearn') "
        "if name in sys.modules])"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert output.stdout.strip() == "[]", output.stderr
