"""An invoice or credit note on its way: its customer first, then document, PDF and posting; read back at the end."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

import orjson

from billing_service.connections.documents import document_value, mapped
from billing_service.connections.facts import document_facts
from billing_service.core.document import InvoiceDocument, from_json
from billing_service.delivery.patience import CUSTOMER, INVOICE, Attention, Later, after_others
from billing_service.delivery.push import Push
from billing_service.delivery.steps import Move, next_move
from billing_service.delivery.telling import CUSTOMER_FIRST, INVOICE_FIRST
from billing_service.invoicing import get_invoice, pdf_of
from billing_service.invoicing.pdf import file_name
from billing_service.store import dispatch
from billing_service.store.agreements import agree
from billing_service.store.connections import ConnectionCustomer
from billing_service.store.deliveries import Delivery
from billing_service.store.invoices import Invoice
from billing_service.store.scope import Scope
from connectors.base import (
    AlreadyThere,
    Attachment,
    Cause,
    Difference,
    Document,
    Outcome,
    OutcomeUnknown,
    Refused,
    RemoteDocument,
    State,
    Step,
    differences,
)

PDF: Final = "application/pdf"
MOST_MOVES: Final = 12
AS_SENT: Final = frozenset({"kind", "currency", "net", "tax", "total"})
"""What must be right already of a draft; number and dates may come with posting."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What is to be delivered, as it is now."""

    id: UUID
    document: Document
    file: str | None
    digest: str


def push_document(push: Push) -> timedelta | None:
    """Every step that is left, from wherever an earlier worker came; after how long it goes on, if it does."""
    loaded = _load(push)
    if isinstance(loaded, Later):
        return push.later(loaded)
    if isinstance(loaded, Attention):
        return push.attention(loaded)
    return _Document(push, loaded).go()


@dataclass(slots=True)
class _Document:
    """``remote`` is the document as it was read last; ``is_read`` that nothing was changed since. ``absent``: a search
    has just shown that it is not there."""

    push: Push
    paper: Paper
    remote: RemoteDocument | None = None
    is_read: bool = False
    absent: bool = False

    def go(self) -> timedelta | None:
        for _ in range(MOST_MOVES):
            move = self._next()
            if self._is_wrong(move):
                return None
            if move is Move.WAIT:
                return self._wait()
            if move is Move.ASK:
                return self.push.attention(Attention("outcome_unclear", "look_there"))
            if move is Move.COMPARE and self.is_read:
                return self._compared()
            if self._taken(move):
                return None
        return self.push.attention(Attention("no_end", "fix_support"))

    def _next(self) -> Move:
        progress = self.push.progress
        if self.absent:
            progress = replace(progress, unclear=False, remote_id=None)
        return next_move(
            progress,
            self.push.capabilities,
            self.remote,
            attachment=self.paper.file,
            digest=self.paper.digest,
            now=self.push.now(),
        )

    def _taken(self, move: Move) -> bool:
        """As ``_take``; a step that is refused because another worker has just taken it is taken."""
        try:
            return self._take(move)
        except Refused:
            if move not in (Move.ATTACH, Move.POST, Move.UPDATE) or self._read(self.push.row.remote_id or ""):
                raise
            if self._next() in (move, Move.WAIT):
                raise
            return False

    def _take(self, move: Move) -> bool:
        """Take one step; whether it ended with a person."""
        connector, row = self.push.connector, self.push.row
        if move is Move.LOOK:
            return self._look()
        if move is Move.CREATE:
            self._create()
        elif move is Move.ATTACH:
            self._attach(row.remote_id or "")
        elif move is Move.UPDATE:
            self.remote = connector.update_document(row.remote_id or "", self.paper.document)
            self._moved(digest=self.paper.digest)
        elif move is Move.POST:
            self.remote, self.is_read = connector.post(row.remote_id or ""), False
        else:
            return self._read(row.remote_id or "")
        return False

    # --- steps ------------------------------------------------------------------------------------------------------

    def _look(self) -> bool:
        sent = self.paper.document
        found = self.push.connector.find_document(sent.kind, sent.number, customer=sent.customer, on=sent.issue_date)
        if found.outcome is Outcome.SEVERAL:
            ids = ", ".join(one.id for one in found.items)
            self.push.attention(Attention("several_there", "look_there", None, ids))
            return True
        if found.outcome is Outcome.CANNOT_SEARCH:
            self.push.attention(Attention("outcome_unclear", "look_there"))
            return True
        if found.outcome is Outcome.NONE:
            self.absent = True
        else:
            self.remote, self.is_read = found.items[0], True
            self.push.arrived(remote_id=self.remote.id)
        return False

    def _create(self) -> None:
        self.push.begin(Step.CREATE, self.paper.digest)
        self.absent = False
        try:
            self.remote = self.push.connector.create_document(self.paper.document, key=self.push.row.key)
        except AlreadyThere as error:
            if error.remote_id is None:  # it says so, but not where: look once its index has caught up
                raise OutcomeUnknown(str(error), detail=error.detail) from None
            self.push.arrived(remote_id=error.remote_id)
        else:
            self._moved(remote_id=self.remote.id)

    def _attach(self, remote_id: str) -> None:
        pdf = pdf_of(self.push.hands.reading, self.push.hands.scope, self.paper.id)
        self.push.begin(Step.ATTACH)
        self.push.connector.attach(remote_id, Attachment(pdf.file_name, PDF, pdf.content), key=self.push.row.key)
        self._moved(attached=True)

    def _read(self, remote_id: str) -> bool:
        try:
            self.remote, self.is_read = self.push.connector.read_document(remote_id), True
        except Refused as error:
            if error.cause is not Cause.DOCUMENT_UNKNOWN:
                raise
            self.push.attention(Attention("document_gone", "look_there", None, error.detail or str(error)))
            return True
        if self.remote.state is State.CANCELLED:
            self.push.attention(Attention("document_cancelled", "look_there"))
            return True
        return False

    def _moved(self, **values: object) -> None:
        self.push.arrived(**values)
        self.is_read = False

    # --- how it ends ------------------------------------------------------------------------------------------------

    def _wait(self) -> timedelta:
        now = self.push.now()
        return self.push.later(Later("unclear", self.push.row.waiting_since or now, self.push.row.look_after or now))

    def _is_wrong(self, move: Move) -> bool:
        """A draft that is not what was sent is not completed and not posted."""
        if self.remote is None or move not in (Move.ATTACH, Move.POST):
            return False
        wrong = [one for one in self._differences() if one.field in AS_SENT or one.field.startswith("vat.")]
        if wrong:
            self.push.attention(Attention("differs", "look_there"), wrong)
        return bool(wrong)

    def _compared(self) -> timedelta | None:
        if wrong := self._differences():
            return self.push.attention(Attention("differs", "look_there"), wrong)
        return self.push.delivered(self._agreed, step=Step.DONE)

    def _agreed(self, scope: Scope) -> bool:
        if self.remote is not None:
            about = (self.push.row.connection_id, "document", self.paper.id)
            agree(scope, *about, document_facts(self.remote))
        return True

    def _differences(self) -> Sequence[Difference]:
        return differences(self.paper.document, self.remote, self.push.capabilities) if self.remote else ()


# --- what is to be delivered ----------------------------------------------------------------------------------------


def _load(push: Push) -> Paper | Later | Attention:
    with push.hands.reading() as scope:
        row = get_invoice(scope, push.row.subject_id)
        frozen = from_json(row.document.encode())
        key = (scope.administration_id, push.row.connection_id, row.customer_id)
        customer = scope.session.get(ConnectionCustomer, key)
        if customer is None:
            return _after_customer(push, _delivery(scope, push, "customer", row.customer_id), row.customer_id)
        credited = _credited(scope, push, row)
        if credited is not None and credited.state in {"waiting", "needs_attention"}:
            return _after(push, credited, INVOICE, INVOICE_FIRST)
        document = document_value(
            frozen,
            customer.remote_id,
            mapped(scope, push.row.connection_id),
            push.capabilities,
            credits_id=credited.remote_id if credited is not None and credited.state == "delivered" else None,
        )
    digest = hashlib.sha256(orjson.dumps(document, default=str)).hexdigest()
    return Paper(row.id, document, _file(push, frozen), digest)


def _credited(scope: Scope, push: Push, row: Invoice) -> Delivery | None:
    if row.credits_invoice_id is None:
        return None
    return _delivery(scope, push, "document", row.credits_invoice_id)


def _delivery(scope: Scope, push: Push, noun: str, subject_id: UUID) -> Delivery | None:
    return dispatch.delivery_of(scope, push.row.connection_id, noun, subject_id)


def _after_customer(push: Push, first: Delivery | None, customer_id: UUID) -> Later | Attention:
    if first is None or first.state == "delivered":  # and yet it is nobody there
        with push.hands.scope() as scope:
            dispatch.customer_again(scope, push.row.connection_id, customer_id)
    return _after(push, first, CUSTOMER, CUSTOMER_FIRST)


def _after(push: Push, first: Delivery | None, waits: str, cause: str) -> Later | Attention:
    if first is not None and first.state in {"needs_attention", "cancelled"}:
        return Attention(cause, "look_there", None, first.number)
    return after_others(waits, push.row.waiting_since, push.now())


def _file(push: Push, document: InvoiceDocument) -> str | None:
    """The name of the PDF, where one is to be attached."""
    allowed = push.capabilities.attachments.value
    if allowed is None or PDF not in allowed.media_types or push.row.without_file:
        return None
    return file_name(document)
