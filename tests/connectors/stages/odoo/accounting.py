"""What happens in the books: moves computed, posted and matched, payments registered (accounting-apis 11.4 to 11.7)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.connectors.stages.odoo.orm import Record, Tables, Wrong, money, user_error, validation_error

SALES = ("out_invoice", "out_refund")
PAYMENT_TERM = timedelta(days=14)
JOURNALS = (
    {"code": "INV", "name": "Sales", "type": "sale"},
    {"code": "BNK1", "name": "Bank", "type": "bank"},
    {"code": "MISC", "name": "Miscellaneous Operations", "type": "general"},
    {"code": "HLP", "name": "Helpdesk", "type": "sale"},
)
TAXES = (("21% ST", 21), ("21% ST S", 21), ("9% ST S", 9), ("0% ST", 0), ("0% ST S", 0), ("0% RC", 0))
ACCOUNTS = (
    ("110000", "Debtors", "asset_receivable"),
    ("800100", "Turnover NL trade goods 1", "income"),
    ("800200", "Turnover services", "income"),
    ("490000", "Rounding differences", "expense"),
)


class Books(Tables):
    """One company in the Netherlands with the Dutch chart (11.1), and what its bookkeeper does by hand."""

    def __init__(self, clock: Callable[[], float], rounding: str) -> None:
        super().__init__(clock)
        euro = self.put("res.currency", {"name": "EUR"})
        company = {"name": "Voorbeeld Helpdesk B.V.", "currency_id": euro, "company_registry": "12345678"}
        self.company = self.put("res.company", {**company, "tax_calculation_rounding_method": rounding})
        for code, name in (("NL", "Netherlands"), ("BE", "Belgium")):
            self.put("res.country", {"code": code, "name": name})
        self.journals = {one["code"]: self.put("account.journal", {**one, "company_id": 1}) for one in JOURNALS}
        for name, rate in TAXES:
            self._tax(name, rate)
        self._tax("21% incl.", 21, price_include=True)
        self._tax("21% purchase", 21, type_tax_use="purchase")
        for code, name, kind in ACCOUNTS:
            self.put("account.account", {"code": code, "name": name, "account_type": kind})
        self.put("account.analytic.account", {"name": "Helpdesk"})

    def _tax(self, name: str, rate: int, **more: Any) -> None:
        usual = {"amount_type": "percent", "type_tax_use": "sale", "price_include": False}
        self.put("account.tax", {"name": name, "amount": Decimal(rate), **usual, **more})

    @property
    def today(self) -> str:
        return datetime.fromtimestamp(self.clock(), UTC).date().isoformat()

    # --- records over the API ---------------------------------------------------------------------------------------

    def create(self, model: str, values: Any, context: Record) -> int:
        given = self.checked(model, values, new=True)
        if model == "account.move":
            return self._new_move(given)
        if model == "account.payment.register":
            return self._new_wizard(given, context)
        if model == "ir.attachment" and given.get("res_model") == "account.move":
            self._exists("account.move", given.get("res_id", 0))
        return self.put(model, given)

    def write(self, model: str, ids: list[int], values: Any) -> bool:
        given = self.checked(model, values, new=False)
        for known in ids:
            self._exists(model, known)
            row = self.rows[model][known]
            if model == "account.move":
                if row["state"] != "draft":
                    raise user_error("You cannot modify a posted entry of this journal.")
                given["invoice_line_ids"] = self._lines(row["invoice_line_ids"], given.get("invoice_line_ids", ()))
            row.update(given)
            if model == "account.move":
                self._compute(row)
            self.touch(model, known)
        return True

    def unlink(self, model: str, ids: list[int]) -> bool:
        """A posted move cannot be deleted (11.4)."""
        for known in ids:
            self._exists(model, known)
            if self.rows[model][known].get("state") == "posted":
                raise user_error("You cannot delete a posted journal entry.")
        for known in ids:
            del self.rows[model][known]
        return True

    # --- moves ------------------------------------------------------------------------------------------------------

    def _new_move(self, given: Record) -> int:
        lines = self._lines((), given.get("invoice_line_ids", ()))
        usual = {"move_type": "entry", "state": "draft", "currency_id": 1, "journal_id": self.journals["INV"]}
        row = {"invoice_date": False, "invoice_date_due": False, **usual, **given, "invoice_line_ids": lines}
        partner = self.rows["res.partner"].get(row.get("partner_id", 0), {})
        if partner.get("property_payment_term_id") and "invoice_payment_term_id" not in given and row["invoice_date"]:
            # Of Odoo's own documentation, not of the reference: the customer's payment term decides.
            day = datetime.fromisoformat(row["invoice_date"]) + PAYMENT_TERM
            row["invoice_date_due"] = day.date().isoformat()
        known = self.put("account.move", row)
        self._compute(self.rows["account.move"][known])
        return known

    def _lines(self, there: tuple[int, ...], commands: tuple[Any, ...]) -> tuple[int, ...]:
        """A new line without an account has that of its journal; so account_id may be left out."""
        for values in commands:
            there = () if values is None else (*there, self.put("account.move.line", values))
        return there

    def _compute(self, row: Record) -> None:
        """Amounts from the lines: each line's VAT is rounded, or that of each tax as a whole (tax_calculation_…)."""
        lines = [self.rows["account.move.line"][one] for one in row["invoice_line_ids"]]
        net, taxes = Decimal(0), defaultdict[int, Decimal](Decimal)
        for line in lines:
            subtotal = money(line["quantity"] * line["price_unit"])
            net += subtotal
            for tax in line["tax_ids"]:
                amount = subtotal * self.rows["account.tax"][tax]["amount"] / 100
                taxes[tax] += money(amount) if self._rounding == "round_per_line" else amount
        tax = sum((money(one) for one in taxes.values()), Decimal(0))
        total = net + tax
        row.update(amount_untaxed=net, amount_tax=tax, amount_total=total, amount_residual=total)
        row.update(payment_state="not_paid", date=row["invoice_date"] or self.today)

    @property
    def _rounding(self) -> str:
        return str(self.rows["res.company"][self.company]["tax_calculation_rounding_method"])

    def action_post(self, ids: list[int]) -> bool:
        """Posts; a lock date moves the date instead of refusing, and a missing name is made up (11.4, 11.7)."""
        for known in ids:
            self._exists("account.move", known)
            row = self.rows["account.move"][known]
            if row["state"] != "draft":
                raise user_error(f"The entry {row['name']} (id {known}) must be in draft.")
            if not row["invoice_line_ids"] or not row["partner_id"]:
                raise user_error("You need to add a line and a customer before posting.")
            name = row["name"] or self._next_name(row["journal_id"])
            if any(one["name"] == name for one in self._posted(row["journal_id"])):
                refusal = "The operation cannot be completed: Another entry with the same name already exists."
                raise validation_error(refusal)
            locked = self.rows["res.company"][self.company]["sale_lock_date"]
            moved = self.today if locked and row["date"] <= locked else row["date"]
            row.update(state="posted", name=name, date=moved, invoice_date=row["invoice_date"] or self.today)
            self.touch("account.move", known)
            if row["reversed_entry_id"]:
                self._match_credit(row, self.rows["account.move"][row["reversed_entry_id"]])
        return False

    def _posted(self, journal: int) -> list[Record]:
        moves = self.rows["account.move"].values()
        return [one for one in moves if one["journal_id"] == journal and one["state"] == "posted"]

    def _next_name(self, journal: int) -> str:
        """Continues the pattern of the last one in the journal (11.4)."""
        names = [str(one["name"]) for one in self._posted(journal)]
        last = names[-1] if names else "INV/2026/00000"
        return re.sub(r"\d+$", lambda digits: str(int(digits[0]) + 1).zfill(len(digits[0])), last)

    def _match_credit(self, note: Record, invoice: Record) -> None:
        """An open invoice is matched at once; on a paid one the note stays open (11.5)."""
        amount = min(note["amount_residual"], invoice["amount_residual"])
        if invoice["state"] == "posted" and amount:
            self._settle(invoice, amount, "reversed")
            self._settle(note, amount)

    def _settle(self, row: Record, amount: Decimal, whole: str = "paid") -> None:
        row["amount_residual"] -= amount
        left = row["amount_residual"]
        row["payment_state"] = "not_paid" if left == row["amount_total"] else "partial" if left else whole
        self.touch("account.move", row["id"])

    # --- payments ---------------------------------------------------------------------------------------------------

    def _new_wizard(self, given: Record, context: Record) -> int:
        moves = [self.rows["account.move"].get(one) for one in context.get("active_ids", ())]
        if context.get("active_model") != "account.move" or not moves or None in moves:
            raise user_error("The register payment wizard should only be called on account.move records.")
        if any(one is None or one["state"] != "posted" or not one["amount_residual"] for one in moves):
            raise user_error("You can't register a payment because there is nothing left to pay.")
        if given.get("journal_id") and self.rows["account.journal"][given["journal_id"]]["type"] not in (
            "bank",
            "cash",
        ):
            raise user_error("A payment needs a bank or cash journal.")
        usual = {"journal_id": self.journals["BNK1"], "payment_date": self.today, "communication": moves[0]["name"]}
        amount = sum((one["amount_residual"] for one in moves), Decimal(0))
        return self.put("account.payment.register", {"amount": amount, **usual, **given})

    def action_create_payments(self, ids: list[int], context: Record) -> Record:
        if len(ids) != 1:
            raise Wrong(500, "builtins.ValueError", f"Expected singleton: account.payment.register{tuple(ids)}")
        wizard = self.rows["account.payment.register"][self._exists("account.payment.register", ids[0])]
        moves = [self._exists("account.move", one) for one in context.get("active_ids", ())]
        if context.get("active_model") != "account.move" or not moves:
            raise user_error("The register payment wizard should only be called on account.move records.")
        made = self.pay(moves, wizard["amount"], wizard["payment_date"], wizard["communication"])
        shown = {"name": "Payments", "type": "ir.actions.act_window", "res_model": "account.payment"}
        return {**shown, "context": {"create": False}, "view_mode": "form", "res_id": made}

    def pay(self, moves: list[int], amount: Decimal, on: str, memo: str, state: str = "paid") -> int:
        """A payment, matched to these documents as far as it goes."""
        rows = [self.rows["account.move"][one] for one in moves]
        out = bool(rows) and rows[0]["move_type"] == "out_refund"
        values = {
            "amount": money(amount),
            "date": on,
            "memo": memo,
            "state": state,
            "payment_type": "outbound" if out else "inbound",
            "partner_type": "customer",
            "partner_id": rows[0]["partner_id"] if rows else False,
            "journal_id": self.journals["BNK1"],
            "currency_id": 1,
        }
        made = self.put("account.payment", values)
        payment = self.rows["account.payment"][made]
        payment["name"], payment["matched"] = f"PBNK1/2026/{made:05}", {}
        for row in rows:
            self.match(made, row["id"])
        return made

    def match(self, made: int, move: int) -> None:
        """As much of the payment as is left settles this document."""
        payment, row = self.rows["account.payment"][made], self.rows["account.move"][move]
        part = min(payment["amount"] - sum(payment["matched"].values(), Decimal(0)), row["amount_residual"])
        payment["matched"][move] = part
        payment["reconciled_invoice_ids"] = tuple(payment["matched"])
        row["matched_payment_ids"] = (made, *row["matched_payment_ids"])  # the newest first, as recorded
        self._settle(row, part)
        self.touch("account.payment", made)

    def cancel_payment(self, made: int) -> None:
        """The match is undone, and the payment cancelled."""
        payment = self.rows["account.payment"].get(made)
        if payment is None:
            raise Wrong(404, "odoo.exceptions.MissingError", "Record does not exist or has been deleted.")
        for move, part in payment["matched"].items():
            row = self.rows["account.move"][move]
            row["matched_payment_ids"] = tuple(one for one in row["matched_payment_ids"] if one != made)
            self._settle(row, -part)
        payment.update(state="canceled", reconciled_invoice_ids=(), matched={})
        self.touch("account.payment", made)
