"""The connector to Tryton: sign-in and field mapping (accounting-apis 12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from connectors.base import (
    AlreadyThere,
    Attachment,
    Cause,
    Company,
    Connector,
    Customer,
    Document,
    Fix,
    Found,
    Kind,
    Lists,
    OpenItem,
    OutcomeUnknown,
    Page,
    Payment,
    PaymentFact,
    PaymentsPage,
    Refused,
    RemoteCustomer,
    RemoteDocument,
    State,
)
from connectors.http import read_back
from connectors.package import Connection
from connectors.tryton import parties, records
from connectors.tryton.capabilities import capabilities
from connectors.tryton.news import news, payments_of
from connectors.tryton.paying import close, pay
from connectors.tryton.records import Row, id_of
from connectors.tryton.rpc import Rpc, Warned, ids, nothing

PAGE: Final = 100
ACCEPTED: Final = ("invoice_payment_term", "invoice_taxes", "account.invoice eu_vat valid")
"""Warnings at posting that say nothing new: delivered after the due date; taxes mapped by a person; a VAT number that
Tryton has not looked up yet."""


class TrytonConnector(Connector):
    """One company in one Tryton database."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(capabilities(connection.settings).enable(connection.enabled))
        self._rpc = Rpc(connection, self.capabilities)

    # --- connecting -------------------------------------------------------------------------------------------------

    def check(self) -> Company:
        (company,) = self._search("company.company", [["id", "=", self._rpc.company]], ("party", "currency.code"), 1)
        (party,) = self._search("party.party", [["id", "=", company["party"]]], parties.FIELDS, 1)
        return parties.company_of(company, party)

    def lists(self) -> Lists:
        mine = ["company", "=", self._rpc.company]
        for_sale = ["OR", ["group", "=", None], ["group.kind", "in", ["sale", "both"]]]
        taxes = self._search("account.tax", [mine, ["parent", "=", None], for_sale], records.TAX_FIELDS)
        revenue = [mine, ["type.revenue", "=", True], ["closed", "!=", True]]
        accounts = self._search("account.account", revenue, ("code", "name"))
        journals = self._search("account.journal", [["type", "=", "revenue"]], ("code", "name"))
        methods = self._search("account.invoice.payment.method", [mine], ("name",))
        return Lists(
            vat_codes=tuple(records.vat_code_of(row) for row in taxes),
            ledger_accounts=tuple(records.choice_of(row) for row in accounts),
            journals=tuple(records.choice_of(row) for row in journals),
            payment_methods=tuple(records.choice_of(row) for row in methods),
        )

    # --- customers --------------------------------------------------------------------------------------------------

    def find_customer(self, code: str) -> Found[RemoteCustomer]:
        also_inactive = ["active", "in", [True, False]]  # their codes are taken too
        found = self._search("party.party", [["code", "=", code], also_inactive], parties.FIELDS)
        return Found(tuple(parties.customer_of(row) for row in found))

    def list_customers(self, cursor: str | None = None) -> Page[RemoteCustomer]:
        (own,) = self._search("company.company", [["id", "=", self._rpc.company]], ("party",), 1)
        after = [["id", ">", int(cursor or 0)], ["id", "!=", own["party"]]]
        found = self._search("party.party", after, parties.FIELDS, PAGE)
        return Page(tuple(parties.customer_of(row) for row in found), _next(found))

    def _upsert_customer(self, customer: Customer, remote_id: str | None, key: str) -> RemoteCustomer:
        country = self._country(customer.address.country)
        if remote_id is not None:
            there = self._party(remote_id)
            values = parties.changed_party(customer, country, there)
            self._rpc.change("model.party.party.write", [there["id"]], values, read=nothing, repeats=True)
            return read_back(lambda: parties.customer_of(self._party(remote_id)))
        values = parties.new_party(customer, country)
        try:
            (made,) = self._rpc.change("model.party.party.create", [values], read=ids)
        except AlreadyThere as refused:
            found = self.find_customer(customer.code).items
            known = found[0].id if len(found) == 1 else None
            raise AlreadyThere(str(refused), remote_id=known, detail=refused.detail) from None
        return read_back(lambda: parties.customer_of(self._party(str(made))))

    def _country(self, code: str) -> int | None:
        """Countries are there only where somebody imported them."""
        found = self._search("country.country", [["code", "=", code]], ("code",), 1)
        return found[0]["id"] if found else None

    def _party(self, remote_id: str) -> Row:
        wanted = id_of(remote_id, Fix.DATA, Cause.CUSTOMER_UNKNOWN, "customer")
        found = self._search("party.party", [["id", "=", wanted]], (*parties.FIELDS, "account_receivable"), 1)
        if not found:
            said = "There is no such party in Tryton."
            raise Refused(said, fix=Fix.DATA, cause=Cause.CUSTOMER_UNKNOWN, field="customer")
        return found[0]

    # --- documents --------------------------------------------------------------------------------------------------

    def _find_document(self, kind: Kind, number: str, customer: str | None, on: date | None) -> Found[RemoteDocument]:
        rows = self._invoices([["reference", "=", number], ["state", "!=", "cancelled"]])
        return Found(tuple(one for one in self._documents(rows) if one.kind is kind))

    def read_document(self, remote_id: str) -> RemoteDocument:
        wanted = id_of(remote_id, Fix.DATA, Cause.DOCUMENT_UNKNOWN)
        found = self._documents(self._invoices([["id", "=", wanted]]))
        if not found:
            raise Refused("There is no such invoice in Tryton.", fix=Fix.DATA, cause=Cause.DOCUMENT_UNKNOWN)
        return found[0]

    def _create_document(self, document: Document, key: str) -> RemoteDocument:
        values = records.invoice_values(document, self._around(document))
        (made,) = self._rpc.change("model.account.invoice.create", [values], read=ids)
        return read_back(lambda: self.read_document(str(made)))

    def _update_document(self, remote_id: str, document: Document) -> RemoteDocument:
        wanted = id_of(remote_id, Fix.DATA, Cause.DOCUMENT_UNKNOWN)
        values = records.invoice_values(document, self._around(document))
        found = self._search("account.invoice", [["id", "=", wanted]], ("lines", "taxes"), 1)
        for row in found:
            values["lines"].insert(0, ["delete", row["lines"]])
            values["taxes"].insert(0, ["delete", row["taxes"]])
        self._rpc.change("model.account.invoice.write", [wanted], values, read=nothing)
        return read_back(lambda: self.read_document(remote_id))

    def _delete_document(self, remote_id: str) -> None:
        wanted = id_of(remote_id, Fix.DATA, Cause.DOCUMENT_UNKNOWN)
        if self._invoices([["id", "=", wanted]]):
            self._rpc.change("model.account.invoice.delete", [wanted], read=nothing)

    def _attach(self, remote_id: str, attachment: Attachment, key: str) -> None:
        values = {
            "name": attachment.name,
            "type": "data",
            "data": attachment.content,
            "resource": f"account.invoice,{id_of(remote_id, Fix.DATA, Cause.DOCUMENT_UNKNOWN)}",
        }
        self._rpc.change("model.ir.attachment.create", [values], read=ids)

    def _post(self, remote_id: str) -> RemoteDocument:
        there = self.read_document(remote_id)
        if there.state is not State.DRAFT:
            return there
        self._confirmed(int(there.id))
        if there.kind is Kind.CREDIT_NOTE and there.credits is not None:
            read_back(lambda: close(self._rpc, int(there.credits or 0), int(there.id)))
        return read_back(lambda: self.read_document(remote_id))

    def _confirmed(self, invoice: int) -> None:
        """Posts it, confirming what we know of; each warning is asked about once."""
        for _ in range(len(ACCEPTED) + 1):
            try:
                return self._rpc.change("model.account.invoice.post", [invoice], read=nothing)
            except Warned as warning:
                if not warning.name.endswith(tuple(f".{name}" for name in ACCEPTED)):
                    raise
                self._rpc.change("model.res.user.warning.skip", warning.name, read=nothing, repeats=True)
        raise OutcomeUnknown("Tryton asks for the same confirmation again and again.")

    def documents(self, since: date, cursor: str | None = None) -> Page[RemoteDocument]:
        rows = self._invoices([["invoice_date", ">=", since], ["id", ">", int(cursor or 0)]], PAGE)
        return Page(self._documents(rows), _next(rows))

    def _around(self, document: Document) -> records.Around:
        """What the document refers to, looked up."""
        party = self._party(document.customer)
        credited = self._credited(document.credits) if document.credits is not None else None
        return records.Around(
            company=self._rpc.company,
            currency=self._currency(document.currency),
            party=party["id"],
            address=parties.address_id(party),
            receivable=party["account_receivable"] or self._default_receivable(),
            journal=self._journal(document.journal),
            taxes=self._taxes(document),
            credited_line=credited,
        )

    def _taxes(self, document: Document) -> dict[int, Row]:
        cause = Cause.VAT_CODE_UNKNOWN
        wanted = {
            id_of(line.vat_code, Fix.MAPPING, cause, f"lines.{place}.vat_code"): f"lines.{place}.vat_code"
            for place, line in enumerate(document.lines)
        }
        found = self._search("account.tax", [["id", "in", sorted(wanted)]], records.TAX_FIELDS)
        taxes = {row["id"]: row for row in found}
        for key, field in wanted.items():
            if key not in taxes:
                raise Refused("There is no such tax in Tryton.", fix=Fix.MAPPING, cause=cause, field=field)
        return taxes

    def _currency(self, code: str) -> int:
        found = self._search("currency.currency", [["code", "=", code]], ("code",), 1)
        if not found:
            said = f"Tryton has no currency {code}."
            raise Refused(said, fix=Fix.DATA, cause=Cause.CURRENCY, field="currency")
        return int(found[0]["id"])

    def _default_receivable(self) -> int:
        (row,) = self._search("account.configuration", [], ("default_account_receivable",), 1)
        if row["default_account_receivable"] is None:
            said = "Tryton has no default account for what customers owe."
            raise Refused(said, fix=Fix.MAPPING, cause=Cause.LEDGER_ACCOUNT_UNKNOWN)
        return int(row["default_account_receivable"])

    def _journal(self, mapped: str | None) -> int:
        if mapped is not None:
            return id_of(mapped, Fix.MAPPING, Cause.JOURNAL_UNKNOWN, "journal")
        found = self._search("account.journal", [["type", "=", "revenue"]], ("code",), 2)
        if len(found) != 1:
            said = "Choose the journal: Tryton has not exactly one for sales."
            raise Refused(said, fix=Fix.MAPPING, cause=Cause.JOURNAL_UNKNOWN, field="journal")
        return int(found[0]["id"])

    def _credited(self, invoice: str) -> int:
        cause = Cause.CREDITED_INVOICE_UNKNOWN
        found = self._search("account.invoice", [["id", "=", id_of(invoice, Fix.DATA, cause)]], ("lines",), 1)
        if not found or not found[0]["lines"]:
            said = "There is no such invoice in Tryton to credit."
            raise Refused(said, fix=Fix.DATA, cause=cause, field="credits")
        return int(found[0]["lines"][0])

    # --- money ------------------------------------------------------------------------------------------------------

    def _payments(self, cursor: str | None) -> PaymentsPage:
        return news(self._rpc, cursor, PAGE)

    def open_items(self, cursor: str | None = None) -> Page[OpenItem]:
        rows = self._invoices([["state", "=", "posted"], ["id", ">", int(cursor or 0)]], PAGE)
        items = (records.open_item_of(row) for row in rows)
        return Page(tuple(item for item in items if item.open != 0), _next(rows))

    def _push_payment(self, payment: Payment, key: str) -> PaymentFact:
        pay(self._rpc, payment, self.read_document(payment.document))
        found = read_back(lambda: self._find_payment(payment)).items
        if not found:
            raise OutcomeUnknown("Tryton took the payment, but does not show it.")
        return found[0]

    def _find_payment(self, payment: Payment) -> Found[PaymentFact]:
        document = id_of(payment.document, Fix.DATA, Cause.DOCUMENT_UNKNOWN, "document")
        told = payments_of(self._rpc, document)
        return Found(tuple(fact for fact in told if fact.number == payment.number))

    # --- searching --------------------------------------------------------------------------------------------------

    def _search(self, model: str, domain: Sequence[Any], fields: Sequence[str], limit: int | None = None) -> list[Row]:
        return list(self._rpc.search(model, domain, fields, limit=limit, order=[["id", "ASC"]]))

    def _invoices(self, domain: Sequence[Any], limit: int | None = None) -> list[Row]:
        ours = [["type", "=", "out"], ["company", "=", self._rpc.company]]
        return self._search("account.invoice", [*ours, *domain], records.DOCUMENT_FIELDS, limit)

    def _documents(self, rows: Sequence[Row]) -> tuple[RemoteDocument, ...]:
        """The invoices with the names of their files."""
        resources = [f"account.invoice,{row['id']}" for row in rows]
        files: dict[str, list[str]] = {resource: [] for resource in resources}
        if resources:
            for file in self._search("ir.attachment", [["resource", "in", resources]], ("name", "resource")):
                files[file["resource"]].append(file["name"])
        return tuple(records.document_of(row, files[f"account.invoice,{row['id']}"]) for row in rows)


def _next(rows: Sequence[Mapping[str, Any]]) -> str | None:
    return str(rows[-1]["id"]) if len(rows) == PAGE else None
