"""What stands in the administration: contacts, external sales invoices with their payments, and the lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from tests.connectors.stages.moneybird.forms import (
    DETAIL,
    NEEDS,
    Record,
    bad,
    day,
    filled,
    invalid,
    not_found,
    number,
)

ADMINISTRATION: Final = "458026356994737217"
FIRST_ID: Final = 496_081_458_207_654_972  # larger than 2^53 (2.2)


def _rate(known: int, name: str, percentage: str, kind: str = "sales_invoice", **more: Any) -> Record:
    return {
        "id": str(known),
        "administration_id": ADMINISTRATION,
        "name": name,
        "percentage": percentage,
        "tax_rate_type": kind,
        "show_tax": True,
        "active": True,
        "country": None,
        **more,
    }


def _account(known: int, name: str, number_: str | None, *allowed: str, active: bool = True) -> Record:
    return {
        "id": str(known),
        "administration_id": ADMINISTRATION,
        "name": name,
        "account_type": "revenue",
        "account_id": number_,
        "parent_id": None,
        "active": active,
        "allowed_document_types": list(allowed),
        "financial_account_id": None,
    }


TAX_RATES: Final = [
    _rate(496081347565061258, "21% btw", "21.0"),
    _rate(496081347576595595, "9% btw", "9.0"),
    _rate(496081347578692748, "0% btw", "0.0"),
    _rate(496081347578692749, "Btw verlegd", "0.0", show_tax=False),
    _rate(496081347578692750, "19% btw", "19.0", active=False),
    _rate(496081347578692751, "21% btw (DE)", "19.0", country="DE"),
    _rate(496081347580789901, "21% btw", "21.0", "purchase_invoice"),
]
LEDGER_ACCOUNTS: Final = [
    _account(496081347348006005, "Algemene kosten", "46801.01", "purchase_invoice", "financial_mutation"),
    _account(496081347348006010, "Omzet helpdesk", "80011", "sales_invoice", "general_journal_document"),
    _account(496081347348006011, "Omzet import", None, "sales_invoice"),
    _account(496081347348006012, "Oude omzet", "80090", "sales_invoice", active=False),
    _account(496081347348006013, "Afrondingsverschillen", "49900", "sales_invoice", "purchase_invoice"),
]
PROJECTS: Final = [
    {"id": "496081425802462402", "name": "Helpdesk", "state": "active", "budget": None},
    {"id": "496081425746887870", "name": "Oud project", "state": "archived", "budget": 10},
]
FINANCIAL_ACCOUNTS: Final = [
    {
        "id": "496081479081657829",
        "administration_id": ADMINISTRATION,
        "type": "BankAccount",
        "name": "Zakelijke rekening",
        "identifier": "NL91ABNA0417164300",
        "currency": "EUR",
        "provider": None,
        "moneybird_account": False,
        "active": True,
    }
]
EMPTY: Final = ("firstname", "lastname", "address2", "phone", "bank_account", "send_invoices_to_attention")


class Books:
    """``clock`` gives seconds. ``per_line`` rounds VAT line by line, else once for each rate: neither is documented."""

    def __init__(self, clock: Callable[[], float], *, per_line: bool) -> None:
        self._clock, self._per_line = clock, per_line
        self.contacts: dict[str, Record] = {}
        self.invoices: dict[str, Record] = {}
        self._ids = FIRST_ID

    def new_id(self) -> str:
        self._ids += 7_919
        return str(self._ids)

    def today(self) -> date:
        return datetime.fromtimestamp(self._clock(), UTC).date()

    def _touched(self, record: Record) -> None:
        """``updated_at`` and the version, which equals its whole seconds in every example of [M1]."""
        moment = datetime.fromtimestamp(self._clock(), UTC)
        record["updated_at"] = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record["version"] = int(self._clock())

    # --- contacts (2.3) ---------------------------------------------------------------------------------------------

    def put_contact(self, given: Record, known: str | None = None) -> Record:
        there = self.contacts.get(known or "", {})
        contact = {**dict.fromkeys(EMPTY, ""), "country": "NL", **there, **given}
        if not any(contact.get(name) for name in ("company_name", "firstname", "lastname")):
            raise invalid(firstname="is required", lastname="is required", company_name="is required")
        code = contact.get("customer_id") or str(len(self.contacts) + 1)
        if any(one["customer_id"] == code for one in self.contacts.values() if one["id"] != known):
            raise invalid(customer_id="has already been taken")  # that it is unique: 2.3; the wording is a guess
        for name in ("company_name", "address1", "zipcode", "city", "tax_number", "chamber_of_commerce"):
            contact.setdefault(name, "")
        contact.setdefault("send_invoices_to_email", "")
        contact |= {"id": known or self.new_id(), "administration_id": ADMINISTRATION, "customer_id": code}
        contact |= {"delivery_method": "Email", "archived": False, "notes": [], "custom_fields": []}
        self._touched(contact)
        self.contacts[contact["id"]] = contact
        return contact

    # --- external sales invoices (2.4, 2.5) -------------------------------------------------------------------------

    def create(self, given: Record) -> Record:
        """There is no draft: it counts at once. A number that stands there already is taken again (2.7)."""
        if str(given.get("contact_id")) not in self.contacts:
            raise bad("Contact ID is invalid", external_sales_invoice={"contact_id": "contact_invalid"})
        if not given.get("reference", "").strip():
            raise invalid(reference="can't be blank")
        known = self.new_id()
        invoice: Record = {"id": known, "administration_id": ADMINISTRATION, "currency": "EUR", "source": None}
        invoice |= {"date": self.today().isoformat(), "due_date": None, "source_url": None, "paid_at": None}
        invoice |= {"prices_are_incl_tax": False, "entry_number": len(self.invoices) + 1, "origin": "api"}
        invoice |= {"details": [], "payments": [], "attachments": [], "notes": [], "events": []}
        invoice |= {"marked_dubious_on": None, "marked_uncollectible_on": None}
        self._fill(invoice, given)
        self.invoices[known] = invoice
        return invoice

    def update(self, known: str, given: Record) -> Record:
        invoice = self.invoice(known)
        if "contact_id" in given and str(given["contact_id"]) not in self.contacts:
            raise bad("Contact ID is invalid", external_sales_invoice={"contact_id": "contact_invalid"})
        if not given.get("reference", invoice["reference"]).strip():
            raise invalid(reference="can't be blank")
        self._fill(invoice, given)
        return invoice

    def _fill(self, invoice: Record, given: Record) -> None:
        """All or nothing: what can be refused comes first."""
        days = {name: day(given[name], name) for name in ("date", "due_date") if name in given}
        lines = self._lines(invoice["details"], given.get("details_attributes", []))
        if not lines:
            raise invalid(details="can't be blank")
        plain = ("reference", "currency", "source", "source_url")
        invoice |= {name: given[name] for name in plain if name in given} | days
        if "contact_id" in given:
            invoice["contact_id"] = str(given["contact_id"])
            invoice["contact"] = dict(self.contacts[invoice["contact_id"]])
        if "prices_are_incl_tax" in given:
            invoice["prices_are_incl_tax"] = str(given["prices_are_incl_tax"]).lower() == "true"
        invoice["details"] = lines
        self._compute(invoice)
        self._settle(invoice)

    def _lines(self, there: list[Record], given: list[Any]) -> list[Record]:
        """Lines that stand there are named by their id, to change or (``_destroy``) to go; others are new."""
        lines = {one["id"]: one for one in there}
        for value in given:
            one = filled(DETAIL, value, "details")
            known = one.pop("id", None)
            if known is not None and str(known) not in lines:
                raise not_found("details")
            if known is None and "_destroy" in one:
                raise bad("ID is required", details={"id": "required"})
            if str(one.pop("_destroy", False)).lower() == "true":
                del lines[str(known)]
                continue
            known = str(known or self.new_id())
            lines[known] = self._line({**lines.get(known, {}), **one, "id": known}, len(lines))
        return sorted(lines.values(), key=lambda one: int(one["row_order"]))

    def _line(self, line: Record, place: int) -> Record:
        listed = {
            "tax_rate_id": [one["id"] for one in TAX_RATES if one["tax_rate_type"] == "sales_invoice"],
            "ledger_account_id": [
                one["id"] for one in LEDGER_ACCOUNTS if "sales_invoice" in one["allowed_document_types"]
            ],
            "project_id": [one["id"] for one in PROJECTS],
        }
        for name, ids in listed.items():
            line.setdefault(name, None if name == "project_id" else ids[0])
            if line[name] is not None and str(line[name]) not in ids:
                raise invalid(**{f"details__{name}": "is not found"})
        if not str(line.get("description", "")).strip():
            raise invalid(details__description="can't be blank")
        if "price" not in line:
            raise invalid(details__price="can't be blank")
        try:
            count = number(line.get("amount", 1))
        except ArithmeticError:
            raise invalid(details__amount="is not a number") from None
        line["price"] = told(_cents(number(line["price"])))  # the contract gives prices of at most two decimals back
        line["amount_decimal"] = told(count)
        line["row_order"] = int(line.get("row_order", place))
        return line

    def _compute(self, invoice: Record) -> None:
        """It computes the VAT itself; nothing in a body can say otherwise (2.4). Rates of 0 % are not told [M1]."""
        rates = {one["id"]: Decimal(one["percentage"]) for one in TAX_RATES}
        net: dict[str, Decimal] = defaultdict(Decimal)
        tax: dict[str, Decimal] = defaultdict(Decimal)
        for line in invoice["details"]:
            rate = str(line["tax_rate_id"])
            whole = 100 + (rates[rate] if invoice["prices_are_incl_tax"] else 0)
            line["total"] = _cents(number(line["amount_decimal"]) * number(line["price"]) * 100 / whole)
            line["total_price_excl_tax_with_discount"] = told(line["total"])
            net[rate] += line["total"]
            tax[rate] += _cents(line["total"] * rates[rate] / 100)
        if not self._per_line:
            tax = defaultdict(Decimal, {rate: _cents(taxable * rates[rate] / 100) for rate, taxable in net.items()})
        invoice["tax_totals"] = [
            {"tax_rate_id": rate, "taxable_amount": told(net[rate]), "tax_amount": told(tax[rate])}
            for rate in net
            if rates[rate]
        ]
        excluding = sum(net.values(), Decimal())
        invoice["total_price_excl_tax"] = told(excluding)
        invoice["total_price_incl_tax"] = told(excluding + sum(tax.values(), Decimal()))

    def _settle(self, invoice: Record) -> None:
        """What is paid, what is open, and the state that follows."""
        paid = sum((number(one["price"]) for one in invoice["payments"]), Decimal())
        unpaid = number(invoice["total_price_incl_tax"]) - paid
        late = invoice["due_date"] is not None and invoice["due_date"] < self.today().isoformat()
        invoice["state"] = ("late" if late else "open") if unpaid else "paid"
        invoice["paid_at"] = None if unpaid else max((one["payment_date"] for one in invoice["payments"]), default=None)
        invoice["total_paid"], invoice["total_unpaid"] = told(paid), told(unpaid)
        self._touched(invoice)

    def invoice(self, known: str) -> Record:
        if known not in self.invoices:
            raise not_found()
        return self.invoices[known]

    def attach(self, known: str, name: str, kind: str, content: bytes) -> None:
        """A file of the same name is simply there twice."""
        file = {"id": self.new_id(), "filename": name, "content_type": kind, "size": len(content), "content": content}
        self.invoice(known)["attachments"].append(file)
        self._touched(self.invoices[known])

    # --- payments (2.6) ---------------------------------------------------------------------------------------------

    def pay(self, known: str, given: Record) -> Record:
        """That it refuses more than is open is not documented, so it does not."""
        if known not in self.invoices:
            raise not_found("invoice_id")
        if missing := [name for name in ("payment_date", "price") if given.get(name) is None]:
            raise invalid(**dict.fromkeys(missing, "can't be blank"))
        action = given.get("manual_payment_action")
        needed = NEEDS.get(action or "payment_without_proof", "manual_payment_action")
        if needed is not None and needed not in given:
            raise invalid(**{needed: "can't be blank"})
        account = given.get("financial_account_id")
        if account is not None and str(account) not in {one["id"] for one in FINANCIAL_ACCOUNTS}:
            raise invalid(financial_account_id="is not found")
        invoice = self.invoices[known]
        payment = {"id": self.new_id(), "administration_id": ADMINISTRATION, "invoice_type": "ExternalSalesInvoice"}
        payment |= {"invoice_id": known, "credit_invoice_id": None, "financial_mutation_id": None}
        payment |= {"financial_account_id": account, "manual_payment_action": action}
        payment |= {"transaction_identifier": given.get("transaction_identifier")}
        payment |= {"price": told(number(given["price"])), "payment_date": day(given["payment_date"], "payment_date")}
        invoice["payments"].append(payment)
        self._settle(invoice)
        return payment

    def unpay(self, known: str, payment: str) -> None:
        """A payment that is deleted stands there no more; nothing else tells of it."""
        invoice = self.invoice(known)
        if payment not in {one["id"] for one in invoice["payments"]}:
            raise not_found()
        invoice["payments"] = [one for one in invoice["payments"] if one["id"] != payment]
        self._settle(invoice)

    def delete(self, known: str) -> None:
        del self.invoices[self.invoice(known)["id"]]


def told(amount: Decimal) -> str:
    """An amount as Moneybird writes it: "121.0", "12.71", "-363.0" [M1]."""
    shown = f"{amount:f}"
    shown = shown.rstrip("0") if "." in shown else shown + "."
    return shown + "0" if shown.endswith(".") else shown


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
