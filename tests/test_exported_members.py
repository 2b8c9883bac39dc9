"""The public names, and that importing the package is light."""

import dataclasses
import inspect
import pkgutil
import re
import subprocess
import sys

import inkdigits
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


def test_importing_the_package_and_loading_data_needs_no_training_library() -> None:
    script = (
        "import sys, inkdigits; inkdigits.load_mnist; inkdigits.summarize; inkdigits.find_recipe\n"
        "print([name for name in ('torch', 'safetensors', 'tensorboard', 'matplotlib', 'sklearn') "
        "if name in sys.modules])"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert output.stdout.strip() == "[]", output.stderr
