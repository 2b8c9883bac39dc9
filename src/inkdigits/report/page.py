"""The page itself: one HTML file that asks for nothing else and needs no JavaScript."""

import base64
import hashlib
from pathlib import Path

import numpy as np

import inkdigits
from inkdigits.report.html import Html, joined, tag
from inkdigits.report.inside import attributions_section, favourites_section
from inkdigits.report.measure import Findings
from inkdigits.report.numbers import KEPT_RIGHT
from inkdigits.report.parts import Charts, between, paragraph, percent, section
from inkdigits.report.reading import accuracy_section, confidence_section, mistakes_section
from inkdigits.report.trials import (
    attacks_section,
    corruptions_section,
    refusal_section,
    sensitivity_section,
)
from inkdigits.words import counted

_CONTENTS = (
    ("accuracy", "What is read rightly"),
    ("mistakes", "Mistakes"),
    ("confidence", "Confidence"),
    ("corruptions", "Corruptions"),
    ("refusal", "What is no digit"),
    ("attacks", "Attacks"),
    ("attributions", "Which pixels decided"),
    ("favourites", "Filters"),
    ("changes", "Writing that changes"),
    ("measured", "How it was measured"),
)


def report_page(findings: Findings) -> str:
    """The whole page; the same findings always give the same text."""
    charts = Charts()
    main = tag(
        "main",
        _header(findings),
        accuracy_section(findings, charts),
        mistakes_section(findings),
        confidence_section(findings, charts),
        corruptions_section(findings, charts),
        refusal_section(findings, charts),
        attacks_section(findings, charts),
        attributions_section(findings),
        favourites_section(findings),
        sensitivity_section(findings, charts),
        _measured(findings),
    )
    return "<!doctype html>\n" + tag("html", _head(findings), tag("body", main), lang="en") + "\n"


def _head(findings: Findings) -> Html:
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{findings.model.name}: a report by inkdigits"),
        tag("link", rel="icon", href="data:,"),
        tag("style", Html(style)),
    )


def _header(findings: Findings) -> Html:
    model, dataset = findings.model, findings.dataset
    links = (tag("li", tag("a", title, href=f"#{name}")) for name, title in _CONTENTS)
    return joined(
        tag(
            "header",
            tag("h1", model.name),
            paragraph(
                f"{model.kind[0].upper()}{model.kind[1:]}, measured on {dataset.name}: "
                f"{counted(findings.evaluation.images, 'test image')} of "
                f"{len(model.class_names)} classes."
            ),
            tag("ul", *(_key(*each) for each in _keys(findings)), class_="keys"),
        ),
        tag("nav", tag("ul", *links), aria_label="Contents"),
    )


def _keys(findings: Findings) -> list[tuple[str, str, str]]:
    """The figures to know first: a number, what it is, a remark."""
    evaluation = findings.evaluation
    answered, _ = findings.curve.most_answered(KEPT_RIGHT)
    sampled = f"of {counted(len(findings.sample), 'image')}"
    threshold = f"{KEPT_RIGHT:.1%} right, on these images"
    if not answered:
        threshold = f"not even the surest are {KEPT_RIGHT:.1%} right"
    keys = [
        (percent(evaluation.accuracy), "accuracy", between(evaluation.interval)),
        (
            f"{findings.calibration['expected_calibration_error']:.4f}",
            "calibration error",
            "how far confidence is from being right",
        ),
        (percent(answered, 1), "answered", threshold),
    ]
    if findings.corrupted:
        mean = float(np.mean([row.accuracy for row in findings.corrupted]))
        keys.append((percent(mean, 1), "with corruptions", f"mean of MNIST-C’s 15, {sampled}"))
    if findings.refused:
        least = min(findings.refused, key=lambda row: row.area)
        keys.append((f"{least.area:.3f}", "area under ROC", f"digits against {least.name}"))
    if findings.attacked is not None:
        epsilon, stood = findings.attacked.epsilons[0], findings.attacked.withstood[1]
        remark = f"pixels by {epsilon:g}, {sampled}"
        keys.append((percent(float(stood.mean()), 1), "under attack", remark))
    return keys


def _key(number: str, what: str, remark: str) -> Html:
    return tag("li", tag("strong", number), tag("span", what), tag("small", remark))


def _measured(findings: Findings) -> Html:
    model, settings = findings.model, findings.settings
    temperature = (
        f" Logits are divided by the temperature {model.temperature:.3f} that it was calibrated "
        "with."
        if model.temperature != 1
        else ""
    )
    return section(
        "measured",
        "How it was measured",
        paragraph(
            f"By inkdigits {inkdigits.__version__} on {findings.dataset.name}. "
            "Accuracy, mistakes and confidence are of "
            f"{counted(findings.evaluation.images, 'test image')}, all there are; corruptions, "
            f"attacks and changes of {len(findings.sample):,} of them, drawn "
            f"with seed {settings.seed}. ‘No digit’ is left out of the choice, as when it reads."
            f"{temperature} All numbers are in the JSON file beside this page."
        ),
        *(
            paragraph(tag("strong", f"Left out, {part}: "), reason)
            for part, reason in findings.left_out.items()
        ),
    )
