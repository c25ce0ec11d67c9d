"""Tryton's records in memory: models with their fields, conditions, reading and writing, as its JSON-RPC has them.

Written from accounting-apis 12 and from what trytond 8.2 answers (tests/connectors/test_tryton_real.py compares them).
"""

from __future__ import annotations

import base64
import operator
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

Record = dict[str, Any]


class UserError(Exception):
    """A refusal with a sentence for a person (accounting-apis 12.7)."""


class NeedsConfirmation(Exception):
    """A question that a person has to confirm by its name."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class Broken(Exception):
    """An error inside the server: its answer is still HTTP 200."""


class Status(Exception):
    """An answer that is no RPC answer at all."""

    def __init__(self, status: int, body: bytes = b"<!doctype html><title>no</title>", **headers: str) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers


MODELS: dict[str, tuple[str, dict[str, str]]] = {
    "company.company": ("Company", {"party": "party.party", "currency": "currency.currency"}),
    "currency.currency": ("Currency", {"code": "char"}),
    "country.country": ("Country", {"code": "char", "name": "char"}),
    "party.party": (
        "Party",
        {
            "code": "char!",
            "name": "char",
            "active": "flag",
            "addresses": "*party.address.party",
            "identifiers": "*party.identifier.party",
            "contact_mechanisms": "*party.contact_mechanism.party",
            "account_receivable": "account.account",
        },
    ),
    "party.address": (
        "Address",
        {
            "party": "party.party",
            "street": "char!",
            "postal_code": "char!",
            "city": "char!",
            "country": "country.country",
            "invoice": "flag",
        },
    ),
    "party.identifier": ("Party Identifier", {"party": "party.party", "type": "word?eu_vat", "code": "char!"}),
    "party.contact_mechanism": (
        "Contact Mechanism",
        {"party": "party.party", "type": "word!email phone", "value": "char!"},
    ),
    "account.account.type": ("Account Type", {"revenue": "flag", "receivable": "flag"}),
    "account.account": (
        "Account",
        {
            "code": "char",
            "name": "char",
            "company": "company.company",
            "closed": "flag",
            "type": "account.account.type",
        },
    ),
    "account.configuration": ("Account Configuration", {"default_account_receivable": "account.account"}),
    "account.journal": ("Account Journal", {"code": "char", "name": "char", "type": "char"}),
    "account.tax.group": ("Tax Group", {"kind": "char"}),
    "account.tax": (
        "Tax",
        {
            "name": "char",
            "description": "char",
            "type": "char",
            "rate": "decimal",
            "company": "company.company",
            "parent": "account.tax",
            "group": "account.tax.group",
            "invoice_account": "account.account",
            "credit_note_account": "account.account",
            "legal_notice": "char",
        },
    ),
    "account.invoice.payment.method": (
        "Payment Method",
        {"name": "char", "company": "company.company", "journal": "account.journal"},
    ),
    "account.invoice": (
        "Account Invoice",
        {
            "type": "word!out",
            "company": "company.company!",
            "currency": "currency.currency!",
            "party": "party.party!",
            "invoice_address": "party.address!",
            "account": "account.account!",
            "journal": "account.journal",
            "reference": "char",
            "description": "char",
            "invoice_date": "date",
            "accounting_date": "date",
            "payment_term": "account.invoice.payment_term",
            "payment_term_date": "date",
            "lines": "*account.invoice.line.invoice!",
            "taxes": "*account.invoice.tax.invoice",
            "number": "=",
            "state": "=",
            "create_date": "=",
            "last_modified_at": "=",
            "untaxed_amount": "=",
            "tax_amount": "=",
            "total_amount": "=",
            "amount_to_pay": "=",
            "origin_invoices": "=*account.invoice",
            "lines_to_pay": "=*account.move.line",
            "payment_lines": "~account.move.line",
            "reconciliation_lines": "=*account.move.line",
            "additional_moves": "=*account.move",
        },
    ),
    "account.invoice.payment_term": ("Payment Term", {"name": "char"}),
    "account.invoice.line": (
        "Account Invoice Line",
        {
            "invoice": "account.invoice",
            "type": "word!line",
            "account": "account.account!",
            "description": "char",
            "quantity": "float!",
            "unit_price": "decimal!4",
            "taxes": "~account.tax!",
            "origin": "char",
        },
    ),
    "account.invoice.tax": (
        "Account Invoice Tax",
        {
            "invoice": "account.invoice",
            "tax": "account.tax!",
            "description": "char!",
            "account": "account.account!",
            "base": "decimal!2",
            "amount": "decimal!2",
            "manual": "flag!",
            "legal_notice": "char",
        },
    ),
    "account.move": (
        "Account Move",
        {
            "company": "company.company",
            "journal": "account.journal",
            "date": "date",
            "state": "char",
            "origin": "char",
            "description": "char",
            "last_modified_at": "datetime",
        },
    ),
    "account.move.line": (
        "Account Move Line",
        {
            "move": "account.move",
            "account": "account.account",
            "party": "party.party",
            "debit": "decimal",
            "credit": "decimal",
            "date": "=",
            "maturity_date": "date",
            "origin": "char",
            "description": "char",
            "description_used": "=",
            "move_description_used": "=",
            "reconciliation": "int",
            "invoice_payment": "=account.invoice",
        },
    ),
    "ir.attachment": (
        "Attachment",
        {"name": "char!", "type": "word!data", "data": "bytes!", "resource": "char!"},
    ),
}
"""Model → its name for people, and its fields. A kind that is a model refers to it, ``*model.field`` are those that
point here, ``~model`` a set of them, ``=`` computed; ``!`` must be given, ``?`` may be null."""

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "in": lambda value, among: value in among,
    "not in": lambda value, among: value not in among,
    **{
        sign: lambda value, other, compare=compare: value is not None and compare(value, other)
        for sign, compare in {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}.items()
    },
}

FIRST_IDS = {"account.invoice": 700_100}  # long enough not to stand by chance in what is no id


class Records:
    """All records of all models. ``computed`` gives the fields that are not stored, by model and name."""

    def __init__(self) -> None:
        self.all: dict[str, dict[int, Record]] = {model: {} for model in MODELS}
        self.computed: dict[tuple[str, str], Callable[[Record], Any]] = {}

    def add(self, model: str, **values: Any) -> int:
        key = max(self.all[model], default=FIRST_IDS.get(model, 0)) + 1
        self.all[model][key] = {"id": key, **values}
        return key

    def value(self, model: str, record: Record, field: str) -> Any:
        if field == "id":
            return record["id"]
        kind = self.kind(model, field)
        if kind.startswith("*"):
            target, _, inverse = kind[1:].rstrip("!").rpartition(".")
            return [key for key, one in self.all[target].items() if one.get(inverse) == record["id"]]
        if kind.startswith("="):
            return self.computed[model, field](record)
        absent = [] if kind.startswith("~") else (field == "active" if kind.startswith("flag") else None)
        return record.get(field, absent)

    def kind(self, model: str, field: str) -> str:
        fields = MODELS[model][1]
        if field not in fields:
            raise Broken(repr(field))
        return fields[field]

    def target(self, model: str, field: str) -> str:
        kind = self.kind(model, field).strip("=*~!")
        target = kind if kind in MODELS else kind.rpartition(".")[0]
        if target not in MODELS:
            raise Broken(repr(field))
        return target

    # --- searching --------------------------------------------------------------------------------------------------

    def search(self, model: str, domain: Any, limit: Any, order: Any) -> list[int]:
        if "{" in repr(domain):
            raise Broken(f"domain: {domain!r}")
        found = [one for one in self.all[model].values() if self.fits(model, one, domain)]
        if "active" in MODELS[model][1] and "active" not in str(domain):
            found = [one for one in found if self.value(model, one, "active")]
        for path, direction in reversed(order or [["id", "ASC"]]):
            found.sort(key=lambda one, path=path: self.along(model, one, path), reverse=direction == "DESC")
        return [one["id"] for one in found][:limit]

    def fits(self, model: str, record: Record, domain: Any) -> bool:
        """Whether the record meets a condition: ``[path, operator, value]``, or a list of them, perhaps after OR."""
        if not isinstance(domain, list):
            raise Broken("domain")
        if domain and isinstance(domain[0], str) and domain[0] not in {"OR", "AND"}:
            path, sign, wanted = domain
            try:
                return OPERATORS[sign](self.along(model, record, path), wanted)
            except TypeError as error:
                raise Broken(str(error)) from None
        parts = [self.fits(model, record, one) for one in domain if one not in ("OR", "AND")]
        return any(parts) if domain[:1] == ["OR"] else all(parts)

    def along(self, model: str, record: Record, path: str) -> Any:
        """The value at the end of a dotted path; of several records those of all."""
        field, _, rest = path.partition(".")
        value = self.value(model, record, field)
        if isinstance(value, list) and not rest:
            return _Several(value)
        if not rest or value is None:
            return value
        target = self.target(model, field)
        return self.along(target, self.all[target][value], rest)

    def read(self, model: str, key: int, fields: list[str]) -> Record:
        record = self.all[model][key]
        told: Record = {"id": key}
        nested: dict[str, list[str]] = {}
        for name in fields:
            field, _, rest = name.partition(".")
            if rest:
                nested.setdefault(field, []).append(rest)
            else:
                value = self.value(model, record, field)
                told[field] = int(value) if isinstance(value, bool) else value
        for field, inside in nested.items():
            value, target = self.value(model, record, field), self.target(model, field)
            if isinstance(value, list):
                told[f"{field}."] = [self.read(target, one, inside) for one in value]
            else:
                told[f"{field}."] = None if value is None else self.read(target, value, inside)
        return told


class _Several(list[Any]):
    """Many records at the end of a path: it is among others if any of them is."""

    def __eq__(self, other: object) -> bool:
        return any(one == other for one in self)

    __hash__ = None  # type: ignore[assignment]


# --- values on the wire ---------------------------------------------------------------------------------------------

_DAY = {"year", "month", "day"}
_MOMENT = _DAY | {"hour", "minute", "second", "microsecond"}


def read_value(value: Any) -> Any:
    """JSON as Tryton reads it: an object with a ``__class__`` is a value of that kind, and nothing else."""
    if isinstance(value, list):
        return [read_value(one) for one in value]
    if not isinstance(value, dict):
        return value
    kind, rest = value.get("__class__"), {name: one for name, one in value.items() if name != "__class__"}
    if "__class__" not in value:
        return {name: read_value(one) for name, one in value.items()}
    try:
        if kind == "Decimal" and rest.keys() == {"decimal"}:
            return Decimal(rest["decimal"])
        if kind == "date" and rest.keys() == _DAY:
            return date(**rest)
        if kind == "datetime" and rest.keys() == _MOMENT:
            return datetime(**rest)  # noqa: DTZ001  (Tryton's instants are UTC without saying so)
        if kind == "bytes" and rest.keys() == {"base64"}:
            return base64.b64decode(rest["base64"], validate=True)
    except (TypeError, ValueError, InvalidOperation) as error:
        raise Broken(str(error)) from None
    raise Broken(f"{kind}: {sorted(rest)}")


def written(value: Any) -> Any:
    """A value as Tryton writes it in JSON."""
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, datetime):
        return {"__class__": "datetime", **{part: getattr(value, part) for part in sorted(_MOMENT)}}
    if isinstance(value, date):
        return {"__class__": "date", **{part: getattr(value, part) for part in sorted(_DAY)}}
    if isinstance(value, Mapping):
        return {name: written(one) for name, one in value.items()}
    return [written(one) for one in value] if isinstance(value, list | tuple) else value
