"""What becomes of each payment here, from what stands of it there and what of ours it is about. Changes nothing.

A payment that names a document of ours needs no matching: the package has said what it settles. It is booked in full,
so that too much makes the invoice overpaid; the rest is for :mod:`billing_service.collection.matching`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from billing_service.collection.links import Links, Ours, Pushed
from billing_service.collection.payments import Payment
from billing_service.core.identifiers import check_iban
from billing_service.core.money import ZERO
from billing_service.receivables import Settling
from billing_service.store.scope import AMSTERDAM

OTHER_CURRENCY: Final = "other_currency"
MONEY_OUT: Final = "money_out"
OWNED_HERE: Final = "owned_here"
EXCEEDS_CREDIT: Final = "exceeds_credit"
REFUNDED_HERE: Final = "refunded_here"
CHANGED_SINCE: Final = "changed_since"
"""Why a person must look, beside those of :class:`billing_service.core.matching.Doubt`."""


@dataclass(frozen=True, slots=True)
class Refunding:
    """Money paid back on a credit note."""

    credit_note_id: UUID
    amount: Decimal
    refunded_on: date


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to stand here because of a payment. ``undoes``: our own receipt, taken back there."""

    state: str
    evidence: str | None = None
    doubt: str | None = None
    proposals: tuple[UUID, ...] = ()
    customer_id: UUID | None = None
    settling: Settling | None = None
    refunding: Refunding | None = None
    undoes: Pushed | None = None

    @property
    def booking(self) -> str | None:
        """The digest of what is to be booked; ``None`` for nothing."""
        if self.settling is None and self.refunding is None:
            return None
        return hashlib.sha256(repr((self.settling, self.refunding)).encode()).hexdigest()


def doubtful(doubt: str, customer_id: UUID | None = None, proposals: Iterable[UUID] = ()) -> Wanted:
    """A person decides."""
    return Wanted("needs_decision", doubt=doubt, customer_id=customer_id, proposals=tuple(proposals))


def decided(payment: Payment, stands: Decimal, links: Links) -> Wanted | None:
    """What is wanted of a payment of which this much stands; ``None`` where it has to be matched first."""
    if payment.undoes is not None:
        return Wanted("taken_back" if payment.undoes == payment.remote_id else "reversal")
    pushed = links.pushed.get(payment.number or "")
    if pushed is not None:
        return _recognised(pushed, stands, links)
    if stands == ZERO:
        return Wanted("reversal" if payment.amount < ZERO else "taken_back")
    ours = _document(payment, links)
    if ours is not None:
        return _linked(payment, stands, ours, links)
    older = links.older.get(payment.document or "")
    if older is not None:
        return Wanted("opening", evidence="document", customer_id=older.customer_id)
    if stands < ZERO:
        known = links.customers.get(payment.customer or "")
        return doubtful(MONEY_OUT, known) if known and payment.document is None else Wanted("elsewhere")
    return None


def by_a_person(payment: Payment, stands: Decimal) -> Wanted | None:
    """What a person decided, as long as it stands there for the same amount; ``None`` where nobody did."""
    said = payment.decision
    if said is None:
        return None
    if Decimal(said["stands"]) != stands:
        return doubtful(CHANGED_SINCE, payment.customer_id, [UUID(one) for one, _ in said["parts"]])
    if said["choice"] == "not_ours":
        return Wanted("not_ours", evidence="person")
    parts = [(UUID(one), Decimal(amount)) for one, amount in said["parts"]]
    customer = UUID(said["customer_id"])
    state = "settled" if parts else "balance"
    return Wanted(state, "person", customer_id=customer, settling=settling_of(payment, customer, stands, parts))


def settling_of(
    payment: Payment, customer_id: UUID, amount: Decimal, parts: Iterable[tuple[UUID, Decimal]] = ()
) -> Settling:
    """The receipt of this payment, with what of it settles which invoice."""
    return Settling(
        customer_id=customer_id,
        received_on=payment.paid_on,
        amount=amount,
        parts=tuple(parts),
        method="other" if payment.derived else "bank_transfer",
        iban=known_iban(payment),
        reference=payment.reference or payment.document_number,
    )


def known_iban(payment: Payment) -> str | None:
    """The account of the payer, where what was told is one."""
    try:
        return None if payment.iban is None else check_iban(payment.iban)
    except ValueError:
        return None


def before_the_opening(payments: Iterable[Payment], stands: Mapping[str, Decimal], links: Links) -> dict[str, Decimal]:
    """By id what of payments of older documents was paid already when the opening balance was taken.

    What was open then is known, so the first of its payments count as paid until they come to the rest of its total;
    what is dated after that day never does.
    """
    taken = links.connection.opening_taken_at
    gone: dict[str, Decimal] = {}
    left = {key: one.total - one.open for key, one in links.older.items()}
    for payment in sorted(payments, key=lambda one: (one.paid_on, one.remote_id)):
        amount, budget = stands[payment.remote_id], left.get(payment.document or "", ZERO)
        if amount > ZERO and budget > ZERO and not payment.derived and not _is_after(payment, taken):
            gone[payment.remote_id] = min(amount, budget)
            left[payment.document or ""] = budget - gone[payment.remote_id]
    return gone


def _is_after(payment: Payment, taken: datetime | None) -> bool:
    return taken is not None and payment.paid_on > taken.astimezone(AMSTERDAM).date()


def _document(payment: Payment, links: Links) -> Ours | None:
    ours = links.documents.get(payment.document or "")
    if ours is None and payment.document in links.older:
        return links.older[payment.document].ours
    return ours


def _recognised(pushed: Pushed, stands: Decimal, links: Links) -> Wanted:
    """Where it stands there for another amount that is a conflict of both sides (``billing_service.ownership``)."""
    if stands == ZERO and links.connection.payments_owner == "package":
        return Wanted("taken_back", customer_id=pushed.customer_id, undoes=None if pushed.undone else pushed)
    return Wanted("recognised", evidence="number", customer_id=pushed.customer_id)


def _linked(payment: Payment, stands: Decimal, ours: Ours, links: Links) -> Wanted:
    if payment.currency != ours.currency:
        return doubtful(OTHER_CURRENCY, ours.customer_id, [ours.id])
    if links.connection.payments_owner != "package":
        return doubtful(OWNED_HERE, ours.customer_id, [ours.id])
    if stands < ZERO:
        return doubtful(MONEY_OUT, ours.customer_id, [ours.id])
    if ours.kind == "credit_note":
        refunding = Refunding(ours.id, stands, payment.paid_on)
        return Wanted("settled", evidence="document", customer_id=ours.customer_id, refunding=refunding)
    settling = settling_of(payment, ours.customer_id, stands, [(ours.id, stands)])
    return Wanted("settled", evidence="document", customer_id=ours.customer_id, settling=settling)
