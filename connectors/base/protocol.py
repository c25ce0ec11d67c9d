"""The protocol, written from what we need: what a connector to an accounting package can be asked.

Every method may raise ``TryAgainLater``, ``SignInAgain`` and ``Refused``. A method that only reads never raises
``OutcomeUnknown``: it may simply be asked again. A method that changes something raises it whenever the change may have
come through without our seeing it. Nothing here remembers anything between calls: every step can be taken by another
process than the one before it.

The public methods below check the declared capabilities first, once for all packages, so that what cannot work is never
sent; a package fills in the methods with an underscore for what it declares.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import date, datetime
from typing import NoReturn

from connectors.base.capabilities import Capabilities, Change, Pull, Push, Search
from connectors.base.checks import check_attachment, check_customer, prepare
from connectors.base.errors import NotSupported
from connectors.base.values import (
    Attachment,
    Company,
    Customer,
    Document,
    Found,
    Hint,
    Kind,
    Lists,
    OpenItem,
    Page,
    Payment,
    PaymentFact,
    PaymentsPage,
    RemoteCustomer,
    RemoteDocument,
)


class Connector(ABC):
    """One connection to one company in one package."""

    def __init__(self, capabilities: Capabilities) -> None:
        self.capabilities = capabilities

    # --- connecting -------------------------------------------------------------------------------------------------

    @abstractmethod
    def check(self) -> Company:
        """Whether the sign-in works, and whose books it reaches. Changes nothing."""

    @abstractmethod
    def lists(self) -> Lists:
        """Everything that can be mapped to, whole: a code that is absent does not exist there."""

    # --- customers --------------------------------------------------------------------------------------------------

    @abstractmethod
    def find_customer(self, code: str) -> Found[RemoteCustomer]:
        """Customers there with our code: none, one, several (where codes are not unique), or cannot search."""

    @abstractmethod
    def list_customers(self, cursor: str | None = None) -> Page[RemoteCustomer]:
        """All customers there, page by page, for matching at the first run."""

    def upsert_customer(self, customer: Customer, remote_id: str | None = None, *, key: str) -> RemoteCustomer:
        """Creates the customer, or with ``remote_id`` brings it up to date; returns it as it stands there afterwards.

        After ``OutcomeUnknown`` of a creation: :meth:`find_customer` first. Bringing up to date may be repeated. Raises
        ``AlreadyThere`` where the package refuses a second customer with this code.
        """
        check_customer(customer, self.capabilities)
        return self._upsert_customer(customer, remote_id, key)

    @abstractmethod
    def _upsert_customer(self, customer: Customer, remote_id: str | None, key: str) -> RemoteCustomer: ...

    # --- documents --------------------------------------------------------------------------------------------------

    def find_document(
        self, kind: Kind, number: str, *, customer: str | None = None, on: date | None = None
    ) -> Found[RemoteDocument]:
        """Documents there with our number: none, one, several, or cannot search. Drafts count, cancelled ones do not.

        ``customer`` (id there) and ``on`` (its date) help a package that can only list and compare. After an unclear
        outcome the answer *none* is true only when the declared settle time has passed since the attempt.
        """
        if self.capabilities.search.value is Search.NO:
            return Found(searched=False)
        return self._find_document(kind, number, customer, on)

    def _find_document(self, kind: Kind, number: str, customer: str | None, on: date | None) -> Found[RemoteDocument]:
        self._unsupported("search")

    @abstractmethod
    def read_document(self, remote_id: str) -> RemoteDocument:
        """The document as it stands there now. Raises ``Refused`` (document_unknown) if it is gone."""

    def create_document(self, document: Document, *, key: str) -> RemoteDocument:
        """Creates it, as a draft where the package posts separately, else booked; returns it as it stands there.

        ``key`` belongs to the delivery and never changes; a package that honours keys answers a repetition with the
        first answer. Never looks first by itself: see :mod:`connectors.base.steps`. Raises ``OutcomeUnknown``,
        ``AlreadyThere``, and before anything is sent what :func:`connectors.base.checks.prepare` raises.
        """
        return self._create_document(prepare(document, self.capabilities), key)

    @abstractmethod
    def _create_document(self, document: Document, key: str) -> RemoteDocument: ...

    def update_document(self, remote_id: str, document: Document) -> RemoteDocument:
        """Makes the document there (a draft, unless booked ones may be edited) equal to ours. May be repeated."""
        if self.capabilities.edits.value is Change.NEVER:
            self._unsupported("edits")
        return self._update_document(remote_id, prepare(document, self.capabilities))

    def _update_document(self, remote_id: str, document: Document) -> RemoteDocument:
        self._unsupported("edits")

    def delete_document(self, remote_id: str) -> None:
        """Deletes a leftover of ours; one that is gone already is no error."""
        if self.capabilities.deletes.value is Change.NEVER:
            self._unsupported("deletes")
        self._delete_document(remote_id)

    def _delete_document(self, remote_id: str) -> None:
        self._unsupported("deletes")

    def attach(self, remote_id: str, attachment: Attachment, *, key: str) -> None:
        """Attaches a file. After ``OutcomeUnknown``: read the document; its attachments say whether it is there."""
        check_attachment(attachment, self.capabilities)
        self._attach(remote_id, attachment, key)

    def _attach(self, remote_id: str, attachment: Attachment, key: str) -> None:
        self._unsupported("attachments")

    def post(self, remote_id: str) -> RemoteDocument:
        """Books a draft. A document that is booked already is simply returned: posting may be repeated."""
        if not self.capabilities.posts_separately.value:
            self._unsupported("posts_separately")
        return self._post(remote_id)

    def _post(self, remote_id: str) -> RemoteDocument:
        self._unsupported("posts_separately")

    @abstractmethod
    def documents(self, since: date, cursor: str | None = None) -> Page[RemoteDocument]:
        """All documents within our journal or number pattern dated on or after ``since``, for reconciliation.

        Cancelled ones too; drafts too where they can be listed. Complete only when the last page was read.
        """

    # --- money ------------------------------------------------------------------------------------------------------

    def payments(self, cursor: str | None = None) -> PaymentsPage:
        """News on payments since a cursor, ``None`` for all there is. Overlaps: the same fact may come again."""
        if self.capabilities.payments.value is not Pull.CHANGES:
            self._unsupported("payments")
        return self._payments(cursor)

    def _payments(self, cursor: str | None) -> PaymentsPage:
        self._unsupported("payments")

    @abstractmethod
    def open_items(self, cursor: str | None = None) -> Page[OpenItem]:
        """All booked documents with something open, page by page. Absence means settled only once all was read."""

    def push_payment(self, payment: Payment, *, key: str) -> PaymentFact:
        """Books a receipt of ours, matched to its document if the capability says so; after ``OutcomeUnknown`` look."""
        if self.capabilities.push_payment.value is Push.NO:
            self._unsupported("push_payment")
        return self._push_payment(payment, key)

    def _push_payment(self, payment: Payment, key: str) -> PaymentFact:
        self._unsupported("push_payment")

    def find_payment(self, payment: Payment) -> Found[PaymentFact]:
        """Payments there with our number of this receipt: the look before a push is repeated."""
        if self.capabilities.push_payment.value is Push.NO:
            self._unsupported("push_payment")
        return self._find_payment(payment)

    def _find_payment(self, payment: Payment) -> Found[PaymentFact]:
        self._unsupported("push_payment")

    # --- webhooks ---------------------------------------------------------------------------------------------------

    def verify_webhook(self, body: bytes, headers: Mapping[str, str], now: datetime) -> tuple[Hint, ...]:
        """What a webhook hints at, after its signature on the raw body was verified.

        Raises ``InvalidSignature``; a body that says nothing of interest gives no hints. Makes no call.
        """
        if self.capabilities.webhooks.value is None:
            self._unsupported("webhooks")
        return self._verify_webhook(body, headers, now)

    def _verify_webhook(self, body: bytes, headers: Mapping[str, str], now: datetime) -> tuple[Hint, ...]:
        self._unsupported("webhooks")

    def _unsupported(self, capability: str) -> NoReturn:
        raise NotSupported(f"This package does not support it: {capability}.", capability=capability)
