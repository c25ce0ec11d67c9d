"""Mapping files: which column of a delivered table is which field of a question. docs/import-questions.md has the form.

A mapping turns the cells of one row into the same JSON-like row that a request holds, so the rules stay in one place
(``rules``). It invents nothing: an empty cell is an unknown value, and a row without minutes has no time entry.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from billing_service.documents import tables
from billing_service.errors import FieldError, InvalidInput
from billing_service.intake.rules import INSTANTS, TEXT_LENGTHS

Cells = Mapping[str, str]
Reader = Callable[[Cells], str | None]

TEXT_FIELDS: Final = (*TEXT_LENGTHS, "kind", "solution_summary")
TIME_FIELDS: Final = ("minutes", "worked_on", "handler", "role", "external_id")
_SECTIONS: Final = frozenset(
    ("source", "separator", "encoding", "decimal", "dates", "fields", "tags", "time", "quantities", "names")
)
_OPTIONS: Final = frozenset(("column", "columns", "separator", "value", "values", "otherwise", "prefix", "default"))
_OTHERWISE: Final = ("keep", "empty", "refuse")


class BadCell(Exception):
    """A cell that the mapping cannot turn into a value of ``field``."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(problem)
        self.error = FieldError(f"/{name}", problem)


@dataclass(slots=True)
class ColumnMapping:
    """A mapping, compiled. ``columns`` are all titles it looks at."""

    separator: str | None = None
    encoding: str | None = None
    fields: dict[str, Reader] = field(default_factory=dict)
    tags: list[Reader] = field(default_factory=list)
    time: dict[str, Reader] = field(default_factory=dict)
    quantities: dict[str, Reader] = field(default_factory=dict)
    names: dict[str, Reader] = field(default_factory=dict)
    split_tags: str | None = None
    columns: set[str] = field(default_factory=set)
    currency: str = "EUR"

    def check_titles(self, titles: Collection[str]) -> None:
        """Raises ``InvalidInput`` when a column that the mapping looks at is not in the file."""
        missing = sorted(self.columns.difference(titles))
        if missing:
            raise InvalidInput(
                f"The file has no column {missing[0]!r}, which the mapping names.",
                errors=[FieldError("/fields", f"the file has no column {name!r}") for name in missing],
            )

    def read(self, cells: Cells) -> dict[str, Any]:
        """The question that these cells tell, as a JSON-like row. Raises ``BadCell``."""
        row: dict[str, Any] = {}
        for name, reader in self.fields.items():
            value = reader(cells)
            if value is not None:
                row[name] = value
        if "base_amount" in row:
            row["base_amount"] = {"amount": row["base_amount"], "currency": self.currency}
        tags = [tag for tag in (reader(cells) for reader in self.tags) if tag is not None]
        if self.split_tags is not None:
            tags = [part.strip() for tag in tags for part in tag.split(self.split_tags) if part.strip()]
        if tags:
            row["tags"] = tags
        quantities = {name: reader(cells) for name, reader in self.quantities.items()}
        if any(quantities.values()):
            row["quantities"] = {name: value for name, value in quantities.items() if value is not None}
        entry = {name: reader(cells) for name, reader in self.time.items()}
        if entry.get("minutes") is not None:
            entry_row: dict[str, Any] = {name: value for name, value in entry.items() if value is not None}
            entry_row["minutes"] = _minutes(entry_row["minutes"])
            row["time_entries"] = [entry_row]
        return row

    def names_of(self, cells: Cells, row: Mapping[str, Any]) -> dict[tuple[str, str], str]:
        """Names for the organisation and asker of this row, by (noun, code), for those that are created."""
        found = {}
        for noun, name in (("organisation", "organisation"), ("person", "asker")):
            if name in self.names and name in row and (told := self.names[name](cells)):
                found[noun, row[name]] = told
        return found


def load_mapping(content: bytes, name: str, currency: str) -> ColumnMapping:
    """A mapping file: TOML, or JSON where ``name`` ends in ``.json``. Raises ``InvalidInput`` with every mistake."""
    try:
        text = tables.decode(content)
        document = json.loads(text) if name.lower().endswith(".json") else tomllib.loads(text)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(f"The mapping {name} cannot be read: {error}.") from error
    return compile_mapping(document, currency)


def compile_mapping(document: Any, currency: str) -> ColumnMapping:
    """Raises ``InvalidInput`` with every mistake in ``document``."""
    compiler = _Compiler(document if isinstance(document, dict) else {}, currency)
    if not isinstance(document, dict):
        compiler.fail("", "is not an object")
    mapping = compiler.run()
    if compiler.errors:
        first = compiler.errors[0]
        raise InvalidInput(f"The mapping: {first.pointer} {first.detail}.", errors=compiler.errors)
    return mapping


def own_columns(titles: Collection[str], currency: str) -> ColumnMapping:
    """The mapping of a table whose columns are called as our fields: what a CSV over HTTP must be.

    ``tags`` are divided by ``|``; ``time.minutes``, ``time.worked_on`` … tell one time entry; ``quantities.<name>`` a
    quantity; ``base_amount`` is in the administration's currency. Raises ``InvalidInput`` for any other title.
    """
    known = {*TEXT_FIELDS, *INSTANTS, "base_amount", "contact_moment"}
    document: dict[str, Any] = {"fields": {}, "tags": [], "time": {}, "quantities": {}}
    errors = []
    for title in titles:
        head, _, tail = title.partition(".")
        if title in known:
            document["fields"][title] = title
        elif title == "tags":
            document["tags"].append(title)
        elif (head == "time" and tail in TIME_FIELDS) or (head == "quantities" and tail):
            document[head][tail] = title
        else:
            errors.append(FieldError(f"/{title[:80]}", "is not known here"))
    if errors:
        raise InvalidInput(f"A column is not known here: {errors[0].pointer[1:]}.", errors=errors)
    mapping = compile_mapping(document, currency)
    mapping.split_tags = "|"
    return mapping


class _Compiler:
    """Reads one mapping document and gathers its mistakes."""

    def __init__(self, document: Mapping[str, Any], currency: str) -> None:
        self.document = document
        self.errors: list[FieldError] = []
        self.mapping = ColumnMapping(currency=currency)
        self.decimal = "."
        self.formats: list[str] = ["iso"]
        self.zone: ZoneInfo | None = None

    def fail(self, pointer: str, problem: str) -> None:
        self.errors.append(FieldError(pointer, problem))

    def run(self) -> ColumnMapping:
        for name in sorted(self.document.keys() - _SECTIONS):
            self.fail(f"/{name}", "is not known here")
        self.mapping.separator = self._choice("separator", tables.SEPARATORS)
        self.mapping.encoding = self._choice("encoding", tables.ENCODINGS)
        self.decimal = self._choice("decimal", (".", ",")) or "."
        self._read_dates(self._section("dates", ("formats", "time_zone")))
        self._read_fields(self._section("fields", (*TEXT_FIELDS, *INSTANTS, "base_amount", "contact_moment")))
        if "source" in self.document:
            self.mapping.fields["source"] = self._reader("source", {"value": self.document["source"]}, "/source")
        tags = self.document.get("tags", [])
        if not isinstance(tags, list):
            self.fail("/tags", "must be a list of columns")
            tags = []
        self.mapping.tags = [self._reader("tags", spec, f"/tags/{index}") for index, spec in enumerate(tags)]
        time = self._section("time", TIME_FIELDS)
        for name, spec in time.items():
            reader = self._reader(f"time_entries/0/{name}", spec, f"/time/{name}")
            self.mapping.time[name] = self._day(reader) if name == "worked_on" else reader
        if time and not {"minutes", "worked_on"} <= time.keys():
            self.fail("/time", "needs minutes and worked_on")
        for name, spec in self._section("quantities", None).items():
            self.mapping.quantities[name] = self._number(
                self._reader(f"quantities/{name}", spec, f"/quantities/{name}")
            )
        for name, spec in self._section("names", ("organisation", "asker")).items():
            self.mapping.names[name] = self._reader(name, spec, f"/names/{name}")
        return self.mapping

    def _section(self, name: str, known: Collection[str] | None) -> dict[str, Any]:
        section = self.document.get(name, {})
        if not isinstance(section, dict):
            self.fail(f"/{name}", "is not an object")
            return {}
        for key in [] if known is None else sorted(section.keys() - set(known)):
            self.fail(f"/{name}/{key}", "is not known here")
        return {key: value for key, value in section.items() if known is None or key in known}

    def _choice(self, name: str, known: Collection[str]) -> str | None:
        value = self.document.get(name)
        if value is not None and value not in known:
            self.fail(f"/{name}", f"is not one of {', '.join(map(repr, known))}")
            return None
        return value

    def _read_dates(self, dates: Mapping[str, Any]) -> None:
        formats = dates.get("formats", ["iso"])
        if isinstance(formats, list) and formats and all(isinstance(one, str) for one in formats):
            self.formats = formats
        else:
            self.fail("/dates/formats", 'must be a list such as ["iso", "%d-%m-%Y %H:%M"]')
        zone = dates.get("time_zone")
        if zone is not None:
            try:
                self.zone = ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
                self.fail("/dates/time_zone", "is no time zone such as Europe/Amsterdam")

    def _read_fields(self, fields: Mapping[str, Any]) -> None:
        for name, spec in fields.items():
            reader = self._reader(name, spec, f"/fields/{name}")
            if name in INSTANTS:
                reader = self._instant(name, reader)
            elif name == "base_amount":
                reader = self._number(reader)
            self.mapping.fields[name] = reader

    def _reader(self, name: str, spec: Any, pointer: str) -> Reader:
        """What reads one field: a column's title, or an object with options."""
        if isinstance(spec, str):
            spec = {"column": spec}
        if not isinstance(spec, dict) or not spec.keys() <= _OPTIONS:
            self.fail(pointer, f"must be a column title, or an object with some of {', '.join(sorted(_OPTIONS))}")
            return lambda cells: None
        ways = [way for way in ("column", "columns", "value") if way in spec]
        if len(ways) != 1:
            self.fail(pointer, "needs one of column, columns and value")
            return lambda cells: None
        if ways == ["value"]:
            return self._constant(spec["value"], pointer)
        reader = self._joined(spec, pointer)
        if "values" in spec or "otherwise" in spec:
            reader = self._translated(name, reader, spec, pointer)
        prefix = spec.get("prefix", "")
        default = spec.get("default", "")
        for name, value in (("prefix", prefix), ("default", default)):
            if not isinstance(value, str):
                self.fail(f"{pointer}/{name}", "is not text")
                return reader
        return _completed(reader, prefix, default) if prefix or default else reader

    def _constant(self, value: Any, pointer: str) -> Reader:
        if not isinstance(value, str) or not value:
            self.fail(f"{pointer}/value", "must be text that is not empty")
        return lambda cells: value

    def _joined(self, spec: Mapping[str, Any], pointer: str) -> Reader:
        columns = [spec["column"]] if "column" in spec else spec["columns"]
        separator = spec.get("separator", " ")
        if not isinstance(columns, list) or not columns or not all(isinstance(one, str) for one in columns):
            self.fail(pointer, "must name columns by their titles")
            return lambda cells: None
        if not isinstance(separator, str):
            self.fail(f"{pointer}/separator", "is not text")
            return lambda cells: None
        self.mapping.columns.update(columns)
        if len(columns) == 1:
            column = columns[0]
            return lambda cells: cells[column].strip() or None
        return lambda cells: separator.join(filter(None, (cells[one].strip() for one in columns))) or None

    def _translated(self, name: str, reader: Reader, spec: Mapping[str, Any], pointer: str) -> Reader:
        values, otherwise = spec.get("values", {}), spec.get("otherwise", "refuse")
        if not isinstance(values, dict) or not all(isinstance(one, str) for one in values.values()):
            self.fail(f"{pointer}/values", "must be an object of texts")
        if otherwise not in _OTHERWISE:
            self.fail(f"{pointer}/otherwise", f"is not one of {', '.join(_OTHERWISE)}")

        def read(cells: Cells) -> str | None:
            value = reader(cells)
            if value is None:
                return None
            if value in values:
                return values[value] or None
            if otherwise == "refuse":
                raise BadCell(name, f"{value[:80]!r} is not among the values of the mapping")
            return value if otherwise == "keep" else None

        return read

    def _instant(self, name: str, reader: Reader) -> Reader:
        def read(cells: Cells) -> str | None:
            value = reader(cells)
            return None if value is None else self._moment(name, value).isoformat(timespec="microseconds")

        return read

    def _day(self, reader: Reader) -> Reader:
        def read(cells: Cells) -> str | None:
            value = reader(cells)
            return None if value is None else self._parsed("time_entries/0/worked_on", value).date().isoformat()

        return read

    def _moment(self, name: str, value: str) -> datetime:
        moment = self._parsed(name, value)
        if moment.tzinfo is not None:
            return moment
        if self.zone is None:
            raise BadCell(name, f"{value[:40]!r} has no time zone and the mapping names none (dates.time_zone)")
        return moment.replace(tzinfo=self.zone)

    def _parsed(self, name: str, value: str) -> datetime:
        for pattern in self.formats:
            try:
                return datetime.fromisoformat(value) if pattern == "iso" else _strptime(value, pattern)
            except ValueError:
                continue
        raise BadCell(name, f"{value[:40]!r} is no date in the formats of the mapping")

    def _number(self, reader: Reader) -> Reader:
        if self.decimal == ".":
            return reader

        def read(cells: Cells) -> str | None:
            value = reader(cells)
            return None if value is None else value.replace(".", "").replace(",", ".")

        return read


def _strptime(value: str, pattern: str) -> datetime:
    return datetime.strptime(value, pattern)  # noqa: DTZ007 - the caller adds the mapping's time zone


def _completed(reader: Reader, prefix: str, default: str) -> Reader:
    def read(cells: Cells) -> str | None:
        value = reader(cells)
        return default or None if value is None else prefix + value

    return read


def _minutes(value: str) -> int:
    try:
        if value.isascii():
            return int(value)
    except ValueError:
        pass
    raise BadCell("time_entries/0/minutes", f"{value[:40]!r} is no whole number of minutes")
