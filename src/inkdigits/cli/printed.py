"""How `inkdigits read` and `inkdigits classify` print what they found."""

import io
import json
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from inkdigits.cli.text import columns, one_line

if TYPE_CHECKING:
    from inkdigits.recognition.reading import Reading

FORMATS = ("table", "json", "csv", "text")


def remarks(file: str, reading: "Reading", form: str, length: int | None) -> Iterator[str]:
    """What there is to say of a reading that its format has no place for."""
    if form in ("csv", "text") and reading.is_way_up_in_doubt:
        yield f"{file} may lie turned by {reading.perhaps_turned}°."
    for number, line in enumerate(reading.lines, 1):
        if length and len(line.digits) != length:
            count = f"{len(line.digits)} digit{'s' if len(line.digits) > 1 else ''}"
            yield f"{file}: line {number} has {count}, not {length}."
    if reading.has_more_pages:
        yield f"{file} has more pages than the first, which is read."


def formatted(readings: Sequence[tuple[str, "Reading"]], form: str, min_confidence: float) -> str:
    """Each file's reading in one of the formats; `?` for a digit of less confidence."""
    if form == "json":
        rows = [
            {"file": file, **reading.to_json(min_confidence=min_confidence)}
            for file, reading in readings
        ]
        return json.dumps(rows, indent=2) + "\n"
    if form == "text":
        texts = [
            "".join(f"{line.text_above(min_confidence)}\n" for line in reading.lines)
            for _, reading in readings
        ]
        return "\n".join(texts)
    if form == "csv":
        head = ("file", "line", "place", "value", "confidence", "x", "y", "width", "height")
        return _csv(
            head,
            (
                (file, number, place, digit.value, f"{digit.confidence:.4f}", *digit.box)
                for file, reading in readings
                for number, line in enumerate(reading.lines, 1)
                for place, digit in enumerate(line.digits, 1)
            ),
        )
    table = [("file", "line", "digits", "least confidence", "")]
    for file, reading in readings:
        table += _rows(file, reading, min_confidence)
    return columns(table)


def _rows(
    file: str, reading: "Reading", min_confidence: float
) -> Iterator[tuple[str, str, str, str, str]]:
    turned = f"lay turned by {reading.turned}°" if reading.turned else ""
    if reading.is_way_up_in_doubt:
        turned = f"may lie turned by {reading.perhaps_turned}°"
    if not reading.lines:
        yield file, "", "no digit", "", turned
    for number, line in enumerate(reading.lines, 1):
        least = min(digit.confidence for digit in line.digits)
        yield (
            file if number == 1 else "",
            str(number),
            line.text_above(min_confidence),
            f"{least:.3f}",
            turned if number == 1 else "",
        )


def crops_formatted(rows: Sequence[dict[str, Any]], form: str) -> str:
    """What each crop shows, in one of the formats."""
    if form == "json":
        return json.dumps(rows, indent=2) + "\n"
    if form == "text":
        return "".join(f"{row['value']}\n" for row in rows)
    head = ("file", "index", "value", "confidence", "digit")
    cells = [
        (
            row["file"],
            str(row["index"]),
            str(row["value"]),
            f"{row['confidence']:.4f}",
            f"{row['digit']:.4f}",
        )
        for row in rows
    ]
    if form == "csv":
        return _csv(head, cells)
    return columns([head, *cells])


def _csv(head: Sequence[str], rows: Any) -> str:
    stream = io.StringIO()
    import csv

    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    # A program wants names as they are; a terminal would obey them.
    shown = one_line if sys.stdout.isatty() else str
    writer.writerows([shown(str(cell)) for cell in row] for row in rows)
    return stream.getvalue()
