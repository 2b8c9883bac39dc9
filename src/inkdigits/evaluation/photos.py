"""How well labelled pictures are read: edits a digit, exact lines, exact pictures, false digits."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkdigits.errors import DataError, InkdigitsError, UsageError
from inkdigits.files import why_no_text
from inkdigits.recognition.reading import Reading

THRESHOLDS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999)


@dataclass(frozen=True)
class LabelledPicture:
    """A line of a manifest."""

    path: Path
    group: str
    lines: tuple[str, ...]  # digit strings in reading order; none for a picture with no digit


@dataclass(frozen=True)
class ReadPicture:
    """What was read of one."""

    picture: LabelledPicture
    lines: tuple[str, ...]
    confidences: tuple[float, ...]  # of each digit, in reading order
    edits: int  # between the joined lines
    problem: str = ""  # why it could not be read


def read_manifest(path: Path) -> list[LabelledPicture]:
    """One JSON object a line with `file`, `lines`, maybe `group`.

    A file's path is relative to the manifest, and leads nowhere but below its folder.

    Raises:
        UsageError: if there is no such file.
        DataError: if it cannot be read, naming the line that is wrong.
    """
    try:
        content = path.read_text(encoding="utf-8-sig")  # Windows' tools begin with a mark
    except FileNotFoundError as error:
        raise UsageError(f"There is no manifest {path}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {why_no_text(error)}.") from error
    pictures = []
    lines: dict[Path, int] = {}  # that each was first named in
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip():
            picture = _labelled(line, path, number)
            first = lines.setdefault(picture.path.resolve(), number)
            if first != number:
                raise DataError(
                    f"{path}, line {number}: {picture.path} is in line {first} already, and would "
                    "count twice."
                )
            pictures.append(picture)
    if not pictures:
        raise DataError(f"{path} names no picture.")
    return pictures


def _labelled(line: str, path: Path, number: int) -> LabelledPicture:
    try:
        entry = json.loads(line)
        file, lines = entry["file"], entry["lines"]
        good = isinstance(file, str) and isinstance(lines, list)
        if not good or not all(
            isinstance(each, str) and re.fullmatch("[0-9]+", each) for each in lines
        ):
            raise TypeError
        group = str(entry.get("group") or "")
        folder, picture = path.parent.resolve(), (path.parent / file).resolve()
    # RuntimeError: nested too deep, or links in a circle
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise DataError(
            f'{path}, line {number}: expected {{"file": "...", "lines": ["123", ...]}}.'
        ) from error
    if not picture.is_relative_to(folder):
        raise DataError(f"{path}, line {number}: {file} is not below {path.parent}.")
    return LabelledPicture(path.parent / file, group, tuple(lines))


def score_pictures(
    pictures: Iterable[LabelledPicture], read: Callable[[Path], Reading]
) -> list[ReadPicture]:
    """Read each; one that cannot be read counts as nothing read, and says why."""
    results = []
    for picture in pictures:
        lines: tuple[str, ...] = ()
        confidences: tuple[float, ...] = ()
        problem = ""
        try:
            reading = read(picture.path)
            lines = tuple(line.text for line in reading.lines)
            confidences = tuple(digit.confidence for digit in reading.digits)
        except InkdigitsError as error:
            problem = str(error)
        edits = edit_distance("".join(lines), "".join(picture.lines))
        results.append(ReadPicture(picture, lines, confidences, edits, problem))
    return results


def edit_distance(read: str, true: str) -> int:
    """The fewest insertions, deletions and replacements (Levenshtein, 1966)."""
    return _edits(read, true)[-1][-1]


def _edits(read: str, true: str) -> list[list[int]]:
    """The edit distances of all beginnings of both."""
    table = [list(range(len(true) + 1))]
    for place, character in enumerate(read, 1):
        row, above = [place], table[-1]
        for column, other in enumerate(true, 1):
            replaced = above[column - 1] + (character != other)
            row.append(min(above[column] + 1, row[-1] + 1, replaced))
        table.append(row)
    return table


def summary(results: Sequence[ReadPicture]) -> dict[str, Any]:
    """All figures, in all and by group, as `inkdigits evaluate --photos --format json` prints."""
    groups = sorted({result.picture.group for result in results})
    return {
        "all": _figures(results),
        "groups": {
            group: _figures([result for result in results if result.picture.group == group])
            for group in groups
        },
        "misread": [
            {
                "file": str(result.picture.path),
                "lines": list(result.picture.lines),
                "read": list(result.lines),
                "edits": result.edits,
            }
            for result in results
            if result.lines != result.picture.lines and not result.problem
        ],
    }


def _figures(results: Sequence[ReadPicture]) -> dict[str, Any]:
    digits = sum(len("".join(result.picture.lines)) for result in results)
    empty = [result for result in results if not result.picture.lines]
    with_digits = [result for result in results if result.picture.lines]
    return {
        "character_error_rate": sum(result.edits for result in results) / digits
        if digits
        else None,
        "digits": digits,
        "exact_lines": sum(_exact_lines(result) for result in with_digits),
        "lines": sum(len(result.picture.lines) for result in with_digits),
        "exact_pictures": sum(result.lines == result.picture.lines for result in with_digits),
        "pictures": len(with_digits),
        "false_on_empty": sum(bool(result.lines) for result in empty),
        "empty": len(empty),
        "unreadable": sum(bool(result.problem) for result in results),
        "thresholds": [_at(results, threshold) for threshold in THRESHOLDS],
    }


def _exact_lines(result: ReadPicture) -> int:
    """True lines that were read, in their order: the longest common subsequence of lines."""
    row = [0] * (len(result.picture.lines) + 1)
    for line in result.lines:
        diagonal = 0
        for column, true in enumerate(result.picture.lines, 1):
            diagonal, row[column] = (
                row[column],
                (diagonal + 1 if line == true else max(row[column], row[column - 1])),
            )
    return row[-1]


def _at(results: Sequence[ReadPicture], threshold: float) -> dict[str, float | None]:
    """Of the digits read, the share of at least this confidence, and of those the share right.

    The second is None where there are none of those, the first where no digit was read. The numbers
    that they are shares of stand beside them.
    """
    answered = right = total = 0
    for result in results:
        matched = matches("".join(result.lines), "".join(result.picture.lines))
        total += len(matched)
        for is_right, confidence in zip(matched, result.confidences, strict=True):
            answered += confidence >= threshold
            right += is_right and confidence >= threshold
    return {
        "confidence": threshold,
        "answered": answered / total if total else None,
        "right": right / answered if answered else None,
        "digits_read": total,
        "digits_answered": answered,
        "digits_right": right,
    }


def matches(read: str, true: str) -> list[bool]:
    """Which characters of `read` stand for their like in a shortest edit of it into `true`."""
    table = _edits(read, true)
    right = [False] * len(read)
    row, column = len(read), len(true)
    while row and column:
        same = read[row - 1] == true[column - 1]
        if table[row][column] == table[row - 1][column - 1] + (not same):
            right[row - 1] = same
            row, column = row - 1, column - 1
        elif table[row][column] == table[row - 1][column] + 1:
            row -= 1
        else:
            column -= 1
    return right
