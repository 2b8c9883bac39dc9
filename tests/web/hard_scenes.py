"""Hard scenes for the page to read as Python does: each with what stands in it."""

from collections.abc import Callable

import numpy as np

from inkdigits.data import Dataset
from tests.recognition import creased, prints, scenes
from tests.recognition.beside import BLACK, BOARD, FAINT, RED, beside
from tests.recognition.lights import Light, round_shadow
from tests.recognition.measured import JOINED, LONG, quantities
from tests.recognition.signed import hanging


def in_light(light: Light) -> tuple[scenes.Plane, str]:
    return scenes.photographed(scenes.PAPER * light, 2), ""


def on_paper(page: scenes.Written) -> tuple[scenes.Plane, str]:
    return scenes.on_paper(page.alpha), page.text


def framed(page: scenes.Written) -> tuple[scenes.Plane, str]:
    picture = scenes.framed(scenes.on_paper(page.alpha), (120, 60, 200, 90), 0)
    return np.rot90(picture), page.text


def on_its_side(picture: scenes.Plane, text: str) -> tuple[scenes.Plane, str]:
    return np.ascontiguousarray(np.rot90(picture)), text


def straightened(page: scenes.Written) -> tuple[scenes.Plane, str]:
    return scenes.straightened(scenes.on_paper(page.alpha), 4, 0), page.text


def measured(mnist: Dataset, lines: list[str], size: float | None) -> tuple[scenes.Plane, str]:
    text = "\n".join("".join(filter(str.isdigit, line)) for line in lines)
    return quantities(mnist, lines, 48, size=size), text


def turned(picture: scenes.Plane, text: str) -> tuple[scenes.Plane, str]:
    return np.ascontiguousarray(np.rot90(picture, 2)), text


SCENES: dict[str, Callable[[Dataset], tuple[scenes.Plane, str]]] = {
    "on lines": lambda mnist: scenes.underlined(mnist, scenes.rows(0, 2, 4), 55),
    "in the dark": lambda mnist: scenes.dim(mnist, scenes.rows(0, 2, 4), 60),
    "out of focus": lambda mnist: scenes.blurred(mnist, scenes.rows(24, 2, 4), 45),
    "far out of focus": lambda mnist: scenes.blurred(mnist, scenes.rows(0, 2, 4), 50, 0.12),
    "in a shadow": lambda mnist: scenes.shadowed(mnist, scenes.rows(36, 2, 4), 50, 100),
    "in a soft shadow": lambda mnist: scenes.shadowed(
        mnist, scenes.rows(36, 3, 6), 40, 150, 6, 0.003
    ),
    "into a shadow": lambda mnist: scenes.into_a_shadow(
        mnist, [range(3), range(3, 8), range(8, 12)], 45, 4
    ),
    "mostly in a shadow": lambda mnist: scenes.shadowed(
        mnist, scenes.rows(54, 3, 5), 45, 100, 4, shift=-120
    ),
    "beside a plain table": lambda mnist: scenes.on_a_plain_table(
        mnist, scenes.rows(36, 3, 5), 50, 60, "top bottom"
    ),
    "under a hand": lambda mnist: scenes.under_a_hand(mnist, scenes.rows(36, 3, 6), 50, 12),
    "steep": lambda mnist: on_paper(
        scenes.written(mnist, scenes.rows(36, 2, 6), 45, line=2.2, slope=20)
    ),
    "of two sizes": lambda mnist: on_paper(
        scenes.written(mnist, scenes.rows(24, 3, 4), (32, 48, 96), line=1.6)
    ),
    "in brackets": lambda mnist: prints.bracketed(mnist, range(6), 60, 2),
    "below a label": lambda mnist: prints.labelled(mnist, range(5, 10), 50, "Zip code", 0.5),
    "few below a label": lambda mnist: prints.labelled(mnist, range(36, 39), 50, "Account", 0.6),
    "beside labels": lambda mnist: prints.form(
        mnist, scenes.rows(24, 3, 4), 50, ("Zip", "Nr", "Tel"), "EUR"
    ),
    "between ticks": lambda mnist: prints.ticked(mnist, range(6), 55),
    "with units": lambda mnist: measured(mnist, ["138 kg 72 cm", "5 km/h", "40 % 53"], 0.9),
    "with units by a pen": lambda mnist: measured(mnist, ["37 °C", "250 ml", "2 kWh"], None),
    "with percents": lambda mnist: measured(mnist, [f"40 {JOINED}", f"23 {LONG}"], None),
    "with units on their heads": lambda mnist: turned(*measured(mnist, ["4 kg", "37 km"], 0.9)),
    "behind their names": lambda mnist: measured(mnist, ["No 138", "Total 45", "Room 30 m"], 0.9),
    "behind names by a pen": lambda mnist: measured(mnist, ["No 20", "Total 720"], None),
    "in columns": lambda mnist: prints.columns(mnist, scenes.rows(36, 3, 5), 45),
    "of eight pixels": lambda mnist: on_paper(
        scenes.written(mnist, scenes.rows(36, 2, 5), 8, gap=0.5)
    ),
    "by a pen that skips": lambda mnist: scenes.skipping(mnist, scenes.rows(36, 3, 4), 36),
    "faint, in grain": lambda mnist: scenes.grainy(mnist, scenes.rows(60, 4, 4), 32),
    "beside a sheet's edge": lambda mnist: scenes.at_an_edge(mnist, (36, 37, 38), 40),
    "on a table": lambda mnist: scenes.on_a_table(mnist, scenes.rows(36, 3, 5), 30),
    "in pencil, on a table": lambda mnist: scenes.in_pencil(mnist, scenes.rows(36, 4, 5), 30, 1.5),
    "nothing, on a table": lambda mnist: (scenes.blank(30, -0.05, ["left", "right"]), ""),
    "a shadow": lambda mnist: in_light(round_shadow(300, 300, 5)),
    "on a note": lambda mnist: scenes.on_a_note(mnist, range(36, 42), 40),
    "small on a note": lambda mnist: scenes.on_a_note(mnist, range(36, 42), 40, 4),
    "on a board": lambda mnist: scenes.on_a_board(mnist, scenes.rows(36, 3, 5), 40),
    "bound by rings": lambda mnist: scenes.bound(
        mnist, scenes.rows(36, 3, 5), 40, "rings", is_left=True
    ),
    "bound by wires": lambda mnist: scenes.bound(
        mnist, scenes.rows(36, 3, 5), 40, "doubled wires", is_left=False
    ),
    "bound by few wires": lambda mnist: scenes.bound(
        mnist, [[36, 37]], 60, "wires", is_left=False, apart=0.85
    ),
    "with commas that hang low": lambda mnist: hanging(mnist, [[0, 11, 4], [3, 17, 8]], 50),
    "cut close": lambda mnist: scenes.filling(mnist, (3, 4), 70),
    "below a bar code": lambda mnist: prints.coded(mnist, range(36, 42), 60, 3),
    "on wheels": lambda mnist: scenes.counter(mnist, (0, 1, 4, 7, 11, 17), 40),
    "on ruled paper, askew": lambda mnist: scenes.on_ruled_paper(
        mnist, scenes.rows(24, 2, 5), 60, 7
    ),
    "in a frame": lambda mnist: framed(scenes.written(mnist, scenes.rows(36, 2, 5), 50)),
    "straightened": lambda mnist: straightened(scenes.written(mnist, scenes.rows(36, 2, 5), 50)),
    "folded": lambda mnist: creased.folded(mnist, scenes.rows(0, 3, 5), 45),
    "folded, on its side": lambda mnist: on_its_side(
        *creased.folded(mnist, scenes.rows(0, 3, 5), 45)
    ),
    "crumpled": lambda mnist: creased.crumpled(mnist, scenes.rows(100, 3, 4), 50, 100),
    "stained": lambda mnist: creased.stained(mnist, scenes.rows(100, 2, 4), 50),
    "far apart, askew": lambda mnist: scenes.far_apart(mnist, scenes.rows(0, 2, 4), 2.2, -12),
    "on squares, askew": lambda mnist: creased.squared_askew(mnist, scenes.rows(0, 3, 4), 50, 25),
    "beside a table": lambda mnist: beside(mnist, scenes.rows(40, 2, 3), 45, BLACK, 3, 0.3),
    "in red, beside a table": lambda mnist: beside(mnist, scenes.rows(0, 2, 3), 45, RED, 3, 0.3),
    "on a board, beside a wall": lambda mnist: beside(
        mnist, scenes.rows(0, 2, 3), 45, BOARD, 1, 0.15
    ),
    "in faint chalk, beside a wall": lambda mnist: beside(
        mnist, scenes.rows(0, 1, 3), 45, FAINT, 2, 0.2
    ),
    "on large wheels": lambda mnist: scenes.counter(mnist, (0, 1, 4, 7, 11, 17), 150),
}
