"""What the page's sections are made of: figures with a name, a picture and words about it."""

from dataclasses import dataclass, field

from matplotlib.figure import Figure

from inkdigits.figures.svg import svg_element
from inkdigits.report.html import Html, joined, tag


@dataclass
class Charts:
    """Makes charts for one page, each with names of its own."""

    drawn: int = field(default=0)

    def chart(self, figure: Figure, name: str, about: str, *more: str, paper: bool = False) -> Html:
        """A figure as SVG, with what it shows below it, and more, such as its numbers.

        Args:
            paper: whether its colours are for white ground; dark pages show it inverted.
        """
        self.drawn += 1
        drawing = Html(svg_element(figure, name, about, f"c{self.drawn}"))
        return tag(
            "figure",
            tag("div", drawing, class_="paper" if paper else "drawing"),
            tag("figcaption", tag("strong", f"{name}. "), about),
            *more,
            class_="chart",
        )


def section(name: str, title: str, *inside: str) -> Html:
    """A section with an anchor."""
    heading = tag("h2", title, id=f"{name}-title")
    return tag("section", heading, *inside, id=name, aria_labelledby=f"{name}-title")


def paragraph(*inside: str) -> Html:
    """A paragraph."""
    return tag("p", *inside)


def side_by_side(*charts: str) -> Html:
    """Charts beside each other where there is room."""
    return tag("div", *charts, class_="charts")


def left_out(reason: str) -> Html:
    """Why a part is not there."""
    return tag("p", "Left out: ", reason, class_="left-out")


def percent(share: float, digits: int = 2) -> str:
    """A share as text."""
    return f"{100 * share:.{digits}f}%"


def between(interval: tuple[float, float], digits: int = 2) -> str:
    """An interval of shares as text."""
    return f"{percent(interval[0], digits)} to {percent(interval[1], digits)}"


__all__ = ["Charts", "Html", "between", "joined", "left_out", "paragraph", "percent"]
__all__ += ["section", "side_by_side", "tag"]
