"""What happens in an import project: one frozen value per kind, and each as plain JSON and back.

A project is nothing but its events in order: ``project.replay`` makes its state and its fees of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Final, Literal

from billing_service.core import money
from billing_service.core.imports.facts import ImportFacts
from billing_service.core.imports.structure import Structure, structure_of
from billing_service.errors import FieldError, InvalidInput

QuotePurpose = Literal["import", "new_structure"]


@dataclass(frozen=True, slots=True)
class Opened:
    """The project began; ``website``: it was sold with a website."""

    kind: ClassVar[str] = "opened"
    on: date
    website: bool


@dataclass(frozen=True, slots=True)
class Assessed:
    """A person confirmed the facts of the files: of the first delivery, later of a delivery with a new structure."""

    kind: ClassVar[str] = "assessed"
    on: date
    facts: ImportFacts


@dataclass(frozen=True, slots=True)
class WebsiteAdded:
    """A website was added to a project that was sold without one."""

    kind: ClassVar[str] = "website_added"
    on: date


@dataclass(frozen=True, slots=True)
class QuoteSent:
    """A price was offered, without VAT, for the import or for a new structure that is no longer free."""

    kind: ClassVar[str] = "quote_sent"
    on: date
    quote_id: str
    price: Decimal
    valid_until: date
    purpose: QuotePurpose = "import"

    def __post_init__(self) -> None:
        price = money.amount(self.price, "/price")
        object.__setattr__(self, "price", price)
        if price < 0:
            raise InvalidInput("a price cannot be negative", errors=[FieldError("/price", "cannot be negative")])
        if self.valid_until < self.on:
            raise InvalidInput(
                "a quote is valid on the day it is sent, at least",
                errors=[FieldError("/valid_until", "is before the day on which the quote is sent")],
            )


@dataclass(frozen=True, slots=True)
class QuoteAccepted:
    kind: ClassVar[str] = "quote_accepted"
    on: date
    quote_id: str


@dataclass(frozen=True, slots=True)
class QuoteDeclined:
    kind: ClassVar[str] = "quote_declined"
    on: date
    quote_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class QuoteWithdrawn:
    kind: ClassVar[str] = "quote_withdrawn"
    on: date
    quote_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SentBack:
    """A file that was too poor to import went back to the customer (R4)."""

    kind: ClassVar[str] = "sent_back"
    on: date
    delivery_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class MomentDelivered:
    """An import moment was carried out; ``skipped`` are the titles of the columns that could not be imported (R4)."""

    kind: ClassVar[str] = "moment_delivered"
    on: date
    delivery_id: str
    structure: Structure
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedbackGiven:
    """The customer said which fields were imported wrongly (R5)."""

    kind: ClassVar[str] = "feedback_given"
    on: date
    text: str


@dataclass(frozen=True, slots=True)
class FeedbackImported:
    """The feedback was followed and the file imported again (R5)."""

    kind: ClassVar[str] = "feedback_imported"
    on: date
    delivery_id: str
    structure: Structure


@dataclass(frozen=True, slots=True)
class Redone:
    """An import was done again because of our own mistake."""

    kind: ClassVar[str] = "redone"
    on: date
    delivery_id: str
    reason: str
    structure: Structure


@dataclass(frozen=True, slots=True)
class FurtherMomentAgreed:
    """The customer agreed to pay for the next moment, which is no longer included (R7); ``by`` is who said so."""

    kind: ClassVar[str] = "further_moment_agreed"
    on: date
    by: str


@dataclass(frozen=True, slots=True)
class NewStructureAgreed:
    """The customer cannot deliver the old structure any more and agreed to pay for the new one (R8)."""

    kind: ClassVar[str] = "new_structure_agreed"
    on: date
    by: str


@dataclass(frozen=True, slots=True)
class ReturnAgreed:
    """The customer agreed to pay for checking a file once more, after the free returns (point i)."""

    kind: ClassVar[str] = "return_agreed"
    on: date
    by: str


@dataclass(frozen=True, slots=True)
class Closed:
    kind: ClassVar[str] = "closed"
    on: date
    reason: str = ""


Event = (
    Opened
    | Assessed
    | WebsiteAdded
    | QuoteSent
    | QuoteAccepted
    | QuoteDeclined
    | QuoteWithdrawn
    | SentBack
    | MomentDelivered
    | FeedbackGiven
    | FeedbackImported
    | Redone
    | FurtherMomentAgreed
    | NewStructureAgreed
    | ReturnAgreed
    | Closed
)
EVENTS: Final[dict[str, type[Any]]] = {
    kind.kind: kind
    for kind in (
        Opened, Assessed, WebsiteAdded, QuoteSent, QuoteAccepted, QuoteDeclined, QuoteWithdrawn, SentBack,
        MomentDelivered, FeedbackGiven, FeedbackImported, Redone, FurtherMomentAgreed, NewStructureAgreed,
        ReturnAgreed, Closed,
    )
}  # fmt: skip
KINDS: Final = tuple(EVENTS)


def event_to_plain(event: Event) -> dict[str, Any]:
    """The event as plain JSON, its date and all; the kind (``event.kind``) is kept beside it."""
    return {field.name: _plain(getattr(event, field.name)) for field in dataclasses.fields(event)}


def event_from_plain(kind: str, plain: Mapping[str, Any]) -> Event:
    """The event of ``kind`` that ``event_to_plain`` wrote. Raises ``InvalidInput`` for what it cannot have written."""
    if kind not in EVENTS:
        raise InvalidInput("no such kind of event", errors=[FieldError("/kind", f"must be one of {', '.join(KINDS)}")])
    try:
        values = {name: _READERS[name](value) if name in _READERS else value for name, value in plain.items()}
        event: Event = EVENTS[kind](**values)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"this cannot be the event {kind}") from error
    return event


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, ImportFacts):
        return dataclasses.asdict(value)
    if isinstance(value, Structure):
        return [list(file) for file in value.files]
    return list(value) if isinstance(value, tuple) else value


_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "on": date.fromisoformat,
    "valid_until": date.fromisoformat,
    "price": money.amount,
    "facts": lambda facts: ImportFacts(**facts),
    "structure": structure_of,
    "skipped": tuple,
}
