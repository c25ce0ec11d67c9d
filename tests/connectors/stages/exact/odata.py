"""OData as Exact speaks it (accounting-apis 1.9, 1.10): filters, selections, values in answers and in bodies."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from tests.connectors.stages.exact.entities import RESOURCES, Field, Resource

Row = dict[str, Any]
GUID: Final = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


class Fault(Exception):
    """A refusal; its text is in the language of the user, its code mostly empty (1.10 [E1][E2])."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status, self.headers = status, dict(headers or {})
        self.value: Any = {"error": {"code": "", "message": {"lang": "", "value": text}}}


# --- filters --------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    rf"\s*(?:(?P<guid>guid'{GUID}')|(?P<day>datetime'[^']*')|(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?L?)"
    r"|(?P<bracket>[()])|(?P<word>[A-Za-z_]\w*))"
)
_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "gt": lambda left, right: left is not None and left > right,
    "ge": lambda left, right: left is not None and left >= right,
    "lt": lambda left, right: left is not None and left < right,
    "le": lambda left, right: left is not None and left <= right,
}
_LITERALS: Final = {
    "guid": {"guid"},
    "text": {"text"},
    "day": {"day"},
    "int": {"number"},
    "long": {"number"},
    "double": {"number"},
    "flag": {"word"},
}
Test = Callable[[Row], bool]


class Filter:
    """``Customer eq guid'…' and (Type eq 20 or Type eq 21)``; anything else is refused."""

    def __init__(self, written: str, fields: Mapping[str, Field]) -> None:
        self._fields, self._tokens, at = fields, [], 0
        while at < len(written.rstrip()):
            found = _TOKEN.match(written, at)
            if found is None:
                raise Fault(400, f"Syntax error at position {at} in '{written}'.")
            self._tokens.append((str(found.lastgroup), found[0].strip()))
            at = found.end()
        self.test = self._any()
        if self._tokens:
            raise Fault(400, "Syntax error: something follows the filter.")

    def _next(self) -> tuple[str, str]:
        if not self._tokens:
            raise Fault(400, "Syntax error: the filter ends too early.")
        return self._tokens.pop(0)

    def _joined(self, word: str, part: Callable[[], Test], how: Callable[[Any], bool]) -> Test:
        tests = [part()]
        while self._tokens and self._tokens[0] == ("word", word):
            self._next()
            tests.append(part())
        return lambda row: how(test(row) for test in tests)

    def _any(self) -> Test:
        return self._joined("or", self._all, any)

    def _all(self) -> Test:
        return self._joined("and", self._one, all)

    def _one(self) -> Test:
        kind, name = self._next()
        if name == "(":
            inside = self._any()
            if self._next()[1] != ")":
                raise Fault(400, "Syntax error: a bracket is not closed.")
            return inside
        field = self._fields.get(name)
        compare = _COMPARE.get(self._next()[1])
        if kind != "word" or field is None or compare is None:
            raise Fault(400, f"No property '{name}' exists in this type.")
        literal = self._next()
        if literal[0] not in _LITERALS.get(field.kind, set()):
            raise Fault(400, f"Operator with incompatible types at '{name}'.")
        wanted = _value(*literal)
        return lambda row: compare(_comparable(row.get(name)), wanted)


def _comparable(value: Any) -> Any:
    return value.lower() if isinstance(value, str) and re.fullmatch(GUID, value) else value


def _value(kind: str, written: str) -> Any:
    if kind == "guid":
        return written[5:-1].lower()
    if kind == "text":
        return written[1:-1].replace("''", "'")
    if kind == "number":
        return float(written) if "." in written else int(written.rstrip("L"))
    if kind == "word":
        return {"true": True, "false": False}[written] if written in {"true", "false"} else None
    try:
        return date.fromisoformat(written[9:19])
    except ValueError:
        raise Fault(400, f"Unrecognized literal {written}.") from None


# --- answers --------------------------------------------------------------------------------------------------------


def told(row: Row, resource: Resource, selected: list[str] | None, uri: str) -> Row:
    """A record as it is answered: dates in milliseconds, collections of lines by their address (1.9 [E3], 1.10)."""
    value: Row = {"__metadata": {"uri": uri}}
    for name, field in resource.fields.items():
        if selected is not None and name not in selected:
            continue
        if field.kind == "lines":
            value[name] = {"__deferred": {"uri": f"{uri}/{name}"}}
        elif field.kind == "binary":
            value[name] = None  # the content is behind Url
        else:
            value[name] = _written(row.get(name))
    return value


def _written(value: Any) -> Any:
    return written_day(value) if isinstance(value, date) else value


def written_day(day: date) -> str:
    """``/Date(ms)/``: midnight in UTC."""
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return f"/Date({round(moment.timestamp() * 1000)})/"


def selected_of(written: str | None, resource: Resource) -> list[str] | None:
    if written is None:
        return None
    names = [name.strip() for name in written.split(",")]
    if unknown := [name for name in names if name not in resource.fields]:
        raise Fault(400, f"No property '{unknown[0]}' exists in this type.")
    return names


# --- bodies ---------------------------------------------------------------------------------------------------------


def taken(resource: Resource, value: Any, *, makes: bool) -> Row:
    """What a body gives, as kept here; an unknown, read-only, missing or ill-formed field is refused."""
    if not isinstance(value, dict) or not value:
        raise Fault(400, "Error processing request stream.")
    for name in value:
        if name not in resource.fields or not resource.fields[name].writable:
            raise Fault(400, f"Error processing request stream. The property name '{name}' is not valid.")
    row: Row = {}
    for name, field in resource.fields.items():
        if name not in value:
            if makes and field.required:
                raise Fault(400, f"Verplicht: {name}")
        elif field.kind == "lines":
            lines = value[name]
            if not makes or resource.lines is None or not isinstance(lines, list) or not lines:
                raise Fault(400, f"Error encountered in converting the value for property '{name}'.")
            row[name] = [taken(RESOURCES[resource.lines[1]], line, makes=True) for line in lines]
        else:
            row[name] = _checked(name, field, value[name])
    return row


def _checked(name: str, field: Field, value: Any) -> Any:
    if value is None and not field.required:
        return None
    made = _CONVERT[field.kind](value)
    if made is None:
        raise Fault(400, f"Error encountered in converting the value for property '{name}' to its type.")
    if field.longest is not None and len(made) > field.longest:
        raise Fault(400, f"Waarde te lang: {name}")
    return made


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def _binary(value: Any) -> bytes | None:
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) and value else None
    except binascii.Error:
        return None


def _of(*types: type) -> Callable[[Any], Any]:
    return lambda value: value if isinstance(value, types) and (bool in types or not isinstance(value, bool)) else None


_CONVERT: Final[dict[str, Callable[[Any], Any]]] = {
    "guid": lambda value: value.lower() if isinstance(value, str) and re.fullmatch(GUID, value) else None,
    "text": _of(str),
    "int": _of(int),
    "double": _of(int, float),
    "flag": _of(bool),
    "day": _day,
    "binary": _binary,
}
