"""The page's sections on what a model is put through: corruptions, non-digits, attacks, changes."""

import numpy as np

from inkdigits.evaluation.adversarial import Attacked
from inkdigits.evaluation.metrics import wilson_interval
from inkdigits.figures.robustness import (
    attack_figure,
    corruptions_figure,
    refusal_figure,
    sensitivity_figure,
)
from inkdigits.report.html import Html, picture, scrolled, table, tag
from inkdigits.report.measure import ATTACKS, CORRUPTIONS, NON_DIGITS, Findings
from inkdigits.report.parts import (
    Charts,
    between,
    left_out,
    paragraph,
    percent,
    section,
    side_by_side,
)
from inkdigits.words import counted

_SIDE = 72  # CSS pixels of an attacked image


def corruptions_section(findings: Findings, charts: Charts) -> Html:
    """The 15 corruptions of MNIST-C."""
    title = "Corrupted images"
    if not findings.corrupted:
        return section("corruptions", title, left_out(findings.left_out[CORRUPTIONS]))
    rows = findings.corrupted
    normalised = [row.right_normalised for row in rows if row.right_normalised is not None]
    images = len(findings.sample)
    plain = findings.plain_right / images
    mean = float(np.mean([row.accuracy for row in rows]))
    about = "Worst first, with 95% intervals; the dashed line is the accuracy without corruption."
    header = ["corruption", "right", "95% interval"]
    cells = [
        [row.name.replace("_", " "), percent(row.accuracy), between(row.interval)] for row in rows
    ]
    undone = ""
    if normalised:
        undone = (
            " The network is given them as they are; when it reads photos, digits are centred, "
            "scaled and cleaned first, which undoes some: with that step "
            f"{percent(sum(normalised) / images / len(normalised))}."
        )
        about += " Rings: with the normalisation of inkdigits read."
        header.append("normalised")
        for line, right in zip(cells, normalised, strict=True):
            line.append(percent(right / images))
    says = paragraph(
        "On average ",
        tag("strong", percent(mean)),
        f" of {counted(images, 'test image')} are read rightly with each of the 15 corruptions of "
        f"MNIST-C (Mu and Gilmer, 2019; our own implementation), {percent(plain)} without any."
        f"{undone}",
    )
    chart = charts.chart(
        corruptions_figure(rows, plain),
        "Accuracy with each corruption",
        about,
        table("Corruptions", header, cells),
    )
    return section("corruptions", title, says, chart)


def refusal_section(findings: Findings, charts: Charts) -> Html:
    """Non-digits."""
    title = "What is no digit"
    if not findings.refused:
        return section("refusal", title, left_out(findings.left_out[NON_DIGITS]))
    rows = [
        [row.name, f"{row.images:,}", f"{row.area:.4f}", "{:.4f} to {:.4f}".format(*row.interval)]
        for row in sorted(findings.refused, key=lambda row: row.area)
    ]
    without = ""
    if "letters" not in {row.name for row in findings.refused}:
        without = " Letters need fonts, which pip install 'inkdigits[model]' brings; without, none."
    return section(
        "refusal",
        title,
        paragraph(
            "How well the model’s ‘a digit at all’ tells all test images from things that are "
            "none: the area under ROC is the chance that a digit gets a higher score than one of "
            "them; 0.5 is guessing. They are drawn as the kinds that the shipped network was "
            "trained to refuse, from another seed; to networks trained on digits alone they are "
            f"news.{without}"
        ),
        charts.chart(
            refusal_figure(findings.refused),
            "Digits told from what is none",
            f"{findings.refused[0].images:,} of each kind against {findings.refused[0].digits:,} "
            "digits, worst first, with examples, and 95% intervals as wide as any scores could "
            "make them.",
            table(
                "Kinds of non-digits", ["kind", "images", "area under ROC", "95% interval"], rows
            ),
        ),
    )


def attacks_section(findings: Findings, charts: Charts) -> Html:
    """PGD."""
    title, attacked = "Images changed to be misread", findings.attacked
    if attacked is None:
        return section("attacks", title, left_out(findings.left_out[ATTACKS]))
    images, attack = attacked.withstood.shape[1], findings.settings.attack
    tried = f"{counted(attack.steps, 'step')} from {counted(attack.restarts, 'random start')}"
    right = attacked.withstood.sum(1).tolist()
    rows = [
        [f"{epsilon:g}", percent(count / images), between(wilson_interval(count, images))]
        for epsilon, count in zip((0.0, *attacked.epsilons), right, strict=True)
    ]
    return section(
        "attacks",
        title,
        paragraph(
            "Somebody who knows the network changes every pixel by at most so much that it misreads"
            f": projected gradient descent (Madry and others, 2018) of {tried}, on "
            f"{counted(images, 'test image')} drawn with seed {findings.settings.seed}. What it "
            "does not find may still be there: the figures are upper bounds."
        ),
        side_by_side(
            charts.chart(
                attack_figure(attacked.epsilons, right, images),
                "Accuracy under attack",
                "The images that no attack within these bounds had misread, with 95% intervals.",
                table("Attacks", ["largest change", "right", "95% interval"], rows),
            ),
            _attacked_images(findings, attacked),
        ),
    )


def _attacked_images(findings: Findings, attacked: Attacked) -> Html:
    names = findings.names
    head = [tag("th", "no attack", scope="col")]
    head += [tag("th", f"{epsilon:g}", scope="col") for epsilon in attacked.epsilons]
    lines = []
    for column in range(attacked.examples.shape[1]):
        label = int(findings.dataset.test.labels[findings.sample[column]])
        cells = []
        for row in range(len(attacked.examples)):
            read = int(attacked.read[row, column])
            pixels = np.rint(255 * attacked.examples[row, column]).astype(np.uint8)
            about = f"A {names[label]}, read as {names[read]}"
            says = tag("span", names[read], class_="right" if read == label else "wrong")
            cells.append(tag("td", picture(pixels, about, _SIDE), says))
        lines.append(tag("tr", *cells))
    whole = tag("table", tag("thead", tag("tr", *head)), tag("tbody", *lines), class_="pictures")
    caption = tag(
        "figcaption",
        tag("strong", "What the attacks look like. "),
        "Below each image: what it is read as. By its own class where no attack was found.",
    )
    return tag("figure", scrolled(whole, "What the attacks look like"), caption, class_="chart")


def sensitivity_section(findings: Findings, charts: Charts) -> Html:
    """Stroke width, tilt, scale and shift."""
    drawn = []
    for found in findings.sensitivities:
        header = [found.way.unit, "right", "mean confidence"]
        rows = [
            [f"{value:g}", percent(float(right), 1), percent(float(sure), 1)]
            for value, right, sure in zip(
                found.way.values, found.accuracy, found.confidence, strict=True
            )
        ]
        drawn.append(
            charts.chart(
                sensitivity_figure(found),
                found.way.name.capitalize(),
                f"At {found.way.unchanged:g} (dashed) the images are as they were.",
                table(found.way.name.capitalize(), header, rows),
            )
        )
    return section(
        "changes",
        "Writing that changes",
        paragraph(
            f"The same {counted(len(findings.sample), 'test image')} with thicker or thinner "
            "strokes, tilted, larger or smaller, off centre. Where the confidence (orange, dashed) "
            "stays above the share right (blue), the model does not notice that it guesses."
        ),
        side_by_side(*drawn),
    )
