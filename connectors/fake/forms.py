"""What a body must look like for the fake: unknown, missing and ill-formed fields are refused, each by its name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from connectors.fake.profiles import CODE_PATTERN, LARGEST_ATTACHMENT, LONGEST_CODE, LONGEST_DESCRIPTION


class Problem(Exception):
    """A refusal: status, code, and the field it is about. ``more`` goes into the answer."""

    def __init__(self, status: int, code: str, field: str = "", **more: Any) -> None:
        super().__init__(code)
        self.status = status
        self.value = {"error": {"code": code, "field": field, "message": f"{field} {code}".strip(), **more}}


Check = Callable[[Any, str], Any]


@dataclass(frozen=True, slots=True)
class Maybe:
    """A field that may be absent or null."""

    check: Check


Form = Mapping[str, "Check | Maybe"]


def text(longest: int = 200, pattern: str | None = None) -> Check:
    """A text that is not empty."""

    def check(value: Any, field: str) -> str:
        if not isinstance(value, str) or not value or len(value) > longest:
            raise Problem(422, "invalid", field)
        if pattern is not None and not re.fullmatch(pattern, value):
            raise Problem(422, "invalid", field)
        return value

    return check


def one_of(*words: str) -> Check:
    """One of these words."""
    return text(pattern="|".join(words))


def day(value: Any, field: str) -> str:
    """A date as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text(10)(value, field)).isoformat()
    except ValueError:
        raise Problem(422, "invalid", field) from None


def number(value: Any, field: str) -> Decimal:
    """A number written as text, with at most six decimals."""
    try:
        amount = Decimal(text(20, r"-?\d+(\.\d{1,6})?")(value, field))
    except InvalidOperation:  # pragma: no cover  (the pattern lets none through)
        raise Problem(422, "invalid", field) from None
    return amount


def money(value: Any, field: str) -> Decimal:
    """An amount written as text, with exactly two decimals."""
    return Decimal(text(20, r"-?\d+\.\d\d")(value, field))


def flag(value: Any, field: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Problem(422, "invalid", field)
    return value


def many(form: Form) -> Check:
    """A list with at least one entry of this form."""

    def check(value: Any, field: str) -> list[dict[str, Any]]:
        if not isinstance(value, list) or not value:
            raise Problem(422, "invalid", field)
        return [filled(form, entry, f"{field}.{place}") for place, entry in enumerate(value)]

    return check


def filled(form: Form, value: Any, field: str = "") -> dict[str, Any]:
    """The object with its fields checked."""
    if not isinstance(value, dict):
        raise Problem(422, "invalid", field)
    at = f"{field}." if field else ""
    if unknown := sorted(value.keys() - form.keys()):
        raise Problem(422, "unknown_field", at + unknown[0])
    result: dict[str, Any] = {}
    for name, kind in form.items():
        if isinstance(kind, Maybe):
            given = value.get(name)
            result[name] = None if given is None else kind.check(given, at + name)
        elif name not in value:
            raise Problem(422, "missing", at + name)
        else:
            result[name] = kind(value[name], at + name)
    return result


def body_of(content: bytes) -> Any:
    """The JSON of a body."""
    try:
        return json.loads(content)
    except ValueError:
        raise Problem(400, "no_json") from None


CUSTOMER: Final[Form] = {
    "code": text(LONGEST_CODE, CODE_PATTERN),
    "name": text(),
    "street": text(),
    "postal_code": text(20),
    "city": text(),
    "country": text(2, "[A-Z]{2}"),
    "email": Maybe(text()),
    "vat_number": Maybe(text(20)),
    "kvk_number": Maybe(text(8, r"\d{8}")),
    "is_business": flag,
}
LINE: Final[Form] = {
    "description": text(LONGEST_DESCRIPTION),
    "quantity": number,
    "unit_price": number,
    "amount": money,
    "vat_code": text(),
    "ledger_account": text(),
    "cost_centre": Maybe(text()),
}
VAT: Final[Form] = {"code": text(), "taxable": money, "tax": money}
DOCUMENT: Final[Form] = {
    "kind": one_of("invoice", "credit_note"),
    "number": text(),
    "customer": text(),
    "issue_date": day,
    "due_date": day,
    "currency": text(3, "EUR"),
    "journal": Maybe(text()),
    "reference": text(),
    "description": Maybe(text()),
    "credits": Maybe(text()),
    "lines": many(LINE),
}
ATTACHMENT: Final[Form] = {
    "name": text(),
    "media_type": one_of("application/pdf", "application/xml"),
    "content": text(LARGEST_ATTACHMENT * 4 // 3 + 4, r"[A-Za-z0-9+/]+={0,2}"),
}
PAYMENT: Final[Form] = {
    "number": text(),
    "document": text(),
    "date": day,
    "amount": money,
    "currency": text(3, "EUR"),
    "method": text(),
    "description": Maybe(text()),
}
_CLIENT: Final[Form] = {"client_id": text(), "client_secret": text()}
TOKEN: Final[Form] = {"grant_type": one_of("refresh_token"), "refresh_token": text(), **_CLIENT}
CODE: Final[Form] = {
    "grant_type": one_of("authorization_code"),
    "code": text(),
    "redirect_uri": text(),
    **_CLIENT,
}
