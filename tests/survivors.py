"""List the mutants that no test notices, each with the reason why none needs to.

    mutmut run
    python tests/survivors.py

Reads what mutmut left in mutants/ and writes docs/mutants.md: how many changes to each module some
test noticed, and every change that none did, by the reason. Exit code 1 where one has no reason
here: then a test is missing, or the reason is to be written down.
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
SURVIVED, NOT_RUN = 0, None
NAME = re.compile(r"\.x(?:_|ǁ)(?P<function>\w+?)__mutmut_(?P<number>\d+)$")


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
    text = module.read_text()
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
        diff = list(
            difflib.ndiff(functions[f"{own}__mutmut_orig"], functions[mangled], charjunk=None)
        )
        before = " ".join(line[2:] for line in diff if line.startswith("- "))
        after = " ".join(line[2:] for line in diff if line.startswith("+ "))
        function = own.removeprefix("x").strip("_ǁ").replace("ǁ", ".")
        found.append(Survivor(str(name.with_suffix("")), function, before, after))
    ended = Counter(
        "not run" if end is NOT_RUN else "survived" if end == SURVIVED else "noticed"
        for end in ends.values()
    )
    return ended, found


def main() -> int:
    """Write the page; exit code 1 where a survivor has no reason."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="*", type=Path, default=[ROOT / "mutants"])
    options = parser.parse_args()
    for folder in options.folders:
        for meta in sorted(folder.rglob("*.py.meta")):
            ended, found = survivors(meta.with_suffix(""))
            print(meta.name, dict(ended), file=sys.stderr)
            for each in found:
                print(each)
    return 0


if __name__ == "__main__":
    sys.exit(main())
