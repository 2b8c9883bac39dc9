"""A network in place of the one that the card beside it describes.

    python attacks/onnx_card.py

It hopes that a network with a back door is trusted for the figures of an honest one.
The victim reads a picture: `inkdigits read --model shipped.onnx`, from a folder with `CARD.json`.
"""

import shutil
from pathlib import Path

from PIL import Image
from victim import Worked, refusal, run
from victim import inkdigits as product

import inkdigits.recognition

INSTALLED = Path(inkdigits.recognition.__path__[0])


def attack(folder: Path) -> str:
    picture, network = folder / "picture.png", folder / "shipped.onnx"
    Image.new("L", (60, 60), 255).save(picture)
    for name in ("CARD.json", "CARD.md", "shipped.onnx"):
        shutil.copy(INSTALLED / name, folder)
    honest = product("read", "--model", network, picture)
    if honest.code:
        raise Worked(f"the honest network is not read any more: {honest.output}")
    shutil.copy(INSTALLED / "stages.onnx", network)
    return f"by '{refusal(product('read', '--model', network, picture), network, 'CARD.json')}'"


if __name__ == "__main__":
    run(attack)
