"""Choosing device, precision and threads."""

import os
import subprocess
import sys

import pytest
import torch

from inkdigits.errors import UsageError
from inkdigits.processors import available_processors, wait_briefly
from inkdigits.training.engine import choose_engine, has_fast_bfloat16


@pytest.mark.parametrize(
    ("machine", "name", "given", "looks"),
    [
        ("x86_64", "Intel(R) Xeon(R) Processor", {}, "10000"),
        ("x86_64", "AMD EPYC", {}, "30000"),
        ("x86_64", "AMD EPYC", {"GOMP_SPINCOUNT": "7"}, "7"),
        ("x86_64", "AMD EPYC", {"OMP_WAIT_POLICY": "active"}, None),
        ("aarch64", "Neoverse", {}, None),
    ],
)
def test_threads_wait_for_a_while_that_the_processor_and_the_user_decide(
    machine: str,
    name: str,
    given: dict[str, str],
    looks: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setattr("inkdigits.processors.processor", lambda: (name, set()))
    monkeypatch.setattr(os, "environ", given)
    wait_briefly()
    assert given.get("GOMP_SPINCOUNT") == looks


def test_threads_follow_the_processs_affinity() -> None:
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system has no affinity call")
    script = (
        "import os; os.environ.pop('OMP_NUM_THREADS', None)\n"
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from inkdigits.training.engine import choose_engine\n"
        "import torch\n"
        "engine = choose_engine('cpu')\n"
        "engine.apply()\n"
        "print(engine.threads, torch.get_num_threads())"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert output.stdout.split() == ["1", "1"], output.stderr


def test_precision_is_bfloat16_only_where_the_cpu_multiplies_it() -> None:
    flags = ""
    if os.path.exists("/proc/cpuinfo"):  # noqa: PTH110 - one look
        with open("/proc/cpuinfo") as stream:  # noqa: PTH123
            flags = stream.read()
    if "flags" in flags:
        assert has_fast_bfloat16("cpu") == ("avx512_bf16" in flags or "amx_tile" in flags)
    assert choose_engine("cpu").precision == ("bfloat16" if has_fast_bfloat16("cpu") else "float32")


def test_what_is_named_is_taken() -> None:
    engine = choose_engine("cpu", "float32", 1)
    assert (engine.device, engine.precision, engine.threads) == ("cpu", "float32", 1)
    assert engine.dtype == torch.float32
    choose_engine("cpu", threads=available_processors())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("warp",), "device is 'warp'"),
        (("cuda:99",), "no device 'cuda:99'"),
        (("cpu", "float8"), "precision is 'float8'"),
        (("cpu", "auto", 0), "threads is 0"),
    ],
)
def test_what_is_not_there_is_a_usage_error(arguments: tuple[object, ...], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        choose_engine(*arguments).apply()  # type: ignore[arg-type]  # wrong on purpose
