"""An .npz whose arrays are pickles, which run a program when they are unpickled.

    python attacks/npz_pickle.py

It hopes for `numpy.load(..., allow_pickle=True)`. The victim looks at a stranger's data, classifies
or scores them: `inkdigits data --data evil.npz`, `classify evil.npz`, `evaluate --data evil.npz`.
"""

import io
import zipfile
from pathlib import Path

import numpy as np
from victim import Worked, refusal, run, several


class Evil:
    """Unpickled, it makes a file."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.trace,)


def attack(folder: Path) -> str:
    trace = folder / "the program ran"
    stream = io.BytesIO()
    np.save(stream, np.array([Evil(trace)] * 3, dtype=object), allow_pickle=True)
    content = stream.getvalue()
    raw = content[content.index(b"\n") + 1 :]  # a pickle and nothing before it
    keras, crops, bare = (folder / f"{name}.npz" for name in ("keras", "crops", "bare"))
    for path, names, member in (
        (keras, ("x_train", "y_train", "x_test", "y_test"), content),
        (crops, ("images", "labels"), content),
        (bare, ("images", "labels"), raw),
    ):
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(f"{name}.npy", member)
    np.load(crops, allow_pickle=True)["images"]
    if not trace.exists():
        raise AssertionError("the attack does not even work on numpy")
    trace.unlink()
    outcomes = several(
        ("data", "--data", keras), ("classify", crops), ("classify", bare),
        ("evaluate", "--data", crops),
    )  # fmt: skip
    pairs = zip(outcomes, (keras, crops, bare, crops), strict=True)
    sentences = [refusal(outcome, path) for outcome, path in pairs]
    if trace.exists():
        raise Worked("the program ran")
    return f"{len(sentences)} times, such as by '{sentences[0]}'"


if __name__ == "__main__":
    run(attack)
