"""Pictures of the page in each of its states, from a real browser.

    python benchmarks/screenshots.py /tmp/shots      # all of them
    python benchmarks/screenshots.py                 # those that the README shows

Each is small: 128 colours of PNG.
"""

import argparse
import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from browser import chromium, draw_digits, opened, served, settle
from PIL import Image

from inkdigits import load_mnist

SHOWN = ("page-photo", "page-dark-phone")
DESKTOP, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
SHEET = (880, 1040)  # of the photo, pixels
FAKE_CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
State = Callable[[Any, Path], None]


def main() -> None:
    """Take them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path, nargs="?")
    folder = parser.parse_args().folder
    target = folder or Path(__file__).parent.parent / "docs" / "images"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, chromium(*FAKE_CAMERA) as browser:
        photo = Path(scratch) / "note.jpg"
        write_photo(photo)
        # Beside the server's own folder, so that the page names a short one.
        with served("--collect", str(Path(scratch) / "my_digits")) as url:
            for name, (state, settings) in STATES.items():
                if folder is None and name not in SHOWN:
                    continue
                page = opened(browser, url, **settings)
                state(page, photo)
                page.wait_for_timeout(600)  # the last stage is drawn
                path = target / f"{name}.png"
                save(page.screenshot(full_page=name != "page-dark-phone"), path)
                print(f"{path}: {path.stat().st_size / 1000:.0f} kB")
                page.close()


def save(content: bytes, path: Path) -> None:
    """Write a screenshot with fewer colours, which nobody sees."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    picture.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


def write_photo(path: Path) -> None:
    """Four numbers of MNIST's test digits, in blue on a sheet that is lit from one side."""
    digits = load_mnist().test
    rng = np.random.default_rng(8)
    ink = np.zeros(SHEET, np.float32)
    for row in range(4):
        left = 90
        for place in range(rng.integers(4, 7)):
            digit = Image.fromarray(digits.images[10 * row + place])
            side = int(rng.integers(185, 205))
            plane = np.asarray(digit.resize((side, side), Image.Resampling.BICUBIC)) / 255
            top = 50 + 205 * row + int(rng.integers(-8, 8))
            ink[top : top + side, left : left + side] += plane
            left += int(0.75 * side)
    light = np.linspace(0.82, 0.98, SHEET[1]) * np.linspace(1, 0.93, SHEET[0])[:, None]
    paper = light[..., None] * np.array([250, 245, 234])
    blue = np.array([38, 56, 120])
    mixed = (
        paper + ink.clip(0, 1)[..., None] * (blue - paper) + rng.normal(scale=2, size=(*SHEET, 1))
    )
    Image.fromarray(mixed.clip(0, 255).astype(np.uint8)).save(path, quality=88)


def _empty(_: Any, __: Path) -> None:
    pass


def _drawn(text: str) -> State:
    def state(page: Any, _: Path) -> None:
        draw_digits(page, text)
        settle(page)
        page.locator("#stages canvas").first.wait_for()

    return state


def _refused(page: Any, _: Path) -> None:
    box = page.locator("#pad").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    for step in range(1, 60):
        x = box["x"] + 60 + 4 * step
        page.mouse.move(x, box["y"] + (250 if step % 2 else 50))
    page.mouse.up()
    page.locator("#drawn-note:not(:empty)").wait_for()


def _photo(page: Any, photo: Path) -> None:
    page.set_input_files("#file", photo)
    page.locator("#crops button").first.wait_for()


def _chosen(page: Any, photo: Path) -> None:
    draw_digits(page, "3")
    settle(page)
    _photo(page, photo)
    page.locator("#crops button").nth(3).click()
    page.locator("#stages canvas").first.wait_for()


def _corrected(page: Any, _: Path) -> None:
    draw_digits(page, "3")
    settle(page)
    page.locator("#values button").nth(8).click()
    page.locator("#correct-note:not(:empty)").wait_for()


def _keys(page: Any, _: Path) -> None:
    page.locator("#pad").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    for _step in range(15):
        page.keyboard.press("ArrowDown")
    settle(page)


def _camera(page: Any, _: Path) -> None:
    page.locator("#camera").click()
    page.locator("#camera-dialog[open]").wait_for()


STATES: dict[str, tuple[State, dict[str, Any]]] = {
    "page-empty": (_empty, {"viewport": DESKTOP}),
    "page-drawing": (_drawn("3"), {"viewport": DESKTOP}),
    "page-number": (_drawn("3142"), {"viewport": DESKTOP}),
    "page-refused": (_refused, {"viewport": DESKTOP}),
    "page-photo": (_chosen, {"viewport": DESKTOP}),
    "page-corrected": (_corrected, {"viewport": DESKTOP}),
    "page-keys": (_keys, {"viewport": DESKTOP}),
    "page-camera": (_camera, {"viewport": DESKTOP}),
    "page-dark": (_chosen, {"viewport": DESKTOP, "color_scheme": "dark"}),
    "page-phone": (_photo, {"viewport": PHONE}),
    "page-dark-phone": (_drawn("31"), {"viewport": PHONE, "color_scheme": "dark"}),
}

if __name__ == "__main__":
    main()
