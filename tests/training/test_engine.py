"""Choosing device, precision and threads."""

import os
import subprocess
import sys

import pytest
import torch

from inkdigits.errors import UsageError
from inkdigits.processors import available_processors
from inkdigits.training.engine import choose_engine, has_fast_bfloat16


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
