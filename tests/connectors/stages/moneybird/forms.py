"""What a body or a filter must look like, and how Moneybird refuses what does not (accounting-apis 2.4, 2.10)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

Check = Callable[[Any], bool]
Form = Mapping[str, Check]
Record = dict[str, Any]


class Refusal(Exception):
    """A refusal as Moneybird words it."""

    def __init__(self, status: int, value: Record, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(value)
        self.status, self.value, self.headers = status, value, dict(headers or {})


def bad(said: str, **symbolic: Any) -> Refusal:
    """400 (2.10 [M1]): a sentence, and what is wrong with which field."""
    return Refusal(400, {"error": said, "symbolic": symbolic})


def invalid(**complaints: str) -> Refusal:
    """422 (2.10 [M1]): the complaints about each field. A double underscore stands for a point."""
    named = {field.replace("__", "."): said for field, said in complaints.items()}
    details = {field: [{"error": said}] for field, said in named.items()}
    return Refusal(422, {"error": {field: [said] for field, said in named.items()}, "details": details})


def not_found(field: str = "id") -> Refusal:
    """404 (2.10 [M1])."""
    return Refusal(404, {"error": "record not found", "symbolic": {field: "not_found"}})


# --- what a field may be [M1] ---------------------------------------------------------------------------------------


def text(value: Any) -> bool:
    return isinstance(value, str)


def ident(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, str | int)


def flag(value: Any) -> bool:
    return isinstance(value, bool | str)


def quantity(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | str)


def amount(value: Any) -> bool:
    if isinstance(value, str):
        return re.fullmatch(r"-?[0-9]+[,.]?[0-9]*", value) is not None and abs(number(value)) <= 10**9
    return not isinstance(value, bool) and isinstance(value, int | float | Decimal) and abs(value) <= 10**9


def number(value: Any) -> Decimal:
    return Decimal(str(value).replace(",", "."))


def filled(form: Form, value: Any, where: str) -> Record:
    """The object, every field of it known and of its type."""
    if not isinstance(value, dict):
        raise bad(f"{where} is invalid", **{where: "invalid"})
    for name, given in value.items():
        if name not in form:
            raise bad(f"{name} is unknown", **{where: {name: "unknown"}})
        if not form[name](given):
            raise bad(f"{name} is invalid", **{where: {name: "invalid"}})
    return dict(value)


def wrapped(content: bytes, name: str, form: Form) -> Record:
    """The fields in the one object that a body has."""
    body = body_of(content)
    if unknown := sorted(body.keys() - {name}):
        raise bad(f"{unknown[0]} is unknown", **{unknown[0]: "unknown"})
    if name not in body:
        raise bad(f"{name.capitalize()} is required", **{name: "required"})
    return filled(form, body[name], name)


def body_of(content: bytes) -> Record:
    try:
        value = json.loads(content, parse_float=Decimal)
    except ValueError:
        raise bad("The body is no JSON") from None
    if not isinstance(value, dict):
        raise bad("The body is no object")
    return value


def day(value: str, field: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise invalid(**{field: "is not a valid date"}) from None


def details(value: Any) -> bool:
    """An array of lines; that an object of them is possible too is not needed here."""
    return isinstance(value, list)


CONTACT: Final[Form] = {
    **dict.fromkeys(("company_name", "firstname", "lastname", "address1", "address2", "zipcode", "city"), text),
    **dict.fromkeys(("country", "phone", "customer_id", "tax_number", "chamber_of_commerce", "bank_account"), text),
    **dict.fromkeys(("send_invoices_to_attention", "send_invoices_to_email", "delivery_method"), text),
}
INVOICE: Final[Form] = {
    "contact_id": ident,
    **dict.fromkeys(("reference", "date", "due_date", "currency", "source", "source_url"), text),
    "prices_are_incl_tax": flag,
    "details_attributes": details,
}
DETAIL: Final[Form] = {
    **dict.fromkeys(("id", "tax_rate_id", "ledger_account_id", "project_id", "product_id"), ident),
    **dict.fromkeys(("description", "period"), text),
    "price": amount,
    "amount": quantity,
    "row_order": quantity,
    "_destroy": flag,
}
PAYMENT: Final[Form] = {
    **dict.fromkeys(("payment_date", "transaction_identifier", "manual_payment_action"), text),
    **dict.fromkeys(("financial_account_id", "financial_mutation_id", "ledger_account_id", "invoice_id"), ident),
    "price": amount,
    "price_base": amount,
}
NEEDS: Final = {
    "private_payment": "financial_account_id",
    "cash_payment": "financial_account_id",
    "bank_transfer": "financial_mutation_id",
    "balance_settlement": "ledger_account_id",
    "invoices_settlement": "invoice_id",
    "payment_without_proof": None,
    "rounding_error": None,
}
"""What each action needs [M1]. The example of 2.6 leaves out what ``bank_transfer`` needs; the contract is followed."""


# --- filters (2.6, 2.12) --------------------------------------------------------------------------------------------

PERIOD: Final = r"(\d{8})\.\.(\d{8})"
STATES: Final = ("all", "new", "open", "late", "paid")


def filters(given: str, known: tuple[str, ...]) -> dict[str, str]:
    """``key:value`` terms with commas between them; an unknown key is refused (what the real one does is not said)."""
    terms = dict(term.partition(":")[::2] for term in given.split(",") if term)
    if unknown := sorted(terms.keys() - set(known)):
        raise bad("filter is invalid", filter=unknown[0])
    return terms


def period(terms: Mapping[str, str], today: date) -> tuple[str, str]:
    """First and last day. Silently this year where no period is given (2.12)."""
    given = terms.get("period", "this_year")
    if given == "this_year":
        return f"{today.year}-01-01", f"{today.year}-12-31"
    found = re.fullmatch(PERIOD, given)
    if found is None:
        raise bad("period is invalid", filter="period")
    first, last = (f"{one[:4]}-{one[4:6]}-{one[6:]}" for one in found.groups())
    return first, last


def states(terms: Mapping[str, str]) -> frozenset[str]:
    """The states asked for; all of them where ``all`` is among them or none is named."""
    asked = frozenset(terms.get("state", "all").split("|"))
    if not asked <= set(STATES):
        raise bad("state is invalid", filter="state")
    return frozenset() if "all" in asked else asked
