"""The connector to Exact Online: sign-in and field mapping (accounting-apis 1)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from connectors.base import (
    AlreadyThere,
    Attachment,
    Capabilities,
    Cause,
    Company,
    Connector,
    ConnectorError,
    Customer,
    Document,
    Fix,
    Found,
    Hint,
    InvalidSignature,
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
    TryAgainLater,
    Wait,
)
from connectors.exact import entries, terms
from connectors.exact.capabilities import CODE, capabilities, code_field
from connectors.exact.division import Division, Row, day, either, guid, is_guid, number, text
from connectors.exact.hooks import hints_of
from connectors.exact.mapping import (
    SELECT_ACCOUNT,
    SELECT_DIVISION,
    SELECT_VAT_CODE,
    account_of,
    by_code,
    choice_of,
    company_of,
    cost_centre_of,
    customer_of,
    padded,
    reads_error,
    unknown,
    vat_code_of,
    why,
)
from connectors.http import Http, SignIn, read_back
from connectors.oauth import Client, OAuth
from connectors.package import Connection, SignInPages, http_of

HOST: Final = "https://start.exactonline.nl"
ACCOUNTS, DOCUMENTS, FILES = "crm/Accounts", "documents/Documents", "documents/DocumentAttachments"
BANK_ENTRIES, BANK_LINES = "financialtransaction/BankEntries", "financialtransaction/BankEntryLines"
SALES_JOURNAL, BANK_JOURNAL = 20, 12  # types of journals; a payment service (16) takes no bank entries (1.12)
LAST_CONTROL_ACCOUNT: Final = 24  # types of ledger accounts up to here: bank, debtors, creditors, VAT
SALES_INVOICE: Final = 10  # type of document


class ExactConnector(Connector):
    """One connection to one division; needs a token store."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(_capable(connection))
        if connection.tokens is None:
            raise ValueError("Exact Online signs in by OAuth: the connection needs a token store.")
        self._connection = connection
        self._code_field = code_field(connection.settings)
        self._journals = [code.strip() for code in connection.settings["journal"].split(",")]
        sign_in = OAuth(_client(connection), connection.tokens, lambda used: _http(connection, used), connection.clock)
        self._division = Division(_http(connection, sign_in), connection.settings["division"])

    # --- connecting -------------------------------------------------------------------------------------------------

    def check(self) -> Company:
        where = f"Code eq {self._division.number}"
        found = self._division.rows("system/Divisions", company_of, select=SELECT_DIVISION, where=where)
        if not found or not found[0][1]:
            raise Refused(
                "The division is not active, or this user may not use it.", fix=Fix.RIGHTS, cause=Cause.NO_PERMISSION
            )
        company, _, is_blocked = found[0]
        if is_blocked:
            raise TryAgainLater("The division is being backed up or converted.", wait=Wait.UNAVAILABLE)
        return company

    def lists(self) -> Lists:
        """Without VAT codes for purchases or for amounts with VAT in them, and without control accounts."""
        ask, today = self._division.rows, self._connection.clock().date()
        where = "VATTransactionType ne 'P' and Type ne 'I'"
        vat_codes = ask("vat/VATCodes", vat_code_of, select=SELECT_VAT_CODE, where=where)
        select, where = "Code,Description,ID,IsBlocked,Type", f"Type gt {LAST_CONTROL_ACCOUNT}"
        accounts = ask("financial/GLAccounts", lambda row: choice_of(row, "ID"), select=select, where=where)
        select, where = "Code,Description,IsBlocked,Type", either("Type", map(str, (SALES_JOURNAL, BANK_JOURNAL)))
        journals = ask("financial/Journals", lambda row: (row["Type"], choice_of(row)), select=select, where=where)
        centres = ask("hrm/Costcenters", lambda row: cost_centre_of(row, today), select="Code,Description,EndDate")
        return Lists(
            vat_codes=by_code(vat_codes),
            ledger_accounts=by_code(accounts),
            journals=by_code(one for type_, one in journals if type_ == SALES_JOURNAL and one.id in self._journals),
            cost_centres=by_code(centres),
            payment_methods=by_code(one for type_, one in journals if type_ == BANK_JOURNAL),
        )

    # --- customers --------------------------------------------------------------------------------------------------

    def find_customer(self, code: str) -> Found[RemoteCustomer]:
        """By ``Code``, or by ``SearchCode``, which need not be unique (1.3)."""
        return Found(tuple(self._accounts(f"{self._code_field} eq {text(padded(code, self._code_field))}")))

    def list_customers(self, cursor: str | None = None) -> Page[RemoteCustomer]:
        where = "Status eq 'C'"
        return self._division.page(ACCOUNTS, self._customer, select=SELECT_ACCOUNT, where=where, cursor=cursor)

    def _upsert_customer(self, customer: Customer, remote_id: str | None, key: str) -> RemoteCustomer:
        body = account_of(customer, self._code_field)
        if remote_id is not None:
            return self._brought_up_to_date(remote_id, body)
        given = {name: value for name, value in body.items() if value is not None}
        try:
            return self._division.create(ACCOUNTS, given, self._customer)
        except Refused as error:
            refused = error
        if self._code_field == CODE and (there := self._there(customer.code)):
            raise AlreadyThere("The code is taken.", remote_id=there, detail=refused.detail)
        raise refused

    def _brought_up_to_date(self, remote_id: str, body: Row) -> RemoteCustomer:
        try:
            if is_guid(remote_id):
                self._division.update(ACCOUNTS, remote_id, body)
        except Refused as error:
            refused = error
        else:
            return self._account(remote_id)
        self._account(remote_id)
        raise refused

    def _there(self, code: str) -> str | None:
        """The account that has this code: a refusal would tell in the user's language only (1.10)."""
        try:
            return next((one.id for one in self.find_customer(code).items), None)
        except ConnectorError:
            return None

    def _account(self, remote_id: str) -> RemoteCustomer:
        found = self._accounts_with(remote_id)
        if not found:
            raise Refused("This account is not there.", fix=Fix.DATA, cause=Cause.CUSTOMER_UNKNOWN, field="customer")
        return found[0]

    def _accounts_with(self, remote_id: str) -> list[RemoteCustomer]:
        return self._accounts(f"ID eq {guid(remote_id)}") if is_guid(remote_id) else []

    def _accounts(self, where: str) -> list[RemoteCustomer]:
        return self._division.rows(ACCOUNTS, self._customer, select=SELECT_ACCOUNT, where=where)

    def _customer(self, row: Row) -> RemoteCustomer:
        return customer_of(row, self._code_field)

    # --- documents --------------------------------------------------------------------------------------------------

    def _find_document(self, kind: Kind, number: str, customer: str | None, on: date | None) -> Found[RemoteDocument]:
        """By ``YourRef`` in every journal: it is not unique, and somebody may have moved the entry (1.7)."""
        headers = self._headers(f"YourRef eq {text(number)}")
        return Found(tuple(self._whole(*one) for one in headers if one[0].kind is kind))

    def read_document(self, remote_id: str) -> RemoteDocument:
        return self._whole(*self._header(remote_id))

    def _header(self, remote_id: str) -> tuple[RemoteDocument, str | None]:
        """An entry and the document that is linked to it."""
        found = self._headers(f"EntryID eq {guid(remote_id)}") if is_guid(remote_id) else []
        if not found:
            raise Refused("This entry is not there.", fix=Fix.DATA, cause=Cause.DOCUMENT_UNKNOWN)
        return found[0]

    def _headers(self, where: str) -> list[tuple[RemoteDocument, str | None]]:
        return self._division.rows(entries.RESOURCE, entries.with_document, select=entries.SELECT, where=where)

    def _whole(self, header: RemoteDocument, document: str | None) -> RemoteDocument:
        """With the VAT of its lines, what is open, and its files."""
        where = f"EntryID eq {guid(header.id)}"
        lines = self._division.rows(entries.LINES, entries.line_of, select=entries.SELECT_LINES, where=where)
        owed = terms.of_entries(self._division, [header.id])
        return replace(
            header,
            vat=entries.groups_of(header.kind, lines),
            attachments=tuple(self._files(document)),
            open=terms.open_of(owed) if owed or not header.total else None,
        )

    def _files(self, document: str | None) -> list[str]:
        if document is None:
            return []
        where = f"Document eq {guid(document)}"
        return self._division.rows(FILES, lambda row: str(row["FileName"]), select="FileName", where=where)

    def _create_document(self, document: Document, key: str) -> RemoteDocument:
        journal = document.journal or self._journals[0]
        if journal not in self._journals:
            raise Refused(
                "This journal is not among those of the connection.",
                fix=Fix.MAPPING,
                cause=Cause.JOURNAL_UNKNOWN,
                field="journal",
            )
        body = entries.entry_of(document, journal)
        try:
            header, linked = self._division.create(entries.RESOURCE, body, entries.with_document)
        except Refused as error:
            refused = error
        else:
            return replace(header, attachments=() if linked is None else None)
        raise self._why(document, journal, refused) if refused.cause is Cause.REQUEST_REFUSED else refused

    def _why(self, document: Document, journal: str, refused: Refused) -> Refused:
        """Looks what the document points to: the refusal says it in the user's language only (1.10)."""
        try:
            if not self._accounts_with(document.customer):
                return unknown(refused, Cause.CUSTOMER_UNKNOWN, "customer", Fix.DATA)
            return why(document, journal, self.lists(), refused)
        except ConnectorError:
            return refused

    def _delete_document(self, remote_id: str) -> None:
        """Looks first: deleting what is gone would spend error budget (1.8)."""
        if is_guid(remote_id) and self._headers(f"EntryID eq {guid(remote_id)}"):
            self._division.delete(entries.RESOURCE, remote_id)

    def _attach(self, remote_id: str, attachment: Attachment, key: str) -> None:
        """Three calls: document, its file, the link (1.4). Each looks whether it was done, so all may be repeated."""
        header, linked = self._header(remote_id)
        subject = f"{header.number} {attachment.name}"
        document = linked or self._document_there(header, subject)
        files = self._files(document)
        document = document or self._new_document(header, subject)
        if attachment.name not in files:
            content = base64.b64encode(attachment.content).decode()
            body = {"Document": document, "FileName": attachment.name, "Attachment": content}
            self._division.create(FILES, body, lambda row: str(row["ID"]))
        if linked is None:
            self._division.update(entries.RESOURCE, remote_id, {"Document": document})

    def _document_there(self, header: RemoteDocument, subject: str) -> str | None:
        """What an attempt that broke off may have left."""
        where = f"Subject eq {text(subject)} and Account eq {guid(header.customer or '')}"
        return min(self._division.rows(DOCUMENTS, lambda row: str(row["ID"]), select="ID", where=where), default=None)

    def _new_document(self, header: RemoteDocument, subject: str) -> str:
        body = {
            "Type": SALES_INVOICE,
            "Subject": subject,
            "Account": header.customer,
            "DocumentDate": header.issue_date.isoformat(),
            "FinancialTransactionEntryID": header.id,
        }
        return self._division.create(DOCUMENTS, body, lambda row: str(row["ID"]))

    def documents(self, since: date, cursor: str | None = None) -> Page[RemoteDocument]:
        """By their headers alone, to stay within the limits: no VAT codes, files or open amounts."""
        where = f"EntryDate ge {day(since)} and {either('Journal', map(text, self._journals))}"
        return self._division.page(
            entries.RESOURCE, entries.header_of, select=entries.SELECT, where=where, cursor=cursor
        )

    # --- money ------------------------------------------------------------------------------------------------------

    def _payments(self, cursor: str | None) -> PaymentsPage:
        return terms.payments(self._division, self._journals, cursor)

    def open_items(self, cursor: str | None = None) -> Page[OpenItem]:
        return terms.open_items(self._division, self._journals, cursor)

    def _push_payment(self, payment: Payment, key: str) -> PaymentFact:
        """A bank entry on the debtor's account. Exact matches it by itself if it is exactly what is open (1.6)."""
        owed = terms.of_entries(self._division, [payment.document]) if is_guid(payment.document) else []
        if not owed:
            raise Refused("Nothing is owed on this entry.", fix=Fix.DATA, cause=Cause.NOTHING_OPEN, field="document")
        line = {
            "Account": owed[0].account,
            "GLAccount": owed[0].ledger_account,
            "AmountFC": number(payment.amount),
            "Date": payment.paid_on.isoformat(),
            "Description": payment.number,
            "Notes": payment.description or None,
            "OurRef": owed[0].invoice_number,
        }
        line = {name: value for name, value in line.items() if value is not None}
        body = {"JournalCode": payment.method, "Currency": payment.currency, "BankEntryLines": [line]}
        made = self._division.create(BANK_ENTRIES, body, lambda row: str(row["EntryID"]))
        return read_back(lambda: self._booked(made, payment))

    def _booked(self, bank_entry: str, payment: Payment) -> PaymentFact:
        """As it will come in as news, with that id."""
        paid = terms.of_entries(self._division, [bank_entry])
        if not paid:
            raise TryAgainLater("The receipt is not to be seen yet.", wait=Wait.UNAVAILABLE)
        fact = terms.fact_of(paid[0], terms.direction_of(self._division, []), number=payment.number)
        return replace(fact, amount=payment.amount) if len(paid) > 1 else fact

    def _find_payment(self, payment: Payment) -> Found[PaymentFact]:
        where = f"Description eq {text(payment.number)}"
        made = self._division.rows(BANK_LINES, lambda row: str(row["EntryID"]), select="EntryID", where=where)
        return Found(tuple(self._booked(bank_entry, payment) for bank_entry in made))

    # --- webhooks ---------------------------------------------------------------------------------------------------

    def _verify_webhook(self, body: bytes, headers: Mapping[str, str], now: datetime) -> tuple[Hint, ...]:
        secret = self._connection.secrets.get("webhook_secret")
        if not secret:
            raise InvalidSignature("No webhook secret is set for this connection.")
        return hints_of(body, secret, self._division.number)


# --- sign-in --------------------------------------------------------------------------------------------------------


def _capable(at: Connection) -> Capabilities:
    return capabilities(at.settings).enable(at.enabled)


def _host(settings: Mapping[str, str]) -> str:
    """Every country has its own (1.1)."""
    return settings.get("base_url") or HOST


def _http(at: Connection, sign_in: SignIn | None) -> Http:
    return http_of(at, _host(at.settings), sign_in, _capable(at), reads_error)


def _client(at: Connection) -> Client:
    """A token lives 600 s, and a new one is given from 570 s on (1.1): renewed in between."""
    early, youngest = timedelta(seconds=30), timedelta(seconds=570)
    return Client("/api/oauth2/token", at.settings["client_id"], at.secrets["client_secret"], early, youngest)


SIGN_IN: Final = SignInPages(
    address=lambda settings: f"{_host(settings)}/api/oauth2/auth",
    client=_client,
    http=lambda at: _http(at, None),
)
