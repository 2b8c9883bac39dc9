"""Folders of pictures with links: to the victim's own files, to devices without end, to themselves.

    python attacks/links.py

They hope that a private picture becomes part of a network or a figure that is passed on, that
`/dev/zero` or a pipe is read for ever, or that a folder is gone round in for ever. The victim looks
at, reads or learns from a stranger's folder: `data --data`, `read`, `evaluate --data`, `--model`.
"""

import os
from pathlib import Path

from PIL import Image
from victim import Worked, refusal, run, several


def labelled(path: Path) -> Path:
    """A folder of honest pictures of two digits."""
    for label in "01":
        (path / label).mkdir(parents=True)
        for name in ("a.png", "b.png"):
            Image.new("L", (28, 28), 40).save(path / label / name)
    return path


def attack(folder: Path) -> str:
    private = labelled(folder / "private") / "0" / "a.png"
    picture, whole, split = (folder / name for name in ("picture", "whole", "split"))
    labelled(picture)
    (picture / "0" / "evil.png").symlink_to(private)
    labelled(whole)
    (whole / "2").symlink_to(private.parent)
    labelled(split / "train")
    (split / "test").symlink_to(folder / "private")
    loop = labelled(folder / "loop")
    (loop / "2").symlink_to(loop)
    (loop / "0" / "self.png").symlink_to(loop / "0" / "self.png")
    (loop / "0" / "zero.png").symlink_to("/dev/zero")
    os.mkfifo(loop / "0" / "pipe.png")
    zero, pipe = folder / "zero.onnx", folder / "pipe.onnx"
    zero.symlink_to("/dev/zero")
    os.mkfifo(pipe)
    *refused, honest, readable = several(
        ("data", "--data", picture), ("evaluate", "--data", picture), ("read", picture),
        ("data", "--data", whole), ("data", "--data", split),
        ("read", "--model", zero, private), ("read", "--model", pipe, private),
        ("data", "--data", zero),
        ("data", "--data", loop), ("read", loop),
    )  # fmt: skip
    named = (picture, picture, picture, whole, split, zero, pipe, zero)
    sentences = [refusal(*pair) for pair in zip(refused, named, strict=True)]
    if honest.code:
        raise Worked(f"honest pictures beside hostile ones are not learned from: {honest}")
    for outcome, path in ((refused[2], picture), (readable, loop)):
        read = {line.split()[0] for line in outcome.output.splitlines()[1:]}
        if read != {str(path / label / name) for label in "01" for name in ("a.png", "b.png")}:
            raise Worked(f"others than the honest pictures are read, or not all: {outcome}")
    return f"{len(sentences)} of them, such as by '{sentences[0]}'"


if __name__ == "__main__":
    run(attack)
