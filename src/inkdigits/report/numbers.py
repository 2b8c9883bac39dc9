"""A report's numbers as plain values, for the JSON file beside the page."""

from typing import Any

import inkdigits
from inkdigits.data.disputed import SOURCE
from inkdigits.evaluation.metrics import wilson_interval
from inkdigits.report.measure import Findings

SHARES = (1.0, 0.99, 0.98, 0.95, 0.9, 0.8)  # of the images, answered
ACCURACIES = (0.99, 0.995, 0.999, 1.0)  # that answers should have
KEPT_RIGHT = 0.999  # of these, the one that is said in words


def report_numbers(findings: Findings) -> dict[str, Any]:
    """What was measured: numbers, lists, names."""
    model, dataset, settings = findings.model, findings.dataset, findings.settings
    return {
        "inkdigits": inkdigits.__version__,
        "model": {"name": model.name, "kind": model.kind, "temperature": model.temperature},
        "data": {"name": dataset.name},
        "test": findings.evaluation.to_json(),
        "calibration": {**findings.calibration, "bins": _bins(findings)},
        "selective": _selective(findings),
        "mistakes": _mistakes(findings),
        "sample": {
            "images": len(findings.sample),
            "seed": settings.seed,
            "indices": findings.sample.tolist(),
            "right": findings.plain_right,
        },
        "corruptions": _corruptions(findings),
        "refusal_auroc": {row.name: row.area for row in findings.refused},
        "refusal_auroc_interval_95": {row.name: list(row.interval) for row in findings.refused},
        "attacks": _attacks(findings),
        "attributions": _attributions(findings),
        "sensitivity": _sensitivity(findings),
        "left_out": dict(findings.left_out),
    }


def _bins(findings: Findings) -> list[dict[str, Any]]:
    bins = findings.bins
    return [
        {"readings": int(count), "right": int(right), "confidence": float(confidence)}
        for count, right, confidence in zip(*bins, strict=True)
    ]


def _selective(findings: Findings) -> dict[str, Any]:
    curve = findings.curve
    return {
        "area_under_risk": curve.area,
        "answered": [
            {"share": share, "accuracy": accuracy, "least_confidence": least}
            for share, (accuracy, least) in ((share, curve.at(share)) for share in SHARES)
        ],
        "accuracy": [
            {"at_least": accuracy, "answered": answered, "least_confidence": least}
            for accuracy, (answered, least) in (
                (accuracy, curve.most_answered(accuracy)) for accuracy in ACCURACIES
            )
        ],
    }


def _mistakes(findings: Findings) -> list[dict[str, Any]]:
    names, labels, read = findings.model.class_names, findings.dataset.test.labels, findings.read
    return [
        {
            "index": index,
            "label": names[labels[index]],
            "read": names[read[index]],
            "confidence": float(findings.probabilities[index, read[index]]),
            **({"disputed": SOURCE} if index in findings.disputed else {}),
        }
        for index in findings.mistakes.tolist()
    ]


def _attacks(findings: Findings) -> dict[str, Any] | None:
    attacked, settings = findings.attacked, findings.settings
    if attacked is None:
        return None
    images = attacked.withstood.shape[1]
    rows = zip((0.0, *attacked.epsilons), attacked.withstood.sum(1).tolist(), strict=True)
    return {
        "method": "projected gradient descent, L-infinity",
        "steps": settings.attack.steps,
        "restarts": settings.attack.restarts,
        "images": images,
        "accuracy": [
            {
                "epsilon": epsilon,
                "accuracy": right / images,
                "accuracy_interval_95": list(wilson_interval(right, images)),
            }
            for epsilon, right in rows
        ],
    }


def _corruptions(findings: Findings) -> dict[str, Any]:
    return {
        row.name: {
            "accuracy": row.accuracy,
            "accuracy_interval_95": list(row.interval),
            "accuracy_normalised": None
            if row.right_normalised is None
            else row.right_normalised / row.images,
        }
        for row in findings.corrupted
    }


def _attributions(findings: Findings) -> list[dict[str, Any]]:
    names = findings.model.class_names
    return [
        {
            "index": each.index,
            "label": names[each.label],
            "read": names[each.read],
            "output": each.for_read.output,
            "baseline": each.for_read.baseline,
            "sum": float(each.for_read.values.sum()),
        }
        for each in findings.explained
    ]


def _sensitivity(findings: Findings) -> dict[str, Any]:
    return {
        found.way.name: {
            "unit": found.way.unit,
            "values": list(found.way.values),
            "accuracy": found.accuracy.tolist(),
            "confidence": found.confidence.tolist(),
            "confidence_quartiles": found.quartiles.tolist(),
        }
        for found in findings.sensitivities
    }
