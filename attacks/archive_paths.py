"""Archives and folders that name files outside of themselves, to be written, removed or read.

    python attacks/archive_paths.py

They hope to be extracted, so that `../` and absolute names leave the folder, or that the list of an
earlier export is believed. The victim looks at a stranger's .npz or wheel, scores a stranger's
photos, or writes the page into a stranger's folder: `data --data`, `evaluate --photos`,
`export web`.
"""

import json
import shutil
import zipfile
from pathlib import Path

from victim import Worked, inkdigits, python, refusal, run, several

WHEEL = """
import sys
from pathlib import Path
from inkdigits.data.wheel import read_wheel
from inkdigits.errors import DataError
try:
    read_wheel(Path(sys.argv[1]))
except DataError as error:
    print("REFUSED", error)
"""


def archive(path: Path, outside: Path) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name in ("../written.npy", f"{outside}/written.npy", "x_train.npy/../../written.npy"):
            file.writestr(name, b"evil")
        link = zipfile.ZipInfo("x_train.npy")
        link.external_attr = 0o120777 << 16  # a symbolic link
        file.writestr(link, "../precious.txt")
    return path


def attack(folder: Path) -> str:
    precious, inside = folder / "precious.txt", folder / "inside"
    precious.write_text("precious")
    inside.mkdir()
    evil = archive(inside / "evil.npz", folder)
    wheel = Path(shutil.copy(evil, inside / "evil.whl"))
    photos = inside / "photos.jsonl"
    outcomes = []
    for file in ("../precious.txt", str(precious), "link/precious.txt"):
        (inside / "link").unlink(missing_ok=True)
        (inside / "link").symlink_to(folder)
        photos.write_text(json.dumps({"file": file, "lines": ["1"]}))
        outcomes.append(inkdigits("evaluate", "--photos", photos))
    sentences = [refusal(outcome, photos) for outcome in outcomes]
    page = inside / "page"
    page.mkdir()
    names = ["../../precious.txt", str(precious), "..", "inkdigits.json/../../../precious.txt"]
    (page / "inkdigits.json").write_text(json.dumps({"files": names}))
    (page / "index.html").symlink_to(precious)
    data, export = several(("data", "--data", evil), ("export", "web", page))
    sentences.append(refusal(data, evil))
    if export.code not in (0, 1, 2) or "REFUSED" not in python(WHEEL, wheel).output:
        raise Worked(f"{export}")
    left = sorted(path.name for path in folder.iterdir())
    if left != ["inside", "precious.txt"] or precious.read_text() != "precious":
        raise Worked(f"outside of the folder there are now {left}")
    return f"{len(sentences)} of them, such as by '{sentences[0]}', and nothing outside was changed"


if __name__ == "__main__":
    run(attack)
