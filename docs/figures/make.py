"""Draw the pictures of docs/concepts and docs/tour anew:

    python docs/figures/make.py             # three minutes on two cores
    python docs/figures/make.py dropout     # those of one script

Each script draws a page's figures from real digits and networks that it trains by our recipes, with
fixed seeds; they are drawn again alike, but for the last bits of another machine's weights.
"""

import argparse
import importlib
from pathlib import Path

from material import Material, gather

from inkdigits import load_mnist
from inkdigits.figures.style import png_bytes
from inkdigits.files import write_bytes

SCRIPTS = (
    "convolution", "pooling", "normalisation", "dropout", "confidence", "optimisers", "tour",
)  # fmt: skip
OUT = Path(__file__).parent.parent / "images"


def main() -> None:
    """Draw what the command line asks for."""
    parser = argparse.ArgumentParser(description="Draw the figures of docs.")
    parser.add_argument("scripts", nargs="*", metavar="SCRIPT", help=", ".join(SCRIPTS))
    parser.add_argument("--out", type=Path, default=OUT, help="the folder that they go to")
    options = parser.parse_args()
    unknown = set(options.scripts) - set(SCRIPTS)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; take {', '.join(SCRIPTS)}")
    draw(options.scripts or SCRIPTS, gather(load_mnist()), options.out)


def draw(scripts: "list[str] | tuple[str, ...]", material: Material, out: Path) -> list[Path]:
    """Write the figures of `scripts` into the folder `out`; gives their paths."""
    paths = []
    for script in scripts:
        for name, content in importlib.import_module(script).draw(material).items():
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            write_bytes(out / name, content if isinstance(content, bytes) else png_bytes(content))
            paths.append(out / name)
            print(out / name)
    return paths


if __name__ == "__main__":
    main()
