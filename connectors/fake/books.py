"""The books of the fake: customers, documents and payments, and the rules under which it takes them in."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from connectors.base import Vat, cents
from connectors.fake.forms import ATTACHMENT, CUSTOMER, DOCUMENT, PAYMENT, VAT, Form, Problem, filled, many
from connectors.fake.profiles import Dials

Record = dict[str, Any]
FIRST_ID: Final = 2**53 + 1  # as large as Moneybird's: whoever reads ids as numbers loses digits
MOST_TAX_OFF: Final = Decimal("1.00")

LISTS: Final[dict[str, list[Record]]] = {
    "vat_codes": [
        {"id": "vat-21", "code": "21", "name": "Btw 21%", "active": True, "rate": "21.00", "category": "S"},
        {"id": "vat-9", "code": "9", "name": "Btw 9%", "active": True, "rate": "9.00", "category": "S"},
        {"id": "vat-0", "code": "0", "name": "Btw 0%", "active": True, "rate": "0.00", "category": "Z"},
        {"id": "vat-e", "code": "E", "name": "Vrijgesteld", "active": True, "rate": "0.00", "category": "E"},
        {"id": "vat-ae", "code": "V", "name": "Verlegd", "active": True, "rate": "0.00", "category": "AE"},
        {"id": "vat-o", "code": "O", "name": "Buiten de btw", "active": True, "rate": "0.00", "category": "O"},
        {"id": "vat-19", "code": "19", "name": "Btw 19%", "active": False, "rate": "19.00", "category": "S"},
    ],
    "ledger_accounts": [
        {"id": "gl-8000", "code": "8000", "name": "Omzet helpdesk", "active": True},
        {"id": "gl-8100", "code": "8100", "name": "Omzet import", "active": True},
        {"id": "gl-4990", "code": "4990", "name": "Afrondingsverschillen", "active": True},
    ],
    "journals": [{"id": "jr-70", "code": "70", "name": "Verkoop", "active": True}],
    "cost_centres": [{"id": "cc-1", "code": "KP1", "name": "Helpdesk", "active": True}],
    "payment_methods": [{"id": "pm-bank", "code": "20", "name": "Bank", "active": True}],
}


class Books:
    """Everything that stands there. ``clock`` gives seconds."""

    def __init__(self, dials: Dials, clock: Callable[[], float]) -> None:
        self.dials, self._clock = dials, clock
        self.lists = {name: [dict(entry) for entry in entries] for name, entries in LISTS.items()}
        self.lists["cost_centres"] = self.lists["cost_centres"] if dials.cost_centres else []
        self.customers: dict[str, Record] = {}
        self.documents: dict[str, Record] = {}
        self.payments: list[Record] = []
        self._ids = FIRST_ID

    def new_id(self) -> str:
        """The next id of anything."""
        self._ids += 1
        return str(self._ids)

    # --- customers --------------------------------------------------------------------------------------------------

    def put_customer(self, value: Any, known: str | None = None) -> Record:
        """Creates or changes one; a code that is there already is refused where numbers must be unique."""
        given = filled(CUSTOMER, value)
        if known is not None and known not in self.customers:
            raise Problem(404, "unknown_customer")
        same = [entry["id"] for entry in self.customers.values() if entry["code"] == given["code"]]
        if known is None and same and self.dials.unique:
            raise Problem(409, "duplicate_code", "code", there=same[0])
        customer = {"id": known or self.new_id(), **given}
        self.customers[customer["id"]] = customer
        return customer

    # --- documents --------------------------------------------------------------------------------------------------

    def document_form(self) -> Form:
        """What a document must hold: its VAT only where the fake books what it is given."""
        return {**DOCUMENT, "vat": many(VAT)} if self.dials.vat is Vat.OURS else DOCUMENT

    def create(self, value: Any) -> Record:
        """A new document: a draft, or booked at once where there are no drafts."""
        given = self._checked(value)
        same = [entry["id"] for entry in self.living() if self._same(entry, given)]
        if same and self.dials.unique:
            raise Problem(409, "duplicate_number", "number", there=same[0])
        document = {"id": self.new_id(), "state": "draft", "attachments": [], "created": self._clock(), **given}
        self.documents[document["id"]] = document
        return document if self.dials.drafts else self.book(document["id"])

    def update(self, known: str, value: Any) -> Record:
        """Changes a draft."""
        document = self.document(known)
        given = self._checked(value)
        if document["state"] != "draft" or not self.dials.editing:
            raise Problem(409, "locked")
        document.update(given)
        return document

    def delete(self, known: str) -> None:
        """Deletes a draft, or cancels one that is booked and not paid."""
        document = self.document(known)
        if not self.dials.editing:
            raise Problem(405, "no_deleting")
        if any(payment["document"] == known for payment in self.payments):
            raise Problem(409, "locked")
        if document["state"] == "draft":
            del self.documents[known]
        else:
            document["state"], document["open"] = "cancelled", Decimal("0.00")

    def book(self, known: str) -> Record:
        """Books a draft; a linked credit note closes as much of its invoice as is open."""
        document = self.document(known)
        if document["state"] != "draft":
            raise Problem(409, "not_a_draft")
        document["state"] = "booked"
        if invoice := self.documents.get(document["credits"] or ""):
            closes = min(invoice["open"], document["open"])
            invoice["open"] -= closes
            document["open"] -= closes
        return document

    def attach(self, known: str, value: Any) -> Record:
        """Adds a file. A file of the same name is simply there twice."""
        document = self.document(known)
        document["attachments"].append(filled(ATTACHMENT, value))
        return document

    def document(self, known: str) -> Record:
        """One document by its id."""
        if known not in self.documents:
            raise Problem(404, "unknown_document")
        return self.documents[known]

    def living(self) -> list[Record]:
        """Documents that are not cancelled."""
        return [document for document in self.documents.values() if document["state"] != "cancelled"]

    def found(self, kind: str, number: str) -> list[Record]:
        """By number, as far as the index has come."""
        seen = self._clock() - self.dials.index_lag
        wanted = {"kind": kind, "number": number}
        return [entry for entry in self.living() if self._same(entry, wanted) and entry["created"] <= seen]

    def _same(self, document: Record, other: Record) -> bool:
        return (document["kind"], document["number"]) == (other["kind"], other["number"])

    def _checked(self, value: Any) -> Record:
        given = filled(self.document_form(), value)
        self._known("customer", given["customer"], self.customers)
        self._listed("journal", given["journal"], "journals")
        if given["credits"] is not None:
            linked = self.documents.get(given["credits"])
            if not self.dials.credit_link or given["kind"] != "credit_note":
                raise Problem(422, "unknown_field", "credits")
            if linked is None or linked["kind"] != "invoice" or linked["state"] != "booked":
                raise Problem(422, "unknown_invoice", "credits")
        if given["due_date"] < given["issue_date"]:
            raise Problem(422, "invalid", "due_date")
        for place, line in enumerate(given["lines"]):
            self._check_line(line, f"lines.{place}")
        return {**given, **self._amounts(given)}

    def _check_line(self, line: Record, at: str) -> None:
        self._listed(f"{at}.vat_code", line["vat_code"], "vat_codes")
        self._listed(f"{at}.ledger_account", line["ledger_account"], "ledger_accounts")
        self._listed(f"{at}.cost_centre", line["cost_centre"], "cost_centres")
        if cents(line["quantity"] * line["unit_price"]) != line["amount"]:
            raise Problem(422, "amount_differs", f"{at}.amount")

    def _listed(self, field: str, wanted: str | None, name: str) -> None:
        active = {entry["id"]: entry for entry in self.lists[name] if entry["active"]}
        if wanted is not None:
            self._known(field, wanted, active)

    def _known(self, field: str, wanted: str, there: dict[str, Record]) -> None:
        if wanted not in there:
            raise Problem(422, "unknown_reference", field)

    def _amounts(self, given: Record) -> Record:
        """Net, VAT and total: the VAT as given if that is the way, else as this package computes it."""
        computed = self._computed(given["lines"])
        vat = given.get("vat") or computed
        taxable = {group["code"]: group["taxable"] for group in computed}
        if {group["code"]: group["taxable"] for group in vat} != taxable:
            raise Problem(422, "vat_differs", "vat")
        net = sum(taxable.values(), Decimal("0.00"))
        tax = sum((group["tax"] for group in vat), Decimal("0.00"))
        if abs(tax - sum(group["tax"] for group in computed)) > MOST_TAX_OFF:
            raise Problem(422, "vat_differs", "vat")
        return {"vat": vat, "net": net, "tax": tax, "total": net + tax, "open": net + tax}

    def _computed(self, lines: list[Record]) -> list[Record]:
        rates = {entry["id"]: Decimal(entry["rate"]) for entry in self.lists["vat_codes"]}
        groups: dict[str, Record] = {}
        for line in lines:
            code = line["vat_code"]
            group = groups.setdefault(code, {"code": code, "taxable": Decimal("0.00"), "tax": Decimal("0.00")})
            group["taxable"] += line["amount"]
            group["tax"] += cents(line["amount"] * rates[code] / 100)
        if self.dials.vat is not Vat.PER_LINE:
            for code, group in groups.items():
                group["tax"] = cents(group["taxable"] * rates[code] / 100)
        return list(groups.values())

    # --- payments ---------------------------------------------------------------------------------------------------

    def push(self, value: Any, matches: bool) -> Record:
        """A payment that came in over the API; settles its document only where the fake matches."""
        given = filled(PAYMENT, value)
        document = self.document_of(given["document"])
        self._listed("method", given["method"], "payment_methods")
        if document["state"] != "booked":
            raise Problem(422, "not_booked", "document")
        if matches and not Decimal() < given["amount"] <= document["open"]:
            raise Problem(422, "nothing_open", "amount")
        return self._paid(document if matches else None, given["amount"], given["date"], number=given["number"])

    def document_of(self, known: str) -> Record:
        """The document that a payment names."""
        if known not in self.documents:
            raise Problem(422, "unknown_reference", "document")
        return self.documents[known]

    def pay(self, number: str | None, amount: Decimal, on: str, reference: str = "", iban: str = "") -> Record:
        """Somebody books a payment in the package: for the document with this number, or for nothing known."""
        document = next((entry for entry in self.living() if entry["number"] == number), None)
        return self._paid(document, amount, on, reference=reference or None, iban=iban or None)

    def undo(self, payment: str, on: str) -> Record:
        """A payment is reversed: a second fact with the amount taken back."""
        first = next(entry for entry in self.payments if entry["id"] == payment)
        document = self.documents.get(first["document"] or "")
        return self._paid(document, -first["amount"], on, undoes=payment)

    def _paid(self, document: Record | None, amount: Decimal, on: str, **more: Any) -> Record:
        if document is not None:
            document["open"] -= amount
        payment = {
            "id": self.new_id(),
            "place": len(self.payments) + 1,
            "document": document and document["id"],
            "document_number": document and document["number"],
            "customer": document and document["customer"],
            "amount": amount,
            "date": on,
            "currency": "EUR",
            "reference": None,
            "iban": None,
            "undoes": None,
            "number": None,
            **more,
        }
        self.payments.append(payment)
        return payment
