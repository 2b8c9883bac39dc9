"""Hold what mutmut found against docs/mutants.md, which lists every mutant that no test notices.

    mutmut run
    python tests/survivors.py

Prints each module's figures for the page's table; then the survivors that the page does not list,
each to be noticed by a test or listed below its reason; then what it lists that survives no longer.
Exit code 1 where anything is missing.
"""

import argparse
import ast
import difflib
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "mutants.md"
SURVIVED, NOT_RUN = 0, None


@dataclass(frozen=True)
class Survivor:
    """One change that no test noticed."""

    module: str  # such as data/wheel
    function: str
    before: str
    after: str

    def __str__(self) -> str:
        before, after = _around(self.before, self.after)
        return f"- {self.module}, `{self.function}`: `{before}` → `{after}`"


def _around(before: str, after: str) -> tuple[str, str]:
    """The words that differ, with a few of those that do not on both sides."""
    one, other = re.findall(r"\w+|\W", before), re.findall(r"\w+|\W", after)
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    changed = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    first, last = changed[0], changed[-1]
    around = 7
    cuts = []
    for words, start, end in ((one, first[1], last[2]), (other, first[3], last[4])):
        head, tail = max(0, start - around), end + around
        text = "".join(words[head:tail]).strip() or " "
        cuts.append(("…" if head else "") + text + ("…" if tail < len(words) else ""))
    return cuts[0], cuts[1]


def survivors(module: Path) -> tuple[Counter[str], list[Survivor]]:
    """How the mutants of one module ended, and those that lived; `module` is mutmut's copy."""
    ends = json.loads(Path(f"{module}.meta").read_text())["exit_code_by_key"]
    text = module.read_text(encoding="utf-8")
    lines, functions = text.splitlines(), {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = lines[node.lineno - 1 : node.end_lineno]
            functions[node.name] = [re.sub(r"__mutmut_\w+", "", line).strip() for line in body]
    found = []
    name = module.relative_to(next(p for p in module.parents if p.name == "inkdigits"))
    for key, end in ends.items():
        if end != SURVIVED:
            continue
        mangled = key.rpartition(".")[2]
        own = mangled.rpartition("__mutmut_")[0]
        diff = list(difflib.ndiff(functions[f"{own}__mutmut_orig"], functions[mangled]))
        before = " ".join(line[2:] for line in diff if line.startswith("- "))
        after = " ".join(line[2:] for line in diff if line.startswith("+ "))
        function = own.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
        found.append(Survivor(str(name.with_suffix("")), function, before, after))
    ended = Counter(
        "not run" if end is NOT_RUN else "survived" if end == SURVIVED else "noticed"
        for end in ends.values()
    )
    return ended, found


def main() -> int:
    """Compare; exit code 1 where a survivor is not listed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="*", type=Path, default=[ROOT / "mutants"])
    options = parser.parse_args()
    alive: Counter[str] = Counter()
    for folder in options.folders:
        for meta in sorted(folder.rglob("*.py.meta")):
            ended, found = survivors(meta.with_suffix(""))
            alive.update(str(each) for each in found)
            tried = ended["noticed"] + ended["survived"]
            share = ended["noticed"] / tried if tried else 0
            left = f", {ended['not run']} not run" if ended["not run"] else ""
            print(f"| {meta.name[:-8]} | {tried} | {ended['noticed']} ({share:.0%}){left} |")
    listed = Counter(
        line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("- ")
    )
    missing, gone = alive - listed, listed - alive
    for title, lines in (("Not listed", missing), ("Listed, but noticed", gone)):
        print(f"\n{title}: {lines.total()}", *sorted(lines.elements()), sep="\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
