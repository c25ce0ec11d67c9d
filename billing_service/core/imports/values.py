"""The state of an import project, as its events made it: frozen values only. ``project`` makes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from billing_service.core.imports.events import QuotePurpose
from billing_service.core.imports.facts import Assessment, ImportFacts, Reason
from billing_service.core.imports.structure import Structure
from billing_service.core.money import ZERO

MomentKind = Literal["first", "included", "further", "new_structure", "feedback_round"]
QuoteState = Literal["open", "accepted", "declined", "withdrawn"]
FeedbackState = Literal["none", "available", "given", "given_paid", "used"]
Basis = Literal["import_price", "free_price", "own_quote", "not_assessed"]
FeeCode = Literal["quoted_import", "further_moment", "new_structure", "return"]


@dataclass(frozen=True, slots=True)
class Quote:
    """A price offered. ``used``: what it was accepted for has been delivered, or can no longer be."""

    quote_id: str
    price: Decimal
    sent_on: date
    valid_until: date
    purpose: QuotePurpose
    state: QuoteState = "open"
    decided_on: date | None = None
    reason: str = ""
    used: bool = False

    def expired(self, today: date) -> bool:
        return self.state == "open" and self.valid_until < today


@dataclass(frozen=True, slots=True)
class Moment:
    """An import moment carried out; ``kind`` says why it costs so. A ``feedback_round`` is a paid second one."""

    number: int
    on: date
    delivery_id: str
    structure: Structure
    kind: MomentKind
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Agreement:
    """The customer's word that something may be charged; ``event`` names it by the kind of its event."""

    event: str
    on: date
    by: str


@dataclass(frozen=True, slots=True)
class Fee:
    """An amount to charge, without VAT, never negative. ``moment`` is the moment it is for (none for a return);
    ``event`` is the place, from 0, of the event that caused it. No two fees have the same code and moment.
    """

    code: FeeCode
    moment: int | None
    amount: Decimal
    on: date
    event: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """``facts`` and ``assessment`` are the import's own; ``next_facts`` those of a later delivery that a person
    assessed and that is not imported yet. ``price`` is the accepted price; none: the import is free, or not agreed yet.
    ``agreements`` wait for the delivery they are for.
    """

    opened_on: date | None = None
    last_on: date | None = None
    events: int = 0
    website: bool = False
    website_added_on: date | None = None
    facts: ImportFacts | None = None
    assessment: Assessment | None = None
    next_facts: ImportFacts | None = None
    price: Decimal | None = None
    quotes: tuple[Quote, ...] = ()
    moments: tuple[Moment, ...] = ()
    feedback: FeedbackState = "none"
    agreements: tuple[Agreement, ...] = ()
    returns: int = 0
    deliveries: frozenset[str] = frozenset()
    fees: tuple[Fee, ...] = ()
    closed_on: date | None = None
    closed_reason: str = ""

    @property
    def closed(self) -> bool:
        return self.closed_on is not None

    @property
    def structures(self) -> tuple[Structure, ...]:
        """Every structure delivered so far, once."""
        return tuple({moment.structure.fingerprint: moment.structure for moment in self.moments}.values())

    @property
    def total(self) -> Decimal:
        """All fees together, without VAT."""
        return sum((fee.amount for fee in self.fees), ZERO)

    def open_quote(self, today: date) -> Quote | None:
        """The quote that the customer can accept today."""
        return next((quote for quote in self.quotes if quote.state == "open" and not quote.expired(today)), None)

    def accepted_quote(self, purpose: QuotePurpose) -> Quote | None:
        """The quote accepted for this purpose and not yet delivered; of the import: also after it was delivered."""
        found = [quote for quote in self.quotes if quote.purpose == purpose and quote.state == "accepted"]
        return next((quote for quote in reversed(found) if purpose == "import" or not quote.used), None)

    def agreed(self, event: str) -> Agreement | None:
        """The agreement recorded by this kind of event, while it waits for what it is for."""
        return next((agreement for agreement in self.agreements if agreement.event == event), None)
