"""Rows of a delivered file or body: JSON, NDJSON or CSV. Each with its line, and what is wrong with it if it is bad."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from billing_service.documents import tables
from billing_service.errors import FieldError, UnreadableFile
from billing_service.intake.mapping import BadCell, ColumnMapping, own_columns

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"
MEDIA_TYPES: Final = {
    JSON: "An array of questions.",
    NDJSON: "One question per line.",
    CSV: "A line of column titles called as the fields of a question, then one question per line. `tags` are divided "
    "by `|`; `time.minutes`, `time.worked_on`, `time.handler`, `time.role`, `time.external_id` tell one time entry; "
    "`quantities.<name>` a quantity; `base_amount` is in the administration's currency.",
}
SUFFIXES: Final = {".json": JSON, ".ndjson": NDJSON, ".jsonl": NDJSON, ".csv": CSV, ".tsv": CSV, ".txt": CSV}


@dataclass(slots=True)
class Row:
    """``line``: where it begins in the file; in a JSON array its place, counted from 1.

    ``value`` is the JSON-like question, unless ``errors`` says why there is none. ``names``: see ``ColumnMapping``.
    """

    line: int
    value: Any = None
    errors: list[FieldError] = field(default_factory=list)
    names: dict[tuple[str, str], str] = field(default_factory=dict)


def read_rows(
    content: bytes, media_type: str, currency: str, *, encoding: str | None = None, mapping: ColumnMapping | None = None
) -> Iterator[Row]:
    """The rows of a file of this type; a CSV without ``mapping`` has our own field names as titles.

    What makes the whole file unreadable is raised here, before the first row: ``UnreadableFile`` (encoding, no JSON
    array, no titles) or ``InvalidInput`` (columns that are unknown or missing).
    """
    if media_type == JSON:
        return _json_rows(_decoded(content, encoding))
    if media_type == NDJSON:
        return _ndjson_rows(_decoded(content, encoding))
    text = tables.decode(content, encoding or (mapping.encoding if mapping else None))
    separator = (mapping.separator if mapping else None) or tables.likely_separator(text)
    titles = tables.titles(text, separator)
    if mapping is None:
        mapping = own_columns(titles, currency)
    mapping.check_titles(titles)
    return _csv_rows(text, separator, mapping)


def _decoded(content: bytes, encoding: str | None) -> bytes:
    """UTF-8 as the JSON parser wants it, checked as a whole so that a wrong encoding is one clear error."""
    return tables.decode(content, encoding).encode()


def _json_rows(content: bytes) -> Iterator[Row]:
    try:
        values = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise UnreadableFile(f"The body is not JSON: {error}.") from error
    if not isinstance(values, list):
        raise UnreadableFile("The body is not a JSON array of questions.")
    return (Row(place, value) for place, value in enumerate(values, start=1))


def _ndjson_rows(content: bytes) -> Iterator[Row]:
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line and not line.isspace():
            try:
                yield Row(number, orjson.loads(line))
            except orjson.JSONDecodeError as error:
                yield Row(number, errors=[FieldError("", f"is not JSON: {error}")])


def _csv_rows(text: str, separator: str, mapping: ColumnMapping) -> Iterator[Row]:
    for row in tables.rows(text, separator):
        if row.problem is not None:
            yield Row(row.line, errors=[FieldError("", row.problem)])
            continue
        try:
            value = mapping.read(row.cells)
        except BadCell as bad:
            yield Row(row.line, errors=[bad.error])
            continue
        yield Row(row.line, value, names=mapping.names_of(row.cells, value) if mapping.names else {})
