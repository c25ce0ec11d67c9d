"""Frozen dataclasses as plain JSON values and back, by their type hints: one way for every stored document.

Canonical JSON: UTF-8, keys sorted, no blanks, dates as ISO 8601, every ``Decimal`` as a string. The way back is strict:
another type, an unknown or a missing field is an ``InvalidInput`` that names the place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

import orjson

from billing_service.errors import FieldError, InvalidInput

T = TypeVar("T")
Reader: TypeAlias = Callable[[Any], T]
_Decoder = Callable[[Any], Any]


def to_plain(value: object) -> dict[str, Any]:
    """A frozen dataclass as what JSON has: dicts, lists, text, whole numbers. Raises InvalidInput for text that is not
    Unicode (a lone surrogate)."""
    try:
        tree: dict[str, Any] = orjson.loads(orjson.dumps(value, default=_decimal_as_text))
    except orjson.JSONEncodeError as error:
        raise InvalidInput(f"The document holds something JSON cannot carry: {error}.") from error
    return tree


def canonical(tree: object) -> bytes:
    """The one way of writing plain values as bytes, for a digest."""
    return orjson.dumps(tree, option=orjson.OPT_SORT_KEYS)


def reader(kind: type[T]) -> Reader[T]:
    """A function that turns plain values into ``kind``, built once. It raises InvalidInput naming the field for
    anything ``to_plain`` would not give."""
    decode = _decoder(kind)

    def read(tree: Any) -> T:
        try:
            found: T = decode(tree)
        except _MisfitError as error:
            raise InvalidInput(
                "The document cannot be read.", errors=[FieldError(error.pointer, str(error))]
            ) from error
        return found

    return read


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


def _decoder(hint: Any) -> _Decoder:
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


def _optional(decode: _Decoder) -> _Decoder:
    return lambda value: None if value is None else decode(value)


def _exactly(kind: type) -> _Decoder:
    def decode(value: Any) -> Any:
        if type(value) is not kind:
            raise _MisfitError(f"expected {kind.__name__}, found {value!r}")
        return value

    return decode


def _parsed(parse: Callable[[str], Any]) -> _Decoder:
    def decode(value: Any) -> Any:
        if type(value) is not str:
            raise _MisfitError(f"expected text, found {value!r}")
        try:
            return parse(value)
        except ValueError as error:
            raise _MisfitError(f"{value!r} cannot be read") from error

    return decode


def _tuple_of(decode: _Decoder) -> _Decoder:
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


def _dataclass(kind: type) -> _Decoder:
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
