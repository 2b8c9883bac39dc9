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
WRITTEN = "written"  # text with the signs between the digits


def remarks(file: str, reading: "Reading", form: str, length: int | None) -> Iterator[str]:
    """What there is to say of a reading that its format has no place for."""
    if form in ("csv", "text", WRITTEN) and reading.is_way_up_in_doubt:
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
    if form in ("text", WRITTEN):
        texts = [
            [
                line.text_above(min_confidence)
                if form == "text"
                else line.written_above(min_confidence)
                for line in reading.lines
            ]
            for _, reading in readings
        ]
        return "\n".join("".join(f"{text}\n" for text in lines) for lines in texts)
    if form == "csv":
        box = ("x", "y", "width", "height")
        head = ("file", "line", "place", "value", "confidence", *box, "number", "sign")
        return _csv(head, (row for file, reading in readings for row in _digits(file, reading)))
    table: list[Sequence[str]] = [("file", "line", "digits", "numbers", "least confidence", "")]
    for file, reading in readings:
        table += _rows(file, reading, min_confidence)
    if not any(row[3] for row in table[1:]):
        table = [(*row[:3], *row[4:]) for row in table]
    return columns(table)


def _digits(file: str, reading: "Reading") -> Iterator[tuple[object, ...]]:
    """A row for each digit; places count within the line, and so do numbers.

    The sign is what stands before the digit.
    """
    for row, line in enumerate(reading.lines, 1):
        place = 0
        signs = {sign.after: sign.text.strip() for sign in line.signs}
        for count, number in enumerate(line.numbers, 1):
            for digit in number.digits:
                sign = signs.get(place, "")
                place += 1
                confidence = f"{digit.confidence:.4f}"
                yield file, row, place, digit.value, confidence, *digit.box, count, sign


def _rows(file: str, reading: "Reading", min_confidence: float) -> Iterator[tuple[str, ...]]:
    turned = f"lay turned by {reading.turned}°" if reading.turned else ""
    if reading.is_way_up_in_doubt:
        turned = f"may lie turned by {reading.perhaps_turned}°"
    if not reading.lines:
        yield file, "", "no digit", "", "", turned
    for row, line in enumerate(reading.lines, 1):
        digits, written = line.text_above(min_confidence), line.written_above(min_confidence)
        yield (
            file if row == 1 else "",
            str(row),
            digits,
            written if written != digits else "",
            f"{line.confidence:.3f}",
            turned if row == 1 else "",
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
