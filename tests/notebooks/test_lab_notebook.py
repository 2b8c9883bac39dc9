"""The lab notebook: executed here on a small subset, stored executed on the full set."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from inkdigits.data import Dataset

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "lab1.ipynb"
TOTALS = ("104,288 (407.38 KB)", "34,698 (135.54 KB)", "192 (768.00 B)", "69,398 (271.09 KB)")
# /home/..., C:\..., file:///...: two parts at least, not within a word, a web address or a link.
ABSOLUTE_PATH = re.compile(r"(?<![\w.:/)>])/[\w.~-]+/[\w.-]+|\b[A-Za-z]:\\|file:/")


@pytest.fixture(scope="module")
def stored() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]


def test_the_notebook_runs_on_a_subset(
    stored: Any, mnist: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKDIGITS_LAB_IMAGES", "2000")
    monkeypatch.setenv("INKDIGITS_LAB_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    executed = execute(stored, tmp_path)

    printed = printed_text(executed)
    assert "Dimension of x_train: (2000, 28, 28)" in printed
    assert all(total in printed for total in TOTALS)
    assert 0 < accuracy_in(printed) <= 1
    assert f"Label: {mnist.test.labels[47]}\n" in printed
    assert mnist.test.labels[47] == 2
    (run,) = (tmp_path / "runs").iterdir()
    assert json.loads((run / "metrics.json").read_text())["test"]["images"] == 2000


def test_the_stored_notebook_was_executed_in_order_without_a_warning(stored: Any) -> None:
    nbformat.validate(stored)
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    for output in outputs_of(stored):
        assert output.output_type in ("stream", "execute_result")
        assert output.get("name", "stdout") == "stdout"


def test_the_stored_notebook_holds_the_full_sets_results(stored: Any) -> None:
    printed = printed_text(stored)
    assert "Dimension of x_train: (60000, 28, 28)" in printed
    assert "Dimension of x_test: (10000, 28, 28)" in printed
    assert all(total in printed for total in TOTALS)
    assert accuracy_in(printed) > 0.97
    assert "Label: 2\nPredicted label: 2\n" in printed
    assert sum("image/png" in output.get("data", {}) for output in outputs_of(stored)) == 7


def test_the_stored_notebook_names_no_path_of_a_machine(stored: Any) -> None:
    sources = "\n".join(cell.source for cell in stored.cells)
    assert ABSOLUTE_PATH.findall(sources + printed_text(stored)) == []


@pytest.mark.parametrize("text", ["in /home/me/runs", "'/tmp/x1/a.py'", r"at C:\x", "file:///a"])
def test_the_search_for_paths_finds_one(text: str) -> None:
    assert ABSOLUTE_PATH.search(text)


def execute(notebook: Any, folder: Path) -> Any:
    """A copy of the notebook executed in `folder` by this interpreter, whatever Jupyter has."""
    spec = folder / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": command, "display_name": "test", "language": "python"}))
    specs = KernelSpecManager(kernel_dirs=[str(spec.parents[1])])
    copy = nbformat.from_dict(json.loads(json.dumps(notebook)))  # type: ignore[no-untyped-call]
    client = NotebookClient(
        copy,
        km=AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs),
        timeout=300,
        resources={"metadata": {"path": str(folder)}},
    )
    return client.execute(cleanup_kc=True)  # end the kernel, although the manager is given


def outputs_of(notebook: Any) -> list[Any]:
    """The outputs of all cells, in order."""
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def printed_text(notebook: Any) -> str:
    """All that the cells printed, in order."""
    return "".join(output.text for output in outputs_of(notebook) if "text" in output)


def accuracy_in(printed: str) -> float:
    """The last test accuracy printed, a share."""
    return float(re.findall(r"^Test accuracy: ([\d.]+)", printed, re.MULTILINE)[-1])
