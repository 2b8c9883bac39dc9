"""Weights whose header lies: tensors that overlap, or lie far outside of the file, or are endless.

    python attacks/safetensors_offsets.py

It hopes that reading them reaches memory that is not the file's, or asks for more than there is.
The victim scores a stranger's run: `inkdigits evaluate RUN`.
"""

from pathlib import Path
from typing import Any

from victim import refusal, run, run_folder, safetensors, several


def tensor(shape: list[int], *offsets: int) -> dict[str, Any]:
    """A tensor's entry in the header."""
    return {"dtype": "F32", "shape": shape, "data_offsets": offsets}


HOSTILE = {
    "overlap": safetensors({"a": tensor([4], 0, 16), "b": tensor([4], 8, 24)}, bytes(24)),
    "beyond": safetensors({"a": tensor([2**60], 0, 2**62)}, bytes(16)),
    "backwards": safetensors({"a": tensor([4], 16, 0)}, bytes(16)),
    "negative": safetensors({"a": tensor([4], -16, 0)}, bytes(16)),
    "overflow": safetensors({"a": tensor([2**32, 2**32], 0, 0)}),
    "gap": safetensors({"a": tensor([4], 1024, 1040)}, bytes(1040)),
    "header_beyond": safetensors({}, length=2**63 - 1),
    "header_endless": safetensors(b'{"a":' * 100_000),
    "pickle": b"\x80\x02cos\nsystem\nq\x00X\x04\x00\x00\x00true\x85Rq\x02.",
}


def attack(folder: Path) -> str:
    runs = [run_folder(folder / name) for name in HOSTILE]
    paths = [path / "weights.safetensors" for path in runs]
    for path, content in zip(paths, HOSTILE.values(), strict=True):
        path.write_bytes(content)
    outcomes = several(*(("evaluate", path) for path in runs))
    sentences = [refusal(*pair) for pair in zip(outcomes, paths, strict=True)]
    return f"{len(sentences)} of them, such as by '{sentences[0]}'"


if __name__ == "__main__":
    run(attack)
