"""Our side of Odoo: which methods of which models carry out what we ask (accounting-apis 11)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import Any, Final, TypeVar

from connectors.base import (
    AlreadyThere,
    Attachment,
    Cause,
    Choice,
    Company,
    Connector,
    ConnectorError,
    Customer,
    Document,
    Fix,
    Found,
    Kind,
    Lists,
    OpenItem,
    Page,
    Payment,
    PaymentFact,
    PaymentsPage,
    Refused,
    RemoteCustomer,
    RemoteDocument,
    State,
    differences,
)
from connectors.http import read_back
from connectors.odoo import forms
from connectors.odoo.calls import calls_of
from connectors.odoo.errors import locked, told_as
from connectors.odoo.forms import Row
from connectors.odoo.news import DOCUMENTS, PAYMENTS, Place
from connectors.odoo.records import Records, is_done, only_id
from connectors.odoo.settings import capabilities, chosen, living_payments
from connectors.package import Connection

T = TypeVar("T")
LEDGER: Final = ("asset_receivable", "liability_payable", "asset_cash", "off_balance")
UNDONE: Final = ("canceled", "rejected")
_DIFFERS: Final = {
    "number": (Fix.DATA, Cause.NUMBER_FORM),
    "currency": (Fix.DATA, Cause.CURRENCY),
    "issue_date": (Fix.DATA, Cause.PERIOD_CLOSED),
    "due_date": (Fix.DATA, Cause.DATE_REFUSED),
}


class OdooConnector(Connector):
    """One connection to the company that owns the journal named in the settings."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(capabilities(connection.settings).enable(connection.enabled))
        self._settings = connection.settings
        self._there = Records(calls_of(connection, self.capabilities))
        self._ours = [
            ["journal_id.code", "=", self._settings["journal"]],
            ["move_type", "in", list(forms.MOVE_TYPES.values())],
        ]

    # --- connecting -------------------------------------------------------------------------------------------------

    def check(self) -> Company:
        journals = self._journals("company_id", lambda row: int(row["company_id"][0]))
        if len(journals) != 1:
            raise Refused(
                f"{len(journals)} sales journals that this user sees have the code {self._settings['journal']}.",
                fix=Fix.MAPPING,
                cause=Cause.JOURNAL_UNKNOWN,
                field="journal",
            )
        fields = ("name", "vat", "company_registry", "currency_id", "tax_calculation_rounding_method")
        read = self._there.read("res.company", journals[0], fields, forms.company)
        if read is None:
            raise Refused("The company is not readable.", fix=Fix.RIGHTS, cause=Cause.NO_PERMISSION)
        company, rounds = read
        if rounds != f"round_{chosen(self._settings, 'vat_rounding')}":
            raise Refused(
                f"The company in Odoo is set to {rounds}, and vat_rounding of this connection to another.",
                fix=Fix.MAPPING,
                cause=Cause.VAT_DIFFERENCE_TOO_LARGE,
                field="vat_rounding",
            )
        return company

    def _journals(self, field: str, take: Callable[[Row], T]) -> list[T]:
        ours = [["type", "=", "sale"], ["code", "=", self._settings["journal"]]]
        return self._there.search("account.journal", ours, (field, "name"), take)

    def lists(self) -> Lists:
        taxes = [["type_tax_use", "=", "sale"], ["amount_type", "=", "percent"], ["price_include", "=", False]]
        banks = [["type", "in", ["bank", "cash"]]]
        accounts = [["account_type", "not in", list(LEDGER)]]
        named = ("code", "name")
        return Lists(
            vat_codes=tuple(self._there.search("account.tax", taxes, ("name", "amount"), forms.tax)),
            ledger_accounts=tuple(self._there.search("account.account", accounts, named, forms.choice)),
            journals=tuple(self._journals("code", forms.choice)),
            cost_centres=tuple(self._cost_centres()),
            payment_methods=tuple(self._there.search("account.journal", banks, named, forms.choice)),
        )

    def _cost_centres(self) -> list[Choice]:
        """None for a user without the group Analytic Accounting (accounting-apis 11.4)."""
        try:
            return self._there.search("account.analytic.account", [], ("code", "name"), forms.choice)
        except Refused as refused:
            if refused.fix is Fix.RIGHTS:
                return []
            raise

    # --- customers --------------------------------------------------------------------------------------------------

    def find_customer(self, code: str) -> Found[RemoteCustomer]:
        return Found(
            tuple(self._there.search("res.partner", [["ref", "=", code]], forms.CUSTOMER_FIELDS, forms.customer))
        )

    def list_customers(self, cursor: str | None = None) -> Page[RemoteCustomer]:
        top = [["parent_id", "=", False]]
        found, then = self._there.page("res.partner", top, forms.CUSTOMER_FIELDS, forms.customer, int(cursor or 0))
        return Page(tuple(found), None if then is None else str(then))

    def _upsert_customer(self, customer: Customer, remote_id: str | None, key: str) -> RemoteCustomer:
        values = forms.partner(customer, self._country(customer.address.country))
        try:
            if remote_id is None:
                known = self._there.create("res.partner", values)
            else:
                known = forms.id_of(remote_id, "customer", Cause.CUSTOMER_UNKNOWN, Fix.DATA)
                self._there.write("res.partner", known, values)
        except Refused as refused:
            raise told_as(refused, Cause.CUSTOMER_REFUSED) from None
        return read_back(lambda: self._customer(known))

    def _country(self, code: str) -> int:
        found = self._there.search("res.country", [["code", "=", code]], ("code",), lambda row: int(row["id"]))
        if not found:
            raise Refused(
                "Odoo does not know this country.", fix=Fix.DATA, cause=Cause.CUSTOMER_REFUSED, field="address.country"
            )
        return found[0]

    def _customer(self, known: int) -> RemoteCustomer:
        found = self._there.read("res.partner", known, forms.CUSTOMER_FIELDS, forms.customer)
        if found is None:
            raise Refused("The customer is gone from Odoo.", fix=Fix.DATA, cause=Cause.CUSTOMER_UNKNOWN)
        return found

    # --- documents --------------------------------------------------------------------------------------------------

    def _find_document(self, kind: Kind, number: str, customer: str | None, on: date | None) -> Found[RemoteDocument]:
        domain = [
            ["name", "=", number],
            self._ours[0],
            ["move_type", "=", forms.MOVE_TYPES[kind]],
            ["state", "!=", "cancel"],
        ]
        return Found(
            tuple(self._with_files(self._there.search(DOCUMENTS, domain, forms.MOVE_FIELDS, forms.bare_document)))
        )

    def read_document(self, remote_id: str) -> RemoteDocument:
        return self._with_files([self._bare(remote_id)])[0]

    def _bare(self, remote_id: str) -> RemoteDocument:
        """The document without its files, in one call: for what is looked at just before something is changed."""
        known = forms.id_of(remote_id, "document", Cause.DOCUMENT_UNKNOWN, Fix.DATA)
        found = self._there.read(DOCUMENTS, known, forms.MOVE_FIELDS, forms.bare_document)
        if found is None:
            raise Refused("The document is gone from Odoo.", fix=Fix.DATA, cause=Cause.DOCUMENT_UNKNOWN)
        return found

    def _with_files(self, found: list[RemoteDocument]) -> list[RemoteDocument]:
        if not found:
            return []
        domain = [["res_model", "=", DOCUMENTS], ["res_id", "in", [int(one.id) for one in found]]]
        files = self._there.search(
            "ir.attachment", domain, ("name", "res_id"), lambda row: (str(row["res_id"]), str(row["name"]))
        )
        return [replace(one, attachments=tuple(name for of, name in files if of == one.id)) for one in found]

    def _create_document(self, document: Document, key: str) -> RemoteDocument:
        pointed = list(forms.references(document))
        try:
            known = self._there.create(DOCUMENTS, {**forms.move(document), "ref": key})
        except Refused as refused:
            raise self._explained(refused, pointed) from None
        return self._as_ours(document, read_back(lambda: self.read_document(str(known))))

    def _explained(self, refused: Refused, pointed: Iterable[forms.Reference]) -> Refused:
        """The refusal, or which record is missing there: Odoo's own sentence names it only in words."""
        first: dict[tuple[str, int], forms.Reference] = {}
        for one in pointed:
            first.setdefault((one.model, one.id), one)
        try:
            for one in first.values():
                if self._there.read(one.model, one.id, ("id",), dict) is None:
                    return Refused(
                        "The document points to something that Odoo does not have.",
                        fix=one.fix,
                        cause=one.cause,
                        field=one.field,
                        detail=refused.detail,
                    )
        except ConnectorError:
            return refused
        return refused

    def _as_ours(self, document: Document, draft: RemoteDocument) -> RemoteDocument:
        """The draft; one that did not come out as ours is deleted, never posted, and said to be refused."""
        wrong = differences(document, draft, self.capabilities)
        if not wrong:
            return draft
        said = "; ".join(f"{one.field} {one.theirs}, not {one.ours}" for one in wrong)
        try:
            self._delete_document(draft.id)
        except ConnectorError:
            said += "; the draft still stands there"
        known = (_DIFFERS[one.field] for one in wrong if one.field in _DIFFERS)
        fix, cause = next(known, (Fix.MAPPING, Cause.TOTAL_DIFFERS))
        raise Refused("The draft in Odoo did not come out as ours.", fix=fix, cause=cause, detail=said)

    def _update_document(self, remote_id: str, document: Document) -> RemoteDocument:
        pointed = list(forms.references(document))
        there = self._bare(remote_id)
        if there.state is not State.DRAFT:
            raise locked()
        try:
            self._there.write(DOCUMENTS, int(there.id), forms.changed_move(document))
        except Refused as refused:
            raise self._explained(refused, pointed) from None
        return self._as_ours(document, read_back(lambda: self.read_document(remote_id)))

    def _delete_document(self, remote_id: str) -> None:
        try:
            there = self._bare(remote_id)
        except Refused as refused:
            if refused.cause is Cause.DOCUMENT_UNKNOWN:
                return
            raise
        if there.state is not State.DRAFT:
            raise locked()
        try:
            self._there.unlink(DOCUMENTS, int(there.id))
        except Refused as refused:
            raise told_as(refused, Cause.DOCUMENT_LOCKED) from None

    def _attach(self, remote_id: str, attachment: Attachment, key: str) -> None:
        known = forms.id_of(remote_id, "document", Cause.DOCUMENT_UNKNOWN, Fix.DATA)
        content = base64.b64encode(attachment.content).decode()
        self._there.create("ir.attachment", forms.file(attachment, known, content))

    def _post(self, remote_id: str) -> RemoteDocument:
        there = self._bare(remote_id)
        if there.state is State.BOOKED:
            return self.read_document(remote_id)
        if there.state is State.CANCELLED:
            raise locked()
        try:
            self._there.call(DOCUMENTS, "action_post", {"ids": [int(there.id)]}, changes=True).read(is_done)
        except Refused as refused:
            return self._posted_otherwise(there, refused)
        return read_back(lambda: self.read_document(remote_id))

    def _posted_otherwise(self, draft: RemoteDocument, refused: Refused) -> RemoteDocument:
        """After a refusal to post (11.7): the document if somebody else posted it; else says why it cannot be.

        It goes by what stands there, because Odoo's sentence is in the language of the user.
        """
        now = self.read_document(draft.id)
        if now.state is State.BOOKED:
            return now
        same = self._find_document(now.kind, now.number or "", None, None).items
        posted = [one for one in same if one.state is State.BOOKED]
        if posted:
            raise AlreadyThere("The number is posted already.", remote_id=posted[0].id, detail=refused.detail)
        raise refused

    def documents(self, since: date, cursor: str | None = None) -> Page[RemoteDocument]:
        domain = [*self._ours, ["invoice_date", ">=", since.isoformat()]]
        found, then = self._there.page(DOCUMENTS, domain, forms.MOVE_FIELDS, forms.bare_document, int(cursor or 0))
        return Page(tuple(self._with_files(found)), None if then is None else str(then))

    # --- money ------------------------------------------------------------------------------------------------------

    def open_items(self, cursor: str | None = None) -> Page[OpenItem]:
        domain = [*self._ours, ["state", "=", "posted"], ["amount_residual", "!=", 0]]
        found, then = self._there.page(DOCUMENTS, domain, forms.OPEN_FIELDS, forms.open_item, int(cursor or 0))
        return Page(tuple(found), None if then is None else str(then))

    def _payments(self, cursor: str | None) -> PaymentsPage:
        place = Place.of(cursor)
        if place.begins:
            place = place.beginning(self._newest(place))
        items: list[OpenItem] = []
        facts: dict[str, PaymentFact] = {}
        if place.model == DOCUMENTS:
            domain = [*self._ours, ["state", "=", "posted"], *place.domain()]
            items, then = self._there.page(DOCUMENTS, domain, forms.OPEN_FIELDS, forms.open_item, place.after)
            place = place.past(then)
            facts |= self._facts(self._payments_of(items))
        if place.model == PAYMENTS:
            rows, then = self._there.page(
                PAYMENTS, self._told(*place.domain()), forms.PAYMENT_FIELDS, forms.paid, place.after
            )
            place = place.past(then)
            facts |= self._facts(rows)
        return PaymentsPage(tuple(facts.values()), tuple(items), place.cursor, more=not place.begins)

    def _payments_of(self, items: list[OpenItem]) -> list[forms.Paid]:
        """Asked for by their documents too: matching an old payment is sure to be written to the document (11.6)."""
        if not items:
            return []
        of = ["reconciled_invoice_ids", "in", [int(item.document) for item in items]]
        return self._there.search(PAYMENTS, self._told(of), forms.PAYMENT_FIELDS, forms.paid)

    def _newest(self, place: Place) -> list[str]:
        """The newest moments at which something was written, as they stand there now."""
        newest: list[str] = []
        for model in (DOCUMENTS, PAYMENTS):
            asked = {"domain": place.domain(), "fields": ["write_date"], "order": "write_date desc", "limit": 1}
            answer = self._there.call(model, "search_read", asked)
            newest += answer.read(lambda rows: [str(row["write_date"]) for row in rows])
        return newest

    def _told(self, *more: list[Any]) -> list[Any]:
        states = [*living_payments(self._settings), *UNDONE]
        return [["partner_type", "=", "customer"], ["state", "in", states], *more]

    def _facts(self, payments: Iterable[forms.Paid]) -> dict[str, PaymentFact]:
        """Payments by id; one that was undone is told twice: as it was, and what takes it back."""
        told = list(payments)
        matched = sorted({one for payment in told for one in payment.matched})
        domain = [*self._ours, ["id", "in", matched]]
        fields = ("name", "move_type")
        ours = dict(self._there.search(DOCUMENTS, domain, fields, forms.known_document)) if matched else {}
        facts: dict[str, PaymentFact] = {}
        for payment in told:
            fact = forms.settling(payment, ours)
            if fact is None:
                continue
            facts[fact.id] = fact
            if payment.state in UNDONE:
                back = replace(fact, id=f"{fact.id}-undone", amount=-fact.amount, undone=fact.id)
                facts[back.id] = back
        return facts

    def _push_payment(self, payment: Payment, key: str) -> PaymentFact:
        there = self._bare(payment.document)
        if there.state is not State.BOOKED or there.open is None or payment.amount > there.open:
            raise Refused("No more than is open can be paid.", fix=Fix.DATA, cause=Cause.NOTHING_OPEN, field="amount")
        journal = forms.id_of(payment.method, "method", Cause.PAYMENT_METHOD_UNKNOWN, Fix.MAPPING)
        method = forms.Reference("account.journal", journal, "method", Cause.PAYMENT_METHOD_UNKNOWN, Fix.MAPPING)
        context = {"active_model": DOCUMENTS, "active_ids": [int(there.id)]}
        wizard = {"vals_list": [forms.registration(payment, journal)], "context": context}
        try:
            # The wizard is no booking: one too many is forgotten by Odoo.
            opened = self._there.call("account.payment.register", "create", wizard).read(only_id)
        except Refused as refused:
            raise self._explained(refused, [method]) from None
        going = {"ids": [opened], "context": context}
        answer = self._there.call("account.payment.register", "action_create_payments", going, changes=True)
        booked = answer.read(lambda action: int(action["res_id"]))
        return read_back(lambda: self._payment(booked))

    def _payment(self, known: int) -> PaymentFact:
        for found in self._booked(["id", "=", known]):
            return found
        raise Refused("The payment does not stand in Odoo.", fix=Fix.DATA, cause=Cause.DOCUMENT_UNKNOWN)

    def _find_payment(self, payment: Payment) -> Found[PaymentFact]:
        return Found(tuple(self._booked(["memo", "=", forms.PUSHED + payment.number])))

    def _booked(self, of: list[Any]) -> list[PaymentFact]:
        """Payments that are registered, whether or not they count yet."""
        domain = [["state", "in", ["in_process", "paid"]], of]
        return list(self._facts(self._there.search(PAYMENTS, domain, forms.PAYMENT_FIELDS, forms.paid)).values())
