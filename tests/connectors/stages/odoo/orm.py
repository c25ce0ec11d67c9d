"""Models, fields and domains: what may be asked and given, and how Odoo refuses the rest (accounting-apis 11.2, 11.8).

Only the models, fields and methods that the reference names are here, with the few of Odoo's own documentation that a
connector needs beside them; anything else is unknown.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Record = dict[str, Any]


class Wrong(Exception):
    """A refusal: the status of JSON-2, the name of the exception in Odoo, and its message (11.8)."""

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(message)
        self.status, self.name, self.message = status, name, message


def value_error(message: str) -> Wrong:
    return Wrong(500, "builtins.ValueError", message)


def type_error(message: str) -> Wrong:
    return Wrong(500, "builtins.TypeError", message)


def user_error(message: str) -> Wrong:
    return Wrong(422, "odoo.exceptions.UserError", message)


def validation_error(message: str) -> Wrong:
    return Wrong(422, "odoo.exceptions.ValidationError", message)


@dataclass(frozen=True, slots=True)
class Field:
    """``kind`` is Odoo's type, ``of`` the model of a link or the words of a selection; ``given``: it may be written."""

    kind: str
    of: str = ""
    given: bool = True
    required: bool = False


def computed(kind: str, of: str = "") -> Field:
    return Field(kind, of, given=False)


MODELS: dict[str, dict[str, Field]] = {
    "res.country": {"code": computed("char"), "name": computed("char")},
    "res.currency": {"name": computed("char")},
    "res.company": {
        "name": computed("char"),
        "vat": computed("char"),
        "company_registry": computed("char"),
        "currency_id": computed("many2one", "res.currency"),
        "tax_calculation_rounding_method": computed("char"),
        "sale_lock_date": computed("date"),
    },
    "res.partner": {
        "name": Field("char", required=True),
        "ref": Field("char"),
        "is_company": Field("boolean"),
        "street": Field("char"),
        "zip": Field("char"),
        "city": Field("char"),
        "country_id": Field("many2one", "res.country"),
        "email": Field("char"),
        "vat": Field("char"),
        "company_registry": Field("char"),
        "parent_id": computed("many2one", "res.partner"),
        "property_payment_term_id": computed("integer"),
    },
    "account.journal": {
        "name": computed("char"),
        "code": computed("char"),
        "type": computed("char"),
        "company_id": computed("many2one", "res.company"),
    },
    "account.tax": {
        "name": computed("char"),
        "amount": computed("float"),
        "amount_type": computed("char"),
        "type_tax_use": computed("char"),
        "price_include": computed("boolean"),
    },
    "account.account": {"name": computed("char"), "code": computed("char"), "account_type": computed("char")},
    "account.analytic.account": {"name": computed("char"), "code": computed("char")},
    "account.move": {
        "name": Field("char"),
        "move_type": Field("selection", "entry|out_invoice|out_refund"),
        "partner_id": Field("many2one", "res.partner"),
        "journal_id": Field("many2one", "account.journal"),
        "invoice_date": Field("date"),
        "invoice_date_due": Field("date"),
        "invoice_payment_term_id": Field("integer"),
        "ref": Field("char"),
        "payment_reference": Field("char"),
        "narration": Field("char"),
        "reversed_entry_id": Field("many2one", "account.move"),
        "invoice_line_ids": Field("one2many", "account.move.line"),
        "date": computed("date"),
        "state": computed("char"),
        "payment_state": computed("char"),
        "currency_id": computed("many2one", "res.currency"),
        "amount_untaxed": computed("float"),
        "amount_tax": computed("float"),
        "amount_total": computed("float"),
        "amount_residual": computed("float"),
        "matched_payment_ids": computed("many2many", "account.payment"),
    },
    "account.move.line": {
        "name": Field("char"),
        "quantity": Field("float"),
        "price_unit": Field("float"),
        "account_id": Field("many2one", "account.account"),
        "tax_ids": Field("many2many", "account.tax"),
        "analytic_distribution": Field("json"),
    },
    "ir.attachment": {
        "name": Field("char", required=True),
        "res_model": Field("char"),
        "res_id": Field("integer"),
        "mimetype": Field("char"),
        "datas": Field("binary"),
    },
    "account.payment.register": {
        "journal_id": Field("many2one", "account.journal"),
        "payment_date": Field("date"),
        "amount": Field("float"),
        "communication": Field("char"),
    },
    "account.payment": {
        "name": computed("char"),
        "amount": computed("float"),
        "date": computed("date"),
        "memo": computed("char"),
        "state": computed("char"),
        "payment_type": computed("char"),
        "partner_type": computed("char"),
        "partner_id": computed("many2one", "res.partner"),
        "journal_id": computed("many2one", "account.journal"),
        "currency_id": computed("many2one", "res.currency"),
        "reconciled_invoice_ids": computed("many2many", "account.move"),
    },
}
ALWAYS = {"id": computed("integer"), "display_name": computed("char"), "write_date": computed("datetime")}
EMPTY: dict[str, Any] = {"float": Decimal(0), "many2many": (), "one2many": (), "integer": 0}


USUAL_ORDER = {"account.payment": "date desc, name desc"}
BUSY = ("res.partner", "account.move", "account.payment", "ir.attachment")
"""Models whose ids are long here, so that one can be recognised wherever it turns up."""


def money(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


class Tables:
    """The records of every model. ``clock`` gives seconds; what is written gets its moment."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.rows: dict[str, dict[int, Record]] = {model: {} for model in MODELS}
        self._ids = dict.fromkeys(MODELS, 0) | dict.fromkeys(BUSY, 7_040_000)

    def put(self, model: str, values: Record) -> int:
        """A new record, whatever may be given from outside."""
        self._ids[model] += 1
        known = self._ids[model]
        empty = {name: EMPTY.get(field.kind, False) for name, field in MODELS[model].items()}
        self.rows[model][known] = {**empty, **values, "id": known}
        self.touch(model, known)
        return known

    def touch(self, model: str, known: int) -> None:
        self.rows[model][known]["write_date"] = self.clock()

    # --- what is given ----------------------------------------------------------------------------------------------

    def checked(self, model: str, values: Any, new: bool) -> Record:
        """The values if every field is known and of its type; a new record needs what is mandatory."""
        if not isinstance(values, dict):
            raise value_error(f"Wrong values for {model}: {values!r}")
        result = {}
        for name, value in values.items():
            field = MODELS[model].get(name)
            if field is None or not field.given:
                raise value_error(f"Invalid field {name!r} in {model!r}")
            result[name] = EMPTY.get(field.kind, False) if value is False else self._typed(model, name, field, value)
        missing = [name for name, field in MODELS[model].items() if field.required and not result.get(name, not new)]
        if missing:
            raise validation_error(f"The operation cannot be completed: a mandatory field is not set: {missing[0]}")
        return result

    def _typed(self, model: str, name: str, field: Field, value: Any) -> Any:
        try:
            return getattr(self, f"_{field.kind}")(field, value)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise value_error(f"Wrong value for {model}.{name}: {value!r}") from error

    def _char(self, field: Field, value: Any) -> str:
        if not isinstance(value, str):
            raise TypeError(value)
        return value

    def _binary(self, field: Field, value: Any) -> str:
        if not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", value):
            raise ValueError(value)
        return str(value)

    def _selection(self, field: Field, value: Any) -> str:
        if value not in field.of.split("|"):
            raise ValueError(value)
        return str(value)

    def _integer(self, field: Field, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(value)
        return value

    def _boolean(self, field: Field, value: Any) -> bool:
        if not isinstance(value, bool):
            raise TypeError(value)
        return value

    def _float(self, field: Field, value: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(value)
        return money(value)  # prices and quantities have two decimals unless the administrator sets more

    def _date(self, field: Field, value: Any) -> str:
        return date.fromisoformat(value).isoformat()

    def _json(self, field: Field, value: Any) -> Any:
        for known, part in value.items():
            self._exists("account.analytic.account", int(known))
            self._float(field, part)
        return dict(value)

    def _many2one(self, field: Field, value: Any) -> int:
        return self._exists(field.of, self._integer(field, value))

    def _many2many(self, field: Field, value: Any) -> tuple[int, ...]:
        ((command, _, ids),) = value
        if command != 6:
            raise ValueError(value)
        return tuple(self._exists(field.of, known) for known in ids)

    def _one2many(self, field: Field, value: Any) -> tuple[Any, ...]:
        """``[5, 0, 0]`` takes away what is there, ``[0, 0, values]`` adds: given back as commands."""
        if not isinstance(value, list):
            raise TypeError(value)
        commands: list[Any] = []
        for command, _, values in value:
            if command not in {0, 5}:
                raise ValueError(value)
            commands.append(None if command == 5 else self.checked(field.of, values, new=True))
        return tuple(commands)

    def _exists(self, model: str, known: int) -> int:
        if known not in self.rows[model]:
            # The recording has no such request; this is what Odoo's own exceptions say of a record that is missing.
            message = f"Record does not exist or has been deleted.\n(Record: {model}({known},), User: 2)"
            raise Wrong(404, "odoo.exceptions.MissingError", message)
        return known

    # --- what is asked ----------------------------------------------------------------------------------------------

    def search(
        self, model: str, domain: Any = None, offset: int = 0, limit: Any = None, order: Any = None
    ) -> list[int]:
        """The ids of a domain, in order."""
        if (
            not isinstance(domain, list | None)
            or isinstance(limit, bool | str | dict | list)
            or isinstance(offset, dict)
        ):
            raise value_error(f"Domain() invalid item in domain: {domain!r}")
        found = [row for row in self.rows[model].values() if self._holds(model, row, domain or [])]
        for name, down in reversed(self._order(model, order)):
            found.sort(key=lambda row: row[name], reverse=down)
        ids = [int(row["id"]) for row in found][offset:]
        return ids if limit is None else ids[:limit]

    def _order(self, model: str, order: Any) -> list[tuple[str, bool]]:
        order = USUAL_ORDER.get(model, "id") if order is None else order
        parts = [part.split() for part in order.split(",")] if isinstance(order, str) else [[""]]
        if any(part[0] not in {**MODELS[model], **ALWAYS} or part[1:] not in ([], ["asc"], ["desc"]) for part in parts):
            raise value_error(f"Invalid order {order!r} for {model!r}")
        return [(part[0], part[1:] == ["desc"]) for part in parts]

    def _holds(self, model: str, row: Record, domain: list[Any]) -> bool:
        """All conditions hold: those that stand beside each other are meant together."""
        for condition in domain:
            if not isinstance(condition, list) or len(condition) != 3:
                raise value_error(f"Domain() invalid item in domain: {condition!r}")
            path, how, wanted = condition
            if how not in OPERATORS or not isinstance(path, str):
                raise value_error(f"Invalid operator in condition {condition!r}")
            if not OPERATORS[how](self._at(model, row, path.split(".")), self._sought(path, wanted)):
                return False
        return True

    def _sought(self, path: str, wanted: Any) -> Any:
        if path == "write_date" and isinstance(wanted, str):
            return datetime.strptime(wanted, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
        return wanted

    def _at(self, model: str, row: Record, path: list[str]) -> Any:
        """The value of a field, through links to other records (Odoo's ORM: dot notation)."""
        field = {**MODELS[model], **ALWAYS}.get(path[0])
        if field is None:
            raise value_error(f"Invalid field {model}.{path[0]} in condition")
        if len(path) == 1:
            return row[path[0]]
        linked = self.rows[field.of].get(row[path[0]])
        return self._at(field.of, linked, path[1:]) if linked else False

    def read(self, model: str, ids: list[int], fields: Any = None) -> list[Record]:
        """The records as they are told; one that does not exist is absent (11.8)."""
        known = {**MODELS[model], **ALWAYS}
        if not isinstance(fields, list | None):
            raise type_error(f"fields: {fields!r}")
        if unknown := [name for name in fields or () if name not in known]:
            raise value_error(f"Invalid field {unknown[0]!r} on {model!r}")
        asked = ["id", *(fields or known)]
        rows = [self.rows[model][one] for one in ids if one in self.rows[model]]
        return [{name: self._told(model, known[name], name, row) for name in dict.fromkeys(asked)} for row in rows]

    def _told(self, model: str, field: Field, name: str, row: Record) -> Any:
        """As Odoo tells it: money as a float, a link with its name, a moment in whole seconds, empty as ``false``."""
        value = self._name(model, row) if name == "display_name" else row[name]
        if field.kind == "float":
            return float(value)
        if field.kind == "many2one":
            return [value, self._name(field.of, self.rows[field.of][value])] if value else False
        if field.kind == "datetime":
            return datetime.fromtimestamp(int(value), UTC).strftime("%Y-%m-%d %H:%M:%S")
        return list(value) if isinstance(value, tuple) else value

    def _name(self, model: str, row: Record) -> str:
        return str(row.get("name") or f"{model},{row['id']}")


def _among(value: Any, wanted: list[Any]) -> bool:
    return any(one in wanted for one in value) if isinstance(value, tuple) else value in wanted


OPERATORS: dict[Any, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": lambda value, wanted: value is not False and value > wanted,
    ">=": lambda value, wanted: value is not False and value >= wanted,
    "<=": lambda value, wanted: value is not False and value <= wanted,
    "in": _among,
    "not in": lambda value, wanted: not _among(value, wanted),
}
