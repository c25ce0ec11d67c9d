"""Documents as canonical JSON, and the digest that chains them.

Canonical: UTF-8, keys sorted, no blanks, dates as ISO 8601, every ``Decimal`` as a string written the one way
``value`` prescribes. The bytes are stored as they are and never made again from columns, so a digest can be checked
with nothing but SHA-256.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import MISSING, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

import orjson

from billing_service.core.document.compose import refuse_to_issue, terms_of_issue
from billing_service.core.document.value import InvoiceDocument
from billing_service.errors import FieldError, InvalidInput

FORMAT = 1
"""Version of the stored form. A reader of format 2 must still read format 1: documents are kept for seven years."""

Decoder = Callable[[Any], Any]


def to_json(document: InvoiceDocument) -> bytes:
    """The canonical bytes. Raises InvalidInput for text that is not Unicode (a lone surrogate)."""
    try:
        tree = orjson.loads(orjson.dumps(document, default=_decimal_as_text))
    except orjson.JSONEncodeError as error:
        raise InvalidInput(f"The document holds something JSON cannot carry: {error}.") from error
    tree["format"] = FORMAT
    return orjson.dumps(tree, option=orjson.OPT_SORT_KEYS)


def from_json(data: bytes) -> InvoiceDocument:
    """The document in the bytes. Raises InvalidInput naming the field for anything ``to_json`` would not write."""
    try:
        tree = orjson.loads(data)
        if not isinstance(tree, dict) or tree.pop("format", None) != FORMAT:
            raise InvalidInput(f"This is not a document of format {FORMAT}.")
        document: InvoiceDocument = _DECODE(tree)
    except (ValueError, _MisfitError) as error:
        pointer = error.pointer if isinstance(error, _MisfitError) else ""
        raise InvalidInput("The document cannot be read.", errors=[FieldError(pointer, str(error))]) from error
    return document


class IssuedJson(NamedTuple):
    """The bytes of an issued document, with the two of its fields that issuing works out."""

    data: bytes
    due_date: date | None
    reference: str | None


def issue_json(released: bytes, number: str | None, issue_date: date) -> IssuedJson:
    """``to_json(issue(from_json(released), number, issue_date))``, ten times as fast, for the hot path of issuing.

    The bytes must be those of a document that passed ``check`` when it was released; store their SHA-256 with them
    and compare it first, since nothing is recomputed here. Raises as ``issue`` does.
    """
    tree = orjson.loads(released)
    refuse_to_issue(tree["kind"], tree["number"], tree["issue_date"], number)
    due_date, reference = terms_of_issue(tree["payment"]["terms_days"], number, issue_date)
    tree["payment"]["reference"] = reference
    tree |= {"number": number, "issue_date": issue_date, "due_date": due_date}
    return IssuedJson(orjson.dumps(tree, option=orjson.OPT_SORT_KEYS), due_date, reference)


def digest(document: bytes, previous: bytes | None = None) -> bytes:
    """SHA-256 over the previous document's digest (32 bytes, or none for the first of a series) and the bytes."""
    return hashlib.sha256((previous or b"") + document).digest()


def _decimal_as_text(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError


def _decimal(text: str) -> Decimal:
    if not text.removeprefix("-").replace(".", "", 1).isdecimal() or not text.isascii():
        raise ValueError(text)  # no exponents, no NaN, no Infinity, no blanks
    return Decimal(text)


class _MisfitError(Exception):
    """A value that does not have the declared type; the pointer grows on the way out."""

    def __init__(self, detail: str, pointer: str = "") -> None:
        super().__init__(detail)
        self.pointer = pointer


def _decoder(hint: Any) -> Decoder:
    """A function that turns JSON into the hinted type. Built once per type, at import."""
    if get_origin(hint) is UnionType:
        (inner,) = (arm for arm in get_args(hint) if arm is not NoneType)
        return _optional(_decoder(inner))
    if get_origin(hint) is tuple:
        return _tuple_of(_decoder(get_args(hint)[0]))
    if hint in (str, int, bool):
        return _exactly(hint)
    if hint is Decimal:
        return _parsed(_decimal)
    if hint is date:
        return _parsed(date.fromisoformat)
    if issubclass(hint, StrEnum):
        return _parsed(hint)
    return _dataclass(hint)


def _optional(decode: Decoder) -> Decoder:
    return lambda value: None if value is None else decode(value)


def _exactly(kind: type) -> Decoder:
    def decode(value: Any) -> Any:
        if type(value) is not kind:
            raise _MisfitError(f"expected {kind.__name__}, found {value!r}")
        return value

    return decode


def _parsed(parse: Callable[[str], Any]) -> Decoder:
    def decode(value: Any) -> Any:
        if type(value) is not str:
            raise _MisfitError(f"expected text, found {value!r}")
        try:
            return parse(value)
        except ValueError as error:
            raise _MisfitError(f"{value!r} cannot be read") from error

    return decode


def _tuple_of(decode: Decoder) -> Decoder:
    def decode_all(values: Any) -> Any:
        if type(values) is not list:
            raise _MisfitError(f"expected a list, found {values!r}")
        found = []
        for at, value in enumerate(values):
            try:
                found.append(decode(value))
            except _MisfitError as error:
                raise _MisfitError(str(error), f"/{at}{error.pointer}") from error
        return tuple(found)

    return decode_all


def _dataclass(kind: type) -> Decoder:
    hints = get_type_hints(kind)
    plan = [(field.name, _decoder(hints[field.name])) for field in fields(kind)]
    names = {name for name, _ in plan}
    required = {field.name for field in fields(kind) if field.default is MISSING}

    def decode(tree: Any) -> Any:
        if type(tree) is not dict:
            raise _MisfitError(f"expected an object, found {tree!r}")
        if wrong := (tree.keys() - names) | (required - tree.keys()):
            raise _MisfitError(f"unknown or missing: {', '.join(sorted(wrong))}")
        found = {}
        name = ""
        try:
            for name, convert in plan:
                if name in tree:  # a field that came later is absent from older documents and takes its default
                    found[name] = convert(tree[name])
        except _MisfitError as error:
            raise _MisfitError(str(error), f"/{name}{error.pointer}") from error
        return kind(**found)

    return decode


_DECODE = _decoder(InvoiceDocument)
