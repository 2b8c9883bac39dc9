"""The page's sections on what is read rightly, what is not, and how sure of it the model is."""

import math

from inkdigits.data.disputed import PEOPLE, SOURCE
from inkdigits.evaluation.classes import CLASS_COLUMNS, UNDEFINED, class_rows
from inkdigits.evaluation.metrics import wilson_interval
from inkdigits.evaluation.selective import SelectiveCurve
from inkdigits.figures.confusion import confusion_figure
from inkdigits.figures.reliability import reliability_figure, selective_figure
from inkdigits.report.html import Html, picture, table, tag
from inkdigits.report.measure import SHOWN_MISTAKES, Findings
from inkdigits.report.numbers import ACCURACIES, KEPT_RIGHT, SHARES
from inkdigits.report.parts import Charts, between, paragraph, percent, section, side_by_side
from inkdigits.words import counted

_SIDE = 84  # CSS pixels of a mistake


def accuracy_section(findings: Findings, charts: Charts) -> Html:
    """Accuracy, and the confusion matrix."""
    evaluation = findings.evaluation
    about = (
        "A row is a true class, a column what it was read as. Only mistakes are shaded; beside "
        "each row stands the share of it that was read rightly."
    )
    return section(
        "accuracy",
        "What is read rightly",
        paragraph(
            f"{evaluation.correct:,} of {counted(evaluation.images, 'test image')}: ",
            tag("strong", percent(evaluation.accuracy)),
            f". Were other images drawn from the same source, it could be "
            f"{between(evaluation.interval)} (Wilson’s 95% interval); what another training would "
            "give is not in that.",
        ),
        charts.chart(
            confusion_figure(evaluation, findings.names),
            "Confusion matrix",
            about,
            table("Each class", list(CLASS_COLUMNS), class_rows(evaluation)),
            paper=True,
        ),
    )


def mistakes_section(findings: Findings) -> Html:
    """The worst mistakes, with a mark at disputed labels."""
    count, total = len(findings.mistakes), findings.evaluation.images
    if not count:
        return section(
            "mistakes", "Mistakes", paragraph(f"None in {counted(total, 'test image')}.")
        )
    shown = findings.mistakes[:SHOWN_MISTAKES].tolist()
    which = f"the worst {len(shown)} of them" if len(shown) < count else "all of them"
    return section(
        "mistakes",
        "Mistakes",
        paragraph(
            f"Misread: {count:,} of {counted(total, 'test image')}; here are {which}, those first "
            "whose label seemed least likely."
        ),
        *_about_disputes(findings),
        tag("ul", *(_mistake(findings, index) for index in shown), class_="gallery"),
    )


def _mistake(findings: Findings, index: int) -> Html:
    names = findings.names
    label = names[int(findings.dataset.test.labels[index])]
    read = names[int(findings.read[index])]
    sure = percent(float(findings.probabilities[index].max()), 0)
    dispute = findings.disputed.get(index)
    mark = tag("span", "label disputed", class_="mark") if dispute else Html("")
    about = f"Test image {index}: labelled {label}, read as {read} with confidence {sure}"
    return tag(
        "li",
        picture(findings.dataset.test.images[index], about, _SIDE),
        tag("span", f"{index}: {label}", tag("br"), "read ", tag("b", read), f", {sure}"),
        mark,
        class_="disputed" if dispute else "plain",
    )


def _about_disputes(findings: Findings) -> list[Html]:
    if not findings.disputed:
        return []
    misread = [index for index in findings.mistakes.tolist() if index in findings.disputed]
    total = findings.evaluation.images - len(findings.disputed)
    right = findings.evaluation.correct - (len(findings.disputed) - len(misread))
    return [
        paragraph(
            f"Of these, {len(misread)} are among the {len(findings.disputed)} test images in which "
            f"fewer than three of {PEOPLE} people saw the label ({SOURCE}); they are marked. "
            f"Without those {len(findings.disputed)} the accuracy is {percent(right / total)} "
            f"({between(wilson_interval(right, total))})."
        )
    ]


def confidence_section(findings: Findings, charts: Charts) -> Html:
    """The reliability diagram, and accuracy against the share answered."""
    figures = findings.calibration
    return section(
        "confidence",
        "Whether its confidence can be believed",
        paragraph(
            "Expected calibration error ",
            tag("strong", f"{figures['expected_calibration_error']:.4f}"),
            f" over {len(findings.bins.readings)} bins, negative log-likelihood ",
            tag("strong", f"{figures['negative_log_likelihood']:.4f}"),
            " nats, Brier score ",
            tag("strong", f"{figures['brier_score']:.4f}"),
            " (0 is best for all three).",
        ),
        side_by_side(_reliability(findings, charts), _selective(findings, charts)),
    )


def _reliability(findings: Findings, charts: Charts) -> Html:
    bins = findings.bins
    rows = [
        [
            f"{place / len(bins.readings):.3f} to {(place + 1) / len(bins.readings):.3f}",
            f"{int(count):,}",
            percent(float(bins.confidence[place])) if count else "–",
            percent(float(bins.accuracy[place])) if count else "–",
        ]
        for place, count in enumerate(bins.readings)
    ]
    return charts.chart(
        reliability_figure(bins),
        "Reliability",
        f"Of {counted(int(bins.readings.sum()), 'reading')}: above the dashed line it is right "
        "more often than it claims, below it less often; the wide strokes are the gaps, the thin "
        "ones 95% intervals. Below: how many readings (logarithmic).",
        table("Bins of confidence", ["confidence", "readings", "mean", "right"], rows),
    )


def _selective(findings: Findings, charts: Charts) -> Html:
    curve = findings.curve
    rows = []
    for share in SHARES:
        accuracy, least = curve.at(share)
        rows.append([f"the surest {percent(share, 0)}", percent(accuracy), _threshold(least)])
    for accuracy in ACCURACIES:
        answered, least = curve.most_answered(accuracy)
        least_right = percent(accuracy, 1)
        text = f"as many as are {least_right} right: {percent(answered)}"
        some = [f"at least {least_right}", _threshold(least)] if answered else [UNDEFINED] * 2
        rows.append([text, *some])
    return charts.chart(
        selective_figure(curve),
        "Accuracy against the share answered",
        f"{_answered(curve)} Mean share wrong over all shares answered: {curve.area:.5f}.",
        table("Answers", ["answered", "right", "least confidence"], rows),
    )


def _answered(curve: SelectiveCurve) -> str:
    """How much may be answered, and how far that can be trusted."""
    total = len(curve.answered)
    share, least = curve.most_answered(KEPT_RIGHT)
    if not share:
        return (
            f"Of {counted(total, 'image')}, not even the surest answers are {KEPT_RIGHT:.1%} right."
        )
    count = round(share * total)
    right = round(float(curve.accuracies[count - 1]) * count)
    interval = between(wilson_interval(right, count))
    return (
        f"To be right in {KEPT_RIGHT:.1%} of its answers it may answer {percent(share, 1)} of "
        f"{counted(total, 'image')}: those with a confidence of at least {_threshold(least)}, of "
        f"which {right:,} of {count:,} are right (95% interval {interval})."
        " That threshold was found on these very images: on others fewer may be right."
    )


def _threshold(confidence: float) -> str:
    """Rounded down, so that what is at least that sure is at least as sure as is said."""
    return f"{math.floor(1e4 * confidence) / 1e4:.4f}"
