"""Pictures in the terminal: each way of showing them, read back independently."""

import base64
import io
import os
import re
import struct
import sys

import numpy as np
import pytest
from PIL import Image
from rich.console import Console
from rich.table import Table

from inkdigits.errors import UsageError
from inkdigits.figures.inline import picture_escape, picture_protocol
from inkdigits.figures.terminal import probability_bars, terminal_picture

RAMP = np.array([[0, 255, 128, 64], [255, 0, 32, 200], [9, 90, 180, 250], [1, 2, 3, 4]], np.uint8)
PLAIN: dict[str, str] = {"TERM": "xterm-256color"}


def rendered(console: Console, image: np.ndarray, columns: int | None = None, **env: str) -> str:
    with console.capture() as capture:
        console.print(
            terminal_picture(image, columns=columns, environment={**PLAIN, **env}), end=""
        )
    return capture.get()


def terminal(**options: object) -> Console:
    settings: dict[str, object] = {
        "file": io.StringIO(),
        "force_terminal": True,
        "color_system": "truecolor",
        "width": 60,
        "legacy_windows": False,
        "_environ": PLAIN,
    }
    return Console(**{**settings, **options})  # type: ignore[arg-type]  # options of every type


def test_colour_terminal_gets_half_blocks_with_both_pixels() -> None:
    text = rendered(terminal(), RAMP)
    cells = re.findall(r"\x1b\[38;2;(\d+);(\d+);(\d+);48;2;(\d+);(\d+);(\d+)m▀\x1b\[0m|(\n)", text)
    rows: list[list[tuple[int, int]]] = [[]]
    for red, green, blue, red2, green2, blue2, newline in cells:
        if newline:
            rows.append([])
            continue
        assert red == green == blue
        assert red2 == green2 == blue2
        rows[-1].append((int(red), int(red2)))
    assert rows[-1] == []
    expected = [list(zip(RAMP[i], RAMP[i + 1], strict=True)) for i in (0, 2)]
    assert rows[:-1] == expected


@pytest.mark.parametrize(
    "console",
    [
        Console(file=io.StringIO(), width=60, _environ={}),
        terminal(no_color=True),
        terminal(color_system="standard"),
        terminal(color_system=None),
    ],
    ids=["pipe", "NO_COLOR", "16 colours", "no colours"],
)
def test_without_enough_colours_density_shows_the_ink(console: Console) -> None:
    ink = np.array([[255, 0], [255, 0], [0, 113], [0, 113]], np.uint8)
    assert rendered(console, ink) == "@ \n =\n"


def test_dumb_terminal_gets_neither_pictures_nor_colours() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=60, _environ={"TERM": "dumb"})
    text = rendered(console, RAMP, INKDIGITS_PICTURES="kitty")
    assert "\x1b" not in text
    assert len(text.splitlines()) == 2


def test_picture_is_never_wider_than_the_console_and_keeps_its_shape() -> None:
    image = np.full((28, 28), 255, np.uint8)
    narrow = Console(file=io.StringIO(), width=10, _environ={})
    assert rendered(narrow, image) == ("@" * 10 + "\n") * 5
    wide = Console(file=io.StringIO(), width=80, _environ={})
    assert rendered(wide, image) == ("@" * 28 + "\n") * 14
    assert rendered(wide, image, columns=56) == ("@" * 56 + "\n") * 28


def test_an_odd_height_and_a_single_pixel_are_shown() -> None:
    assert rendered(terminal(), np.full((3, 3), 7, np.uint8)).count("▀") == 6
    assert rendered(terminal(), np.full((1, 1), 7, np.uint8)).count("▀") == 1


@pytest.mark.parametrize(
    ("image", "columns"),
    [(np.zeros((0, 4), np.uint8), None), (np.zeros((4, 4, 3), np.uint8), None), (RAMP, 0)],
)
def test_nothing_to_show_is_refused(image: np.ndarray, columns: int | None) -> None:
    with pytest.raises(UsageError):
        terminal_picture(image, columns=columns)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "iterm2"),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, "iterm2"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-256color"}, None),
        ({}, None),
        ({"TERM": "tmux-256color", "LC_TERMINAL": "iTerm2"}, None),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/tmux-0/default,1,0"}, None),
        ({"TERM": "xterm-kitty", "INKDIGITS_PICTURES": "blocks"}, None),
        ({"TERM": "xterm", "INKDIGITS_PICTURES": "sixel"}, "sixel"),
        ({"TERM": "xterm-kitty", "INKDIGITS_PICTURES": "auto"}, "kitty"),
    ],
)
def test_environment_tells_the_protocol(environment: dict[str, str], expected: str | None) -> None:
    assert picture_protocol(environment) == expected


def test_unknown_override_is_refused_with_the_choices() -> None:
    with pytest.raises(UsageError, match="auto, blocks, kitty, iterm2, sixel"):
        picture_protocol({"INKDIGITS_PICTURES": "ascii"})


def shrunk(picture: bytes) -> np.ndarray:
    """The embedded PNG, one pixel for each block of equal ones."""
    image = np.asarray(Image.open(io.BytesIO(picture)))
    times = image.shape[0] // 4
    assert (image == image[::times, ::times].repeat(times, 0).repeat(times, 1)).all()
    return image[::times, ::times]


def test_kitty_escape_carries_the_image_in_chunks_of_4096() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200)).astype(np.uint8)
    text = picture_escape(noise, "kitty", 28, 14)
    parts = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", text)
    assert "".join(f"\x1b_G{head};{body}\x1b\\" for head, body in parts) == text
    assert len(parts) > 1
    assert parts[0][0] == "a=T,f=100,c=28,r=14,C=1,q=2,m=1"
    assert [head for head, _ in parts[1:]] == ["q=2,m=1"] * (len(parts) - 2) + ["q=2,m=0"]
    assert all(len(body) <= 4096 for _, body in parts)
    png = base64.b64decode("".join(body for _, body in parts))
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png))), noise)


def test_iterm2_escape_carries_the_image() -> None:
    text = picture_escape(RAMP, "iterm2", 8, 4)
    match = re.fullmatch(r"\x1b\]1337;File=([^:]*):([^\x07]*)\x07", text)
    assert match
    fields = dict(part.split("=") for part in match[1].split(";"))
    png = base64.b64decode(match[2])
    assert fields["inline"] == "1"
    assert (fields["width"], fields["height"]) == ("8", "4")
    assert int(fields["size"]) == len(png)
    np.testing.assert_array_equal(shrunk(png), RAMP)


def decoded_sixel(text: str) -> np.ndarray:
    """A small sixel decoder: percent of grey for each pixel, -1 where none was drawn."""
    head = re.match(r'\x1bP0;1;0q"1;1;(\d+);(\d+)', text)
    assert head
    assert text.endswith("\x1b\\")
    width, height = int(head[1]), int(head[2])
    pixels = np.full((height + 6, width), -1)
    palette: dict[int, int] = {}
    colour, row, column = 0, 0, 0
    for token in re.finditer(
        r"#(\d+);2;(\d+);\d+;\d+|#(\d+)|!(\d+)([?-~])|([?-~])|(\$)|(-)", text[head.end() : -2]
    ):
        if token[1]:
            palette[int(token[1])] = int(token[2])
        elif token[3]:
            colour = int(token[3])
        elif token[4] or token[6]:
            times, bits = int(token[4] or 1), ord(token[5] or token[6]) - 63
            for bit in range(6):
                if bits >> bit & 1:
                    pixels[row + bit, column : column + times] = palette[colour]
            column += times
        else:
            row, column = row + (6 if token[8] else 0), 0
    assert (pixels[height:] == -1).all()
    return pixels[:height]


def test_sixel_escape_draws_every_pixel_in_its_grey() -> None:
    pixels = decoded_sixel(picture_escape(RAMP, "sixel", 8, 4, (10, 20)))
    assert pixels.shape == (80, 80)
    expected = np.asarray(Image.fromarray(RAMP).resize((80, 80), Image.Resampling.NEAREST))
    assert np.abs(pixels / 100 - expected / 255).max() < 0.025  # half of one of 32 greys, and %


def test_real_picture_is_drawn_over_blanks_inside_a_table() -> None:
    table = Table.grid(padding=(0, 1))
    picture = terminal_picture(RAMP, columns=4, environment={"TERM": "xterm-kitty"})
    table.add_row(picture, "one\ntwo")
    console = terminal()
    with console.capture() as capture:
        console.print(table)
    text = capture.get()
    escape = picture_escape(RAMP, "kitty", 4, 2)
    assert text.count(escape) == 1
    first, second = text.splitlines()
    assert first == "     one"
    # Save, to the picture's upper left corner, draw, restore; then the text goes on.
    assert second == f"    \x1b7\x1b[4D\x1b[1A{escape}\x1b8 two"


def test_pipe_gets_no_picture_even_in_a_capable_terminal() -> None:
    console = Console(file=io.StringIO(), width=60, _environ={})
    assert "\x1b" not in rendered(console, RAMP, TERM="xterm-kitty")


def test_probability_bars_are_as_long_as_the_probabilities() -> None:
    console = Console(file=io.StringIO(), width=80, _environ={})
    with console.capture() as capture:
        console.print(probability_bars(np.array([0.5, 0.0, 1.0]), ["a", "b", "[c]"], width=20))
    lines = capture.get().splitlines()
    assert [line.count("━") for line in lines] == [10, 0, 20]
    assert [line.split()[0] for line in lines] == ["a", "b", "[c]"]
    assert [line.split()[-1] for line in lines] == ["50.0%", "0.0%", "100.0%"]


def test_bars_leave_room_for_long_names_on_a_narrow_terminal() -> None:
    console = Console(file=io.StringIO(), width=40, _environ={})
    names = [f"a very long name of a class, number {number}" for number in range(2)]
    with console.capture() as capture:
        console.print(probability_bars(np.array([1.0, 0.0]), names))
    lines = capture.get().splitlines()
    assert len(lines) <= 8
    assert max(map(len, lines)) <= 40
    assert lines[0].count("━") >= 8
    assert lines[0].endswith("100.0%")
    assert "…" not in capture.get()


@pytest.mark.parametrize(("label", "code"), [(0, "32"), (1, "31"), (None, "36")])
def test_probability_bars_colour_right_wrong_and_unknown(label: int | None, code: str) -> None:
    console = terminal(color_system="standard")
    with console.capture() as capture:
        console.print(probability_bars(np.array([0.9, 0.1]), ["a", "b"], label=label))
    assert f"\x1b[1;{code}m" in capture.get().splitlines()[0]


def test_bars_and_picture_survive_a_console_without_unicode() -> None:
    console = Console(
        file=io.TextIOWrapper(io.BytesIO(), encoding="ascii"),
        force_terminal=True,
        color_system="truecolor",
        width=60,
        legacy_windows=False,
        _environ=PLAIN,
    )
    console.print(terminal_picture(RAMP, environment=PLAIN))
    console.print(probability_bars(np.array([0.9, 0.1]), ["a", "b"]))


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are POSIX")
def test_sixel_fills_exactly_the_cells_that_the_terminal_reports() -> None:
    import fcntl
    import pty
    import termios

    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("4H", 30, 90, 90 * 9, 30 * 19))
    with os.fdopen(follower, "w") as file:
        text = rendered(terminal(file=file), RAMP, columns=8, INKDIGITS_PICTURES="sixel")
    os.close(leader)
    start = text.index("\x1bP")
    assert decoded_sixel(text[start : text.index("\x1b8")]).shape == (4 * 19, 8 * 9)
