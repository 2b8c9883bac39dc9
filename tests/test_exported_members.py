"""The public names, and that importing the package is light."""

import subprocess
import sys

import inkdigits


def test_every_public_name_can_be_had_and_is_listed() -> None:
    for name in inkdigits.__all__:
        assert getattr(inkdigits, name) is not None
    homes = {name for names in inkdigits._HOMES.values() for name in names}
    assert homes | {"__version__"} == set(inkdigits.__all__)
    assert set(inkdigits.__all__) <= set(dir(inkdigits))


def test_importing_the_package_and_loading_data_needs_no_training_library() -> None:
    script = (
        "import sys, inkdigits; inkdigits.load_mnist; inkdigits.summarize; inkdigits.find_recipe\n"
        "print([name for name in ('torch', 'safetensors', 'tensorboard', 'matplotlib', 'sklearn') "
        "if name in sys.modules])"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert output.stdout.strip() == "[]", output.stderr
