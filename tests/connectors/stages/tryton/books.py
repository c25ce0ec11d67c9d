"""A company's books in Tryton: what may be written, posting, paying, reconciling (accounting-apis 12.3 to 12.6)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from tests.connectors.stages.tryton.records import MODELS, Broken, NeedsConfirmation, Record, Records, UserError

CENT = Decimal("0.01")


class Books(Records):
    """One company, its chart of accounts, taxes, journals and payment methods, as the real template has them."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._clock, self._ticks = clock, 0
        self.confirmed: set[str] = set()
        self._numbers = 0
        self._reconciliations = 0
        self._computed()
        party = self.add("party.party", code="1", name="Voorbeeld Helpdesk B.V.")
        self.add("party.address", party=party)
        self.add("country.country", code="NL", name="Netherlands")
        self.add("company.company", party=party, currency=self.add("currency.currency", code="EUR"))
        revenue, receivable, other = (
            self.add("account.account.type", revenue=name == "revenue", receivable=name == "receivable")
            for name in ("revenue", "receivable", "other")
        )
        self.receivable = self._account("1.2.1", "Receivable", receivable)
        self._account("4.1.1", "Goods", revenue)
        self._account("4.1.2", "Services", revenue)
        vat = self._account("6.3.6", "Taxes", other)
        self.add("account.configuration", default_account_receivable=self.receivable)
        for name, rate in {"Btw 21%": "0.21", "Btw 9%": "0.09", "Btw 0%": "0"}.items():
            texts = {"name": name, "description": name, "legal_notice": None}
            accounts = {"invoice_account": vat, "credit_note_account": vat}
            self.add("account.tax", type="percentage", rate=Decimal(rate), company=1, **texts, **accounts)
        for code, kind in (("REV", "revenue"), ("EXP", "expense"), ("CASH", "cash"), ("STA", "statement")):
            self.add("account.journal", code=code, name=code.title(), type=kind)
        self.add("account.invoice.payment.method", name="Bank", company=1, journal=3)

    def _account(self, code: str, name: str, kind: int) -> int:
        return self.add("account.account", code=code, name=name, company=1, closed=False, type=kind)

    def now(self) -> datetime:
        """A new instant for every change, as a clock of microseconds gives."""
        self._ticks += 1
        return self._clock().replace(tzinfo=None) + timedelta(microseconds=self._ticks)

    # --- what is written --------------------------------------------------------------------------------------------

    def create(self, model: str, values: Any, inside: str = "") -> int:
        """A new record with its inner ones; refuses unknown, missing, unfit and unknown values by the field's name."""
        given, inner = self._checked(model, values, new=True, inside=inside)
        if model == "party.party":
            self._check_code(given)
        key = self.add(model, **{"create_date": self.now(), "last_modified_at": self.now(), **given})
        for field, commands in inner.items():
            self._inner(model, key, field, commands)
        self._changed(model, key)
        return key

    def write(self, model: str, keys: Any, values: Any) -> None:
        for key in self.known(model, keys):
            given, inner = self._checked(model, values, new=False, key=key)
            self.all[model][key].update(given, last_modified_at=self.now())
            for field, commands in inner.items():
                self._inner(model, key, field, commands)
            self._changed(model, key)

    def delete(self, model: str, keys: Any) -> None:
        for key in self.known(model, keys):
            if model == "account.invoice" and self.all[model][key]["state"] != "draft":
                raise UserError(
                    f'You cannot modify invoice "{self.name(key)}" because it is posted, paid or cancelled.'
                )
            del self.all[model][key]
            pointing = f"{model},{key}"
            kept = {one: row for one, row in self.all["ir.attachment"].items() if row["resource"] != pointing}
            self.all["ir.attachment"] = kept

    def known(self, model: str, keys: Any) -> list[int]:
        if not isinstance(keys, list) or not keys or not all(type(key) is int for key in keys):
            raise Broken(f"invalid ids: {keys!r}")
        if missing := [key for key in keys if key not in self.all[model]]:
            said = f'You are trying to read records "{missing[0]}" of "{MODELS[model][0]}" that don\'t exist.'
            raise UserError(said)
        return keys

    def _check_code(self, given: Record) -> None:
        if any(one["code"] == given["code"] for one in self.all["party.party"].values()):
            raise UserError("The code on party must be unique.")

    def _inner(self, model: str, key: int, field: str, commands: Any) -> None:
        """Commands on what belongs to a record: create, write, delete, add (12.4)."""
        kind = self.kind(model, field)
        target = self.target(model, field)
        inverse = kind.rstrip("!").rpartition(".")[2]
        if not isinstance(commands, list):
            raise Broken(f"{field}: {commands!r}")
        for command, *rest in commands:
            if command == "create" and kind.startswith("*") and isinstance(rest[0], list):
                for values in rest[0]:
                    self.all[target][self.create(target, values, inside=inverse)][inverse] = key
            elif command == "write" and kind.startswith("*"):
                self.write(target, rest[0], rest[1])
            elif command == "delete" and kind.startswith("*"):
                self.delete(target, rest[0] or [])
            elif command == "add" and kind.startswith("~"):
                for one in rest[0]:
                    if one not in self.all[target]:
                        raise self._unfit(one, model, field)
                self.all[model][key].setdefault(field, []).extend(rest[0])
            else:
                raise Broken(f"{field}: {command!r}")

    def _checked(
        self, model: str, values: Any, *, new: bool, inside: str = "", key: int | None = None
    ) -> tuple[Record, Record]:
        if not isinstance(values, dict):
            raise Broken(f"{values!r}")
        given: Record = {}
        inner: Record = {}
        for field, value in values.items():
            kind = self.kind(model, field)
            if kind.startswith("=") or field == inside:
                raise UserError(f'You are not allowed to modify the field "{_title(field)}" of "{MODELS[model][0]}".')
            if kind.startswith(("*", "~")):
                inner[field] = value
            else:
                given[field] = self._fit(model, field, kind, value)
        if new:
            for field, kind in MODELS[model][1].items():
                if kind.split("!")[0] != kind and values.get(field) is None:
                    said = f'A value is required for field "{_title(field)}" in record "x"'
                    raise UserError(f'{said} of "{MODELS[model][0]}".')
        elif model == "account.invoice":
            self._check_locked(self.all[model][key or 0], values)
        elif model == "party.party" and "code" in values:
            name = self.all[model][key or 0]["name"]
            raise UserError(f'You are not allowed to modify the field "Code" in record "{name}" of "Party".')
        return given, inner

    def _check_locked(self, invoice: Record, values: Record) -> None:
        locked = values.keys() - {"payment_lines"}
        if invoice["state"] != "draft" and locked:
            field = _title(min(locked))
            said = f'You are not allowed to modify the field "{field}" in record "{self.name(invoice["id"])}" of'
            raise UserError(f'{said} "Account Invoice".')

    def _fit(self, model: str, field: str, kind: str, value: Any) -> Any:
        plain, _, more = kind.replace("?", "!").partition("!")
        if value is None and "!" not in kind:
            return None
        if plain in MODELS:
            if type(value) is not int:
                raise Broken(f"invalid literal for int() with base 10: {value!r}")
            if value not in self.all[plain] or not self._allowed(model, field, value):
                raise self._unfit(value, model, field)
            return value
        if plain == "word":
            if value not in more.split():
                said = f'The value "{value}" for field "{_title(field)}" in record "x" of "{MODELS[model][0]}"'
                raise UserError(f"{said} is not one of the allowed options.")
            return value
        types: dict[str, tuple[type, ...]] = {
            "char": (str,),
            "flag": (bool,),
            "float": (float, int),
            "decimal": (Decimal,),
            "date": (date,),
            "bytes": (bytes,),
        }
        if not isinstance(value, types[plain]):
            raise Broken(f"{field}: {value!r}")
        if plain == "decimal" and more and -value.as_tuple().exponent > int(more):
            said = f'The number of digits in the value "\'{value}\'" for field "{_title(field)}" in record "x"'
            raise UserError(f'{said} of "{MODELS[model][0]}" exceeds the limit of "(None, {more})".')
        return value

    def _allowed(self, model: str, field: str, key: int) -> bool:
        """The conditions that a reference must meet besides being there."""
        if (model, field) == ("account.invoice", "journal"):
            return bool(self.all["account.journal"][key]["type"] == "revenue")
        if field == "account" and model in {"account.invoice", "account.invoice.line"}:
            wanted = "receivable" if model == "account.invoice" else "revenue"
            return bool(self.along("account.account", self.all["account.account"][key], f"type.{wanted}"))
        return True

    def _unfit(self, value: Any, model: str, field: str) -> UserError:
        said = f'The value "{value}" for field "{_title(field)}" in record "x" of "{MODELS[model][0]}"'
        return UserError(f"{said} is not valid according to its domain.")

    def _changed(self, model: str, key: int) -> None:
        """What follows from a change of a draft: its taxes are computed anew where the base is another (12.4)."""
        record = self.all[model][key]
        if model != "account.invoice" or record.setdefault("state", "draft") != "draft":
            return
        if self.all["party.address"][record["invoice_address"]]["party"] != record["party"]:
            raise self._unfit(record["invoice_address"], model, "invoice_address")
        computed: dict[tuple[int, bool], Decimal] = defaultdict(Decimal)
        for line in self.inner(record, "lines"):
            for tax in line["taxes"]:
                computed[tax, self.amount(line) >= 0] += self.amount(line)
        for tax in self.inner(record, "taxes"):
            if computed.get((tax["tax"], tax["base"] >= 0)) == tax["base"]:
                del computed[tax["tax"], tax["base"] >= 0]
            else:
                del self.all["account.invoice.tax"][tax["id"]]
        for (tax, _), base in computed.items():
            amount = _rounded(base * self.all["account.tax"][tax]["rate"])
            self.add("account.invoice.tax", invoice=key, tax=tax, base=base, amount=amount)

    def inner(self, record: Record, field: str, model: str = "account.invoice") -> list[Record]:
        return [self.all[self.target(model, field)][key] for key in self.value(model, record, field)]

    def amount(self, line: Record) -> Decimal:
        """Tryton rounds half to even."""
        return _rounded(Decimal(str(line["quantity"])) * line["unit_price"])

    def name(self, key: int) -> str:
        invoice = self.all["account.invoice"][key]
        return f"{invoice.get('number') or ''} [{invoice.get('reference')}]".strip()

    # --- computed fields --------------------------------------------------------------------------------------------

    def _computed(self) -> None:
        invoice: dict[str, Callable[[Record], Any]] = {
            "number": lambda one: one.get("number"),
            "state": lambda one: one["state"],
            "create_date": lambda one: one["create_date"],
            "last_modified_at": lambda one: one["last_modified_at"],
            "untaxed_amount": lambda one: sum((self.amount(line) for line in self.inner(one, "lines")), Decimal(0)),
            "tax_amount": lambda one: sum((tax["amount"] for tax in self.inner(one, "taxes")), Decimal(0)),
            "total_amount": lambda one: self.total(one),
            "amount_to_pay": lambda one: self.to_pay(one),
            "origin_invoices": lambda one: self._origins(one),
            "lines_to_pay": lambda one: [line["id"] for line in self._claims(one)],
            "reconciliation_lines": lambda one: [line["id"] for line in self._settling(one)],
            "additional_moves": lambda one: [],
        }
        line: dict[str, Callable[[Record], Any]] = {
            "date": lambda one: self.all["account.move"][one["move"]]["date"],
            "description_used": lambda one: one.get("description"),
            "move_description_used": lambda one: self.all["account.move"][one["move"]]["description"],
            "invoice_payment": lambda one: self.paid_by(one["id"]),
        }
        for model, fields in {"account.invoice": invoice, "account.move.line": line}.items():
            self.computed.update({(model, name): compute for name, compute in fields.items()})

    def total(self, invoice: Record) -> Decimal:
        value: Decimal = self.value("account.invoice", invoice, "untaxed_amount")
        return value + Decimal(self.value("account.invoice", invoice, "tax_amount"))

    def to_pay(self, invoice: Record) -> Decimal:
        if invoice["state"] != "posted":
            return Decimal(0)
        lines = [*self._claims(invoice), *self.inner(invoice, "payment_lines")]
        return sum((balance(line) for line in lines if not line["reconciliation"]), Decimal(0))

    def paid_by(self, line: int) -> int | None:
        paying = [one["id"] for one in self.all["account.invoice"].values() if line in one.get("payment_lines", [])]
        return paying[0] if paying else None

    def _origins(self, invoice: Record) -> list[int]:
        lines = [(line.get("origin") or "").rpartition(",")[2] for line in self.inner(invoice, "lines")]
        there = self.all["account.invoice.line"]
        return sorted({there[int(line)]["invoice"] for line in lines if line and int(line) in there})

    def _claims(self, invoice: Record) -> list[Record]:
        return [one for one in self.all["account.move.line"].values() if one["move"] == invoice.get("move")]

    def _settling(self, invoice: Record) -> list[Record]:
        groups = {line["reconciliation"] for line in self._claims(invoice)} - {None}
        lines = self.all["account.move.line"].values()
        return [one for one in lines if one["reconciliation"] in groups and one["move"] != invoice["move"]]

    # --- posting, paying, reconciling -------------------------------------------------------------------------------

    def post(self, keys: Any) -> None:
        for key in keys:
            invoice = self.all["account.invoice"].get(key)
            if invoice is None or invoice["state"] != "draft":
                name = self.name(key) if invoice else str(key)
                raise UserError(f'You can not call "post" on "{name}" of "Account Invoice".')
            self._check_date(invoice)
            due = invoice["payment_term_date"]
            if due and due < self._clock().date():
                said = f'The invoice "{self.name(key)}" generates a payment date "{due:%m/%d/%Y}" in the past.'
                self._warn("invoice_payment_term", key, said)
            self._numbers += 1
            total, day = self.total(invoice), invoice["invoice_date"]
            invoice.update(number=str(self._numbers), state="posted", last_modified_at=self.now())
            invoice["move"] = self.move(1, day, origin=f"account.invoice,{key}")
            self.line(invoice["move"], invoice["party"], -total, maturity_date=due, description=invoice["description"])

    def _check_date(self, invoice: Record) -> None:
        day = invoice["invoice_date"] or self._clock().date()
        if day.year != 2026:
            raise UserError(f'To continue, you must create a period for the date "{day:%m/%d/%Y}" and company "x".')
        later = [
            one
            for one in self.all["account.invoice"].values()
            if one.get("number") and (one["invoice_date"] or day) > day and self._kind(one) == self._kind(invoice)
        ]
        if later:
            said = f'To number the invoice "{self.name(invoice["id"])}", you must set an invoice date after'
            used = f'has already been used for invoice "{self.name(later[0]["id"])}"'
            raise UserError(f'{said} "{day:%m/%d/%Y}" because the sequence "2026" {used}.')

    def _kind(self, invoice: Record) -> bool:
        return self.total(invoice) < 0

    def _warn(self, name: str, key: int, said: str) -> None:
        digest = hashlib.md5(f"account.invoice,{key}".encode(), usedforsecurity=False).hexdigest()
        if f"{digest}.{name}" not in self.confirmed:
            raise NeedsConfirmation(f"{digest}.{name}", said)
        self.confirmed.discard(f"{digest}.{name}")

    def move(self, journal: int, day: date, origin: str | None = None, description: str | None = None) -> int:
        values = {"journal": journal, "date": day, "origin": origin, "description": description}
        return self.add("account.move", company=1, state="posted", last_modified_at=self.now(), **values)

    def line(self, move: int, party: int | None, credit: Decimal, **more: Any) -> Record:
        amounts = {"credit": max(credit, Decimal(0)), "debit": max(-credit, Decimal(0))}
        values = {"maturity_date": None, "origin": None, "description": None, "reconciliation": None, **more}
        key = self.add("account.move.line", move=move, account=self.receivable, party=party, **amounts, **values)
        return self.all["account.move.line"][key]

    def settle(self, invoice: Record, paid: Record) -> None:
        """A payment of an invoice; with it nothing may be left, and then all of it is reconciled."""
        self.write("account.invoice", [invoice["id"]], {"payment_lines": [["add", [paid["id"]]]]})
        open_lines = [*self._claims(invoice), *self.inner(invoice, "payment_lines")]
        open_lines = [line for line in open_lines if not line["reconciliation"]]
        if not sum(map(balance, open_lines)):
            self.reconcile(open_lines)

    def reconcile(self, lines: Iterable[Record]) -> None:
        group = list(lines)
        if any(line["reconciliation"] for line in group):
            raise UserError('You cannot reconcile already reconciled line "x".')
        self._reconciliations += 1
        for line in group:
            line["reconciliation"] = self._reconciliations
        self._states()

    def unreconcile(self, group: int) -> None:
        for line in self.all["account.move.line"].values():
            line["reconciliation"] = None if line["reconciliation"] == group else line["reconciliation"]
        self._states()

    def _states(self) -> None:
        """An invoice is paid when its claims are reconciled; what then pays nothing of it is no payment of it."""
        for invoice in self.all["account.invoice"].values():
            claims = self._claims(invoice) if invoice.get("move") else []
            state = "paid" if claims and all(line["reconciliation"] for line in claims) else "posted"
            if claims and state != invoice["state"]:
                invoice.update(state=state, last_modified_at=self.now())
            if state == "paid":
                groups = {line["reconciliation"] for line in claims}
                kept = [line["id"] for line in self.inner(invoice, "payment_lines") if line["reconciliation"] in groups]
                invoice["payment_lines"] = kept


def balance(line: Record) -> Decimal:
    return Decimal(line["debit"] - line["credit"])


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_EVEN)


def _title(field: str) -> str:
    return field.replace("_", " ").title()
