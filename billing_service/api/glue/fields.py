"""Field classes. Each refuses what the database cannot hold, and documents exactly what it accepts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

import marshmallow as ma
from marshmallow import ValidationError, fields
from moneyed import Money

from billing_service.api.glue.identity import current_currency
from billing_service.core import money
from billing_service.errors import BillingError

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_CONTROL_BUT_LINES: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 9998


def _document(field: fields.Field[Any], **facts: Any) -> None:
    """Put what a field accepts into its description in openapi.json; what the schema says itself goes first."""
    field.metadata = {**facts, **field.metadata}


class Text_(fields.String):  # noqa: N801 the field's name in reference and documents
    """One line of text: no control characters, not only spaces; spaces around it are dropped."""

    _forbidden: re.Pattern[str] = _CONTROL
    _documented_pattern = r"^[^\x00-\x1F\x7F]*[^\x00-\x20\x7F][^\x00-\x1F\x7F]*$"

    def __init__(self, *, max_length: int = 200, **options: Any) -> None:
        super().__init__(**options)
        self.max_length = max_length
        _document(self, minLength=1, maxLength=max_length, pattern=self._documented_pattern)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("is not text")
        if len(value) > self.max_length:
            raise ValidationError(f"is longer than {self.max_length} characters")
        if self._forbidden.search(value):
            raise ValidationError("has a control character")
        stripped = value.strip(" ")
        if not stripped:
            raise ValidationError("is empty")
        return stripped


class Note(Text_):
    """Text of several lines."""

    _forbidden = _CONTROL_BUT_LINES
    _documented_pattern = r"^[^\x00-\x08\x0B\x0C\x0E-\x1F\x7F]*[^\x00-\x20\x7F][^\x00-\x08\x0B\x0C\x0E-\x1F\x7F]*$"

    def __init__(self, *, max_length: int = 10_000, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)


class Code(fields.String):
    """A short code or label of the caller's choosing, such as an organisation code or an external id."""

    PATTERN: Final = r"[A-Za-z0-9](?:[A-Za-z0-9._:@~+ -]*[A-Za-z0-9._:@~+-])?"
    LONGEST: Final = 100

    def __init__(self, *, max_length: int = LONGEST, pattern: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.max_length = max_length
        self._pattern = re.compile(pattern or self.PATTERN, re.ASCII)
        _document(self, minLength=1, maxLength=max_length, pattern=f"^(?:{self._pattern.pattern})$")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("is not text")
        if len(value) > self.max_length:
            raise ValidationError(f"is longer than {self.max_length} characters")
        if not self._pattern.fullmatch(value):
            raise ValidationError(f"does not look like {self._pattern.pattern}")
        return value


class Choice(fields.String):
    """One of a few words."""

    def __init__(self, *words: str, **options: Any) -> None:
        super().__init__(**options)
        self.words = words
        # ``enum`` and null exclude each other in JSON Schema, so a nullable choice lists null as well.
        _document(self, enum=[*words, None] if self.allow_none else list(words))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise ValidationError(f"is not one of {', '.join(self.words)}")
        return value


class Flag(fields.Boolean):
    """``true`` or ``false``; in a query parameter the same words. Not 1, "yes" or "on"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if isinstance(value, bool):
            return value
        if value in ("true", "false") and not isinstance(data, dict):  # a query, where everything is text
            return bool(value == "true")
        raise ValidationError("is not true or false")


class Whole(fields.Integer):
    """A whole number within a range. Text is accepted in a query parameter only."""

    def __init__(self, *, minimum: int = 0, maximum: int = 1_000_000_000, **options: Any) -> None:
        super().__init__(**options)
        self.minimum, self.maximum = minimum, maximum
        _document(self, minimum=minimum, maximum=maximum)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, str) and not isinstance(data, dict) and re.fullmatch(r"-?[0-9]{1,18}", value, re.ASCII):
            value = int(value)
        if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
            value = int(value)  # JSON knows one kind of number: 3.0 is 3
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValidationError("is not a whole number")
        if not self.minimum <= value <= self.maximum:
            raise ValidationError(f"is not between {self.minimum} and {self.maximum}")
        return value


class Amount(fields.Field[Decimal]):
    """A decimal number written as text ("12.50"); ``places`` decimals at most."""

    def __init__(
        self,
        *,
        places: int = money.AMOUNT_PLACES,
        minimum: Decimal | None = None,
        integer_digits: int = 12,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.places, self.minimum, self.integer_digits = places, minimum, integer_digits
        sign = "" if minimum is not None and minimum >= 0 else "-?"
        _document(self, pattern=f"^{sign}[0-9]{{1,{integer_digits}}}(\\.[0-9]{{1,{places}}})?$", example="12.50")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if not isinstance(value, str):
            raise ValidationError('is not a decimal number written as text, such as "12.50"')
        try:
            number = money.to_decimal(value, places=self.places, integer_digits=self.integer_digits)
        except BillingError as error:
            raise ValidationError(error.detail.removeprefix("the amount ")) from error
        if self.minimum is not None and number < self.minimum:
            raise ValidationError(f"is less than {self.minimum}")
        return number

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else f"{value:f}"


class _MoneySchema(ma.Schema):
    amount = Amount(required=True)
    currency = fields.String(required=True, metadata={"pattern": "^[A-Z]{3}$", "example": "EUR"})


class MoneyField(fields.Nested):
    """``{"amount": "90.00", "currency": "EUR"}``, in Python the amount as ``Decimal``.

    The currency must be the administration's; it is filled in on the way out.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(_MoneySchema, **options)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, partial: Any = None, **kwargs: Any
    ) -> Any:
        loaded = super()._deserialize(value, attr, data, **kwargs)
        if loaded["currency"] != current_currency():
            raise ValidationError({"currency": [f"is not the administration's currency ({current_currency()})"]})
        return loaded["amount"]

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        if value is None:
            return None
        if isinstance(value, Money):
            return {"amount": f"{value.amount:.2f}", "currency": value.currency.code}
        return {"amount": f"{value:.2f}", "currency": current_currency()}


class Instant(fields.DateTime):
    """A moment in time as in RFC 3339, with its offset; UTC in Python and on the way out."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        _document(self, example="2026-03-31T10:00:00Z")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str) or not _INSTANT.fullmatch(value):
            raise ValidationError("is not a moment with its offset, such as 2026-03-31T12:00:00+02:00")
        try:
            found = datetime.fromisoformat(value.upper())
            return _in_range(found.astimezone(UTC))
        except (ValueError, OverflowError) as error:
            raise ValidationError("is no such moment") from error

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class IsoDate(fields.Date):
    """A calendar day, YYYY-MM-DD."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        _document(self, example="2026-03-31")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise ValidationError("is not a date such as 2026-03-31")
        try:
            return _in_range(date.fromisoformat(value))
        except ValueError as error:
            raise ValidationError("is no such day") from error


class Identifier(fields.UUID):
    """The id of something in this service."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str) or len(value) != 36:
            raise ValidationError("is not an id")
        try:
            return super()._deserialize(value, attr, data, **kwargs)
        except ValidationError as error:
            raise ValidationError("is not an id") from error


class JsonObject(fields.Dict):
    """An object whose inside the domain checks itself (a tariff document, facts); at most ``MOST_LEVELS`` deep."""

    MOST_LEVELS: Final = 32

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise ValidationError("is not an object")
        level: list[Any] = [value]
        for _ in range(self.MOST_LEVELS):
            inner = [found.values() if isinstance(found, dict) else found for found in level]
            level = [item for items in inner for item in items if isinstance(item, dict | list)]
        if level:
            raise ValidationError(f"is nested more than {self.MOST_LEVELS} levels deep")
        return value


class Nested(fields.Nested):
    """Another schema inside; with ``many=True`` a list of at most ``max_items``."""

    def __init__(self, nested: Any, *, max_items: int = 1000, **options: Any) -> None:
        super().__init__(nested, **options)
        self.max_items = max_items
        if self.many:
            self.metadata = {"maxItems": max_items, **self.metadata}

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, partial: Any = None, **kwargs: Any
    ) -> Any:
        if self.many and isinstance(value, list) and len(value) > self.max_items:
            raise ValidationError(f"has more than {self.max_items} items")
        # Inside a partial update a nested object is still given whole.
        return super()._deserialize(value, attr, data, **kwargs)


class ListOf(fields.List[Any]):
    """A list of values of one field, of at most ``max_items``."""

    def __init__(self, inner: fields.Field[Any], *, min_items: int = 0, max_items: int = 1000, **options: Any) -> None:
        super().__init__(inner, **options)
        self.min_items, self.max_items = min_items, max_items
        _document(self, minItems=min_items, maxItems=max_items)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValidationError("is not a list")
        if not self.min_items <= len(value) <= self.max_items:
            raise ValidationError(f"must have {self.min_items} to {self.max_items} items")
        return super()._deserialize(value, attr, data, **kwargs)


_Day = TypeVar("_Day", date, datetime)


def _in_range(value: _Day) -> _Day:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError("out of range")
    return value
