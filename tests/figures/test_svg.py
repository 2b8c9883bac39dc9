"""Figures as SVG elements: no styles, no names that others have, nothing said unescaped."""

import re
from xml.etree import ElementTree

import numpy as np

from inkdigits.evaluation.metrics import evaluate_logits
from inkdigits.figures.confusion import confusion_figure
from inkdigits.figures.style import new_figure, place_axes, place_picture, place_text
from inkdigits.figures.svg import svg_element


def a_figure(text: str = "a text") -> str:
    figure = new_figure(3, 2)
    axes = place_axes(figure, 0.5, 0.2, 2, 1.2)
    axes.plot([0, 1], [1, 0], color="#0072b2")
    place_text(figure, 0.1, 0.1, text)
    place_picture(figure, np.eye(28, dtype=np.uint8) * 255, 0.1, 0.1, 0.4)
    return svg_element(figure, "A name", "What it <shows> & more", "c1")


def test_styles_are_attributes_and_no_script_or_link_leads_out() -> None:
    text = a_figure()
    assert "style" not in text
    assert 'stroke="#0072b2"' in text
    root = ElementTree.fromstring(text)
    assert {element.tag for element in root.iter()} <= {
        "svg", "title", "desc", "g", "defs", "path", "use", "image", "clipPath", "rect"
    }  # fmt: skip
    for element in root.iter():
        target = element.get("href")
        assert target is None or target.startswith(("#", "data:image/png;base64,"))


def test_it_is_named_and_described() -> None:
    root = ElementTree.fromstring(a_figure())
    assert root.get("role") == "img"
    name, about = (
        root.find(f".//*[@id='{each}']") for each in root.get("aria-labelledby", "").split()
    )
    assert name is not None
    assert about is not None
    assert (name.text, about.text) == ("A name", "What it <shows> & more")


def test_names_are_the_figure_s_own_and_all_that_are_used_are_there() -> None:
    text = a_figure()
    defined = re.findall(r'\bid="([^"]+)"', text)
    used = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text)
    assert len(set(defined)) == len(defined) > 5
    assert all(each.startswith("c1-") for each in defined)
    assert {first or second for first, second in used} <= set(defined)


def test_the_same_figure_gives_the_same_text() -> None:
    assert a_figure() == a_figure()


def test_pixels_are_kept_as_they_are() -> None:
    assert 'height="28"' in a_figure() or 'width="28' in a_figure()


def test_text_of_strangers_is_drawn_and_not_written() -> None:
    hostile = '--><script>alert(1)</script><!-- "$x^2$'
    assert "script" not in a_figure(hostile)
    logits = np.eye(3)[[0, 1, 2, 1]]
    evaluation = evaluate_logits(logits, np.array([0, 1, 2, 0]), [hostile, "b", "c"])
    assert "script" not in svg_element(confusion_figure(evaluation), "a", "b", "c2")
