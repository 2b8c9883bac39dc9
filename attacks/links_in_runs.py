"""A run folder with links in it, which the victim resumes, looks at or evaluates.

    python attacks/links_in_runs.py

It hopes that files of the victim's are truncated (the lock leads to one), removed (the folder of
checkpoints is another, whose folders have numbers for names, of which two are kept), or files are
written where the attacker wants.
"""

import os
from pathlib import Path

from victim import Worked, refusal, run, run_folder, several


def attack(folder: Path) -> str:
    letter = folder / "letter.txt"
    letter.write_text("dear diary")
    years = folder / "years"
    for year in (2023, 2024, 2025, 2026):
        (years / str(year)).mkdir(parents=True)
    (years / ".partial-novel").write_text("chapter one")
    lock, removed, inside, endless = (folder / name for name in ("a", "b", "c", "d"))
    (run_folder(lock) / ".lock").symlink_to(letter)
    (run_folder(removed) / "checkpoints").symlink_to(years)
    (run_folder(inside) / "checkpoints").mkdir()
    (inside / "checkpoints" / "000000001").symlink_to(years / "2026")
    endless.mkdir()
    (endless / "run.json").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe")
    waiting = folder / "e"
    waiting.mkdir()
    (waiting / "run.json").symlink_to(folder / "pipe")
    runs = (lock, removed, inside, endless, waiting)
    outcomes = several(*(("train", "--resume", path) for path in runs))
    sentences = [refusal(*pair) for pair in zip(outcomes, runs, strict=True)]
    if letter.read_text() != "dear diary":
        raise Worked("the victim's file was truncated")
    left = sorted(path.name for path in years.iterdir())
    if left != [".partial-novel", "2023", "2024", "2025", "2026"]:
        raise Worked(f"of the victim's folders only {left} are left")
    return f"{len(sentences)} of them, such as by '{sentences[0]}'"


if __name__ == "__main__":
    run(attack)
