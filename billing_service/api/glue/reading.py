"""Reading requests strictly: one JSON parser, unknown fields and parameters refused, foreign content types refused."""

from __future__ import annotations

import json
import math
import re
from collections import UserDict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import flask
import marshmallow as ma
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType

from billing_service.core.formats import LANGUAGES
from billing_service.errors import FieldError, InvalidInput

_ESCAPED_TROUBLE: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_LARGEST_WHOLE: Final = 2**63
_MOST_ERRORS: Final = 100


class MalformedJson(InvalidInput):
    """The body is no JSON, or JSON that two readers may understand differently."""

    code = "malformed_json"


class InputSchema(ma.Schema):
    """A body or query: unknown fields are refused, since a typo in a billing request must not be ignored."""

    class Meta:
        unknown = ma.RAISE


class OutputSchema(ma.Schema):
    """An answer. It may grow, so its description does not forbid additional properties."""

    class Meta:
        unknown = ma.EXCLUDE


def chosen_language(query: Mapping[str, Any] | None = None) -> str:
    """The language of sentences in an answer: ``?language=``, else Accept-Language, else Dutch."""
    given: str | None = (query or {}).get("language")
    return given or flask.request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


class QueryText(UserDict[str, str]):
    """Query parameters. Fields tell it from a JSON object (a dict): here a number is written as text."""


@dataclass(frozen=True, slots=True)
class Upload:
    """The body of a bulk request as it came: bytes and their content type, for the use case to read."""

    content: bytes
    media_type: str
    charset: str | None


def parse_json(raw: bytes) -> Any:
    """The value of a JSON body.

    Raises:
        MalformedJson: no UTF-8, no JSON, a name twice in one object, NaN or Infinity, a number out of range, too deep.
        InvalidInput: text with a NUL or half a surrogate pair, which the database cannot hold.
    """
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_without_repeats,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_whole,
        )
    except UnicodeDecodeError as error:
        raise MalformedJson("The body is not UTF-8.") from error
    except RecursionError as error:
        raise MalformedJson("The body is nested too deeply.") from error
    except json.JSONDecodeError as error:
        raise MalformedJson(
            f"The body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        ) from error
    if _ESCAPED_TROUBLE.search(raw):
        _refuse_unstorable(value)
    return value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise MalformedJson(f"The name {repeated[:80]!r} occurs twice in one object.")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedJson(f"{name} is not a number.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise MalformedJson("A number is out of range.")
    return number


def _whole(text: str) -> int:
    if len(text) > 20 or not -_LARGEST_WHOLE <= int(text) < _LARGEST_WHOLE:
        raise MalformedJson("A whole number is out of range.")
    return int(text)


def _refuse_unstorable(value: Any) -> None:
    # Breadth first with a queue of its own: a body may be nested deeper than Python's stack likes.
    waiting: deque[tuple[str, Any]] = deque([("", value)])
    while waiting:
        pointer, found = waiting.popleft()
        if isinstance(found, str) and _UNSTORABLE.search(found):
            raise InvalidInput(
                "Text cannot hold NUL or half a surrogate pair.", errors=[FieldError(pointer, "has such a character")]
            )
        if isinstance(found, dict):
            for name, item in found.items():
                if _UNSTORABLE.search(name):
                    raise InvalidInput(
                        "A name cannot hold NUL or half a surrogate pair.",
                        errors=[FieldError(pointer, "has such a name")],
                    )
                waiting.append((f"{pointer}/{_escaped(name)}", item))
        elif isinstance(found, list):
            waiting.extend((f"{pointer}/{index}", item) for index, item in enumerate(found))


class StrictParser(FlaskParser):
    """webargs with our JSON, our errors, and nothing ignored."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": ma.RAISE, "json": None}  # noqa: RUF012

    def load_json(self, req: flask.Request, schema: ma.Schema) -> Any:
        if req.mimetype != "application/json":
            raise UnsupportedMediaType("The body must be application/json.")
        return parse_json(req.get_data(cache=True))

    def load_querystring(self, req: flask.Request, schema: ma.Schema) -> Any:
        for name, values in req.args.lists():
            if len(values) > 1:
                raise InvalidInput(
                    "A query parameter is given twice.", errors=[FieldError(f"?{name[:80]}", "is given twice")]
                )
        return QueryText(req.args.items())

    def handle_error(self, error: ma.ValidationError, req: flask.Request, schema: ma.Schema, **_: Any) -> NoReturn:
        location, messages = next(iter(error.messages_dict.items()))
        prefix = "?" if location == "query" else "/"
        raise invalid(messages, prefix) from error


def invalid(messages: Any, prefix: str = "/") -> InvalidInput:
    """marshmallow's tree of messages as one error with a pointer per field."""
    found = list(_flattened(messages, ""))[:_MOST_ERRORS]
    errors = [FieldError(prefix + pointer[1:] if pointer else pointer, detail) for pointer, detail in found]
    first = errors[0]
    return InvalidInput(f"{first.pointer or 'The body'}: {first.detail}", errors=errors)


def _flattened(messages: Any, pointer: str) -> Any:
    if isinstance(messages, dict):
        for name, inner in messages.items():
            below = pointer if name == "_schema" else f"{pointer}/{_escaped(str(name))}"
            yield from _flattened(inner, below)
    elif isinstance(messages, list):
        for message in messages:
            yield from _flattened(message, pointer)
    else:
        yield pointer, _WORDING.get(str(messages), str(messages))


_WORDING: Final = {
    "Missing data for required field.": "is required",
    "Field may not be null.": "may not be null",
    "Unknown field.": "is not known here",
    "Invalid input type.": "is not an object",
}


def _escaped(name: str) -> str:
    """A name as a step of a JSON pointer (RFC 6901), cut short: it comes from the caller."""
    return name[:80].replace("~", "~0").replace("/", "~1")
