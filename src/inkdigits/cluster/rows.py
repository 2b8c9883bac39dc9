"""What is written: a row for each line of digits, and one for each picture without.

| column | |
| --- | --- |
| picture | its path from the source, or its name in the Parquet file; maybe #page=2 behind it |
| line | 1, 2, ... from top to bottom; 0 in the one row of a picture that gave no line |
| text | the line's digits; empty where no digit was found, null where the picture was not read |
| numbers | the same in parts, at gaps and at signs that part; null where there is no line |
| written | the same with the signs between the digits; null where there is no line |
| confidence | of the least sure digit |
| box | x, y, width, height of the line in the upright picture's pixels |
| turned | degrees clockwise by which the picture lay turned |
| model | the network's SHA-256 |
| error | why the picture was not read; null where it was |
"""

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.json
import pyarrow.parquet as pq

from inkdigits.recognition.reading import Reading

SCHEMA = pa.schema(
    [
        ("picture", pa.string()),
        ("line", pa.int32()),
        ("text", pa.string()),
        ("numbers", pa.list_(pa.string())),
        ("written", pa.string()),
        ("confidence", pa.float64()),
        ("box", pa.list_(pa.int32())),
        ("turned", pa.int16()),
        ("model", pa.string()),
        ("error", pa.string()),
    ]
)
# One picture's rows, without its name and the model: page (of a document of several, else None),
# line, text, numbers, written, confidence, box, turned, error.
Rows = list[tuple[Any, ...]]
BLOCK = 1 << 30  # bytes of rows as JSON at once, of which pyarrow takes less than 2 GiB
_PICTURES, _ERRORS = b"inkdigits.pictures", b"inkdigits.errors"  # of a part, in its footer


def read_rows(reading: Reading, page: int | None = None) -> Rows:
    """The rows of a picture that was read."""
    if not reading.lines:
        return [(page, 0, "", None, None, None, None, int(reading.turned), None)]
    turned = int(reading.turned)
    rows: Rows = []
    for place, line in enumerate(reading.lines, 1):
        numbers = [number.text for number in line.numbers]
        said = line.text, numbers, line.written, line.confidence
        rows.append((page, place, *said, list(line.box), turned, None))
    return rows


def error_rows(sentence: str, page: int | None = None) -> Rows:
    """The row of a picture that was not read."""
    return [(page, 0, None, None, None, None, None, None, sentence)]


class Part:
    """The rows of a part as they come."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._rows: list[tuple[Any, ...]] = []
        self.pictures = self.errors = 0

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, picture: str, rows: Rows) -> None:
        """Take a picture's rows."""
        self.pictures += 1
        self.errors += any(row[-1] is not None for row in rows)
        for page, *cells, error in rows:
            name = picture if page is None else f"{picture}#page={page}"
            self._rows.append((name, *cells, self._model, error))

    def parquet(self) -> bytes:
        """The part's file; the same bytes for the same rows."""
        # pyarrow takes Python's values by way of pandas where that is installed: 50 MB a worker.
        lines = "".join(
            json.dumps(dict(zip(SCHEMA.names, row, strict=True))) + "\n" for row in self._rows
        ).encode()
        table = pyarrow.json.read_json(
            io.BytesIO(lines),
            pyarrow.json.ReadOptions(use_threads=False, block_size=min(len(lines), BLOCK)),
            pyarrow.json.ParseOptions(explicit_schema=SCHEMA),
        )
        counts = {_PICTURES: str(self.pictures), _ERRORS: str(self.errors)}
        table = table.replace_schema_metadata(counts)
        stream = io.BytesIO()
        pq.write_table(table, stream, compression="zstd")
        return stream.getvalue()


def errors_in(stream: Any) -> int:
    """How many pictures of a part's file could not be read, by its footer.

    Raises what pyarrow does where it has none, and `LookupError` or `ValueError` where it is
    another file's.
    """
    return int((pq.read_metadata(stream).metadata or {})[_ERRORS])
