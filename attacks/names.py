"""Names of files and folders with escapes that a terminal obeys, and with line ends.

    python attacks/names.py

They hope to reach the terminal raw, where they rename its window, clear it, write to the clipboard
or pose as other lines, and that names which are no UTF-8 end it in a traceback. The victim reads or
looks at a stranger's folder: `inkdigits read`, `inkdigits data --data`. No HTML is written from
names: the page of `serve` and `export web` shows them as text.
"""

import os
from pathlib import Path

from PIL import Image, ImageDraw
from victim import NAME, Worked, inkdigits, is_obeyed, refusal, run, several


def attack(folder: Path) -> str:
    page = Image.new("L", (120, 120), 255)
    ImageDraw.Draw(page).line((60, 30, 60, 90), 0, 8)
    good, bad, classes, bytewise = (folder / name for name in ("good", "bad", "classes", "bytes"))
    good.mkdir()
    bad.mkdir()
    page.save(good / f"{NAME}.png")
    page.save(good / os.fsdecode(b"\xff\x9b2J.png"))
    (bad / f"{NAME}.png").write_bytes(b"no picture")
    for place, label in ((classes, NAME), (bytewise, os.fsdecode(b"\xff"))):
        for each in ("1", label):
            (place / each).mkdir(parents=True)
            for name in "ab":
                page.resize((28, 28)).save(place / each / f"{name}.png")
    outcomes = [
        inkdigits("read", good, bad, "--format", form, terminal=True) for form in ("table", "csv")
    ]
    outcomes += several(
        ("read", good, "--format", "text"), ("read", good, "--format", "csv"), ("read", bad),
        ("data", "--data", classes), ("data", "--data", bytewise),
    )  # fmt: skip
    sentences = [refusal(outcome) for outcome in outcomes[-3:]]
    for outcome in outcomes[:3] + outcomes[4:]:  # a CSV file, not on a terminal, keeps names
        if is_obeyed(outcome):
            raise Worked(f"a terminal was told {outcome.output + outcome.errors!r}")
    return f"as escaped everywhere, and for classes by '{sentences[1]}'"


if __name__ == "__main__":
    run(attack)
