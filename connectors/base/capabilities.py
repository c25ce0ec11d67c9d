"""What a package can do, declared in advance, each with what it was verified against.

A capability that rests on an unverified fact is off: it has its ``off`` value until the connection enables it by name.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Verified(StrEnum):
    """What a fact was verified against."""

    REAL_SERVER = "real server in tests"
    RECORDING = "recording of a real server"
    DOCUMENTATION = "documentation, never met the real package"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Fact(Generic[T]):
    """A capability. ``value`` is what counts; ``claimed`` what is said of the package, the same once it is on.

    ``source`` is where it comes from: a section of the reference, a recording, a test.
    """

    value: T
    verified: Verified
    source: str
    claimed: T

    @property
    def on(self) -> bool:
        """Whether the connector goes by what is said of the package."""
        return self.value == self.claimed


def known(value: T, verified: Verified, source: str) -> Fact[T]:
    """A capability that was verified, at least against the package's documentation."""
    return Fact(value, verified, source, value)


def unverified(claimed: T, off: T, source: str) -> Fact[T]:
    """A capability that somebody says the package has; off until it is enabled."""
    return Fact(off, Verified.UNVERIFIED, source, claimed)


@dataclass(frozen=True, slots=True)
class TextForm:
    """What a text must look like: at most ``max_length`` characters, wholly matching ``pattern``."""

    max_length: int | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Attachments:
    """Which files a document may have there."""

    media_types: frozenset[str]
    max_bytes: int


class Change(StrEnum):
    """Up to which point a document may still be changed, or deleted, over the API."""

    NEVER = "never"
    DRAFT = "draft"
    BOOKED = "booked"


class Search(StrEnum):
    """Whether a document is found by our number."""

    AT_ONCE = "at_once"
    WITH_LAG = "with_lag"
    """After the settle time only."""
    NO = "no"


class Vat(StrEnum):
    """Whose VAT amounts are booked."""

    OURS = "ours"
    """Amounts may be given, and are booked as given."""
    PER_LINE = "computed_per_line"
    """The package rounds each line's VAT half-up and adds up."""
    PER_CODE = "computed_per_code"
    """The package rounds once for each VAT code, on the sum of its lines."""


class Push(StrEnum):
    """What pushing a payment comes to."""

    NO = "no"
    BOOKS = "books_only"
    BOOKS_AND_MATCHES = "books_and_matches"


class Pull(StrEnum):
    """How payments come in."""

    CHANGES = "changes"
    """News since a cursor."""
    OPEN_LIST = "full_open_list"
    """Only the whole list of open items; absence from a complete list means settled, after a read-back."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``calls`` within ``per``."""

    calls: int
    per: timedelta


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """After ``errors`` refused calls to one endpoint within ``per`` we stop, before the package blocks us."""

    errors: int
    per: timedelta


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Everything the service must know of a package before it sends anything.

    ``settle`` is how long after an unclear outcome a search says the truth. ``key_life`` is how long the package
    remembers an idempotency key (``None``: it honours none). ``webhooks`` names the kind of signature (``None``: no
    webhooks). ``description`` is the form of a line's text.
    """

    number: Fact[TextForm]
    customer_code: Fact[TextForm]
    description: Fact[TextForm]
    attachments: Fact[Attachments | None]
    edits: Fact[Change]
    deletes: Fact[Change]
    credit_link: Fact[bool]
    search: Fact[Search]
    settle: Fact[timedelta]
    key_life: Fact[timedelta | None]
    vat: Fact[Vat]
    posts_separately: Fact[bool]
    push_payment: Fact[Push]
    payments: Fact[Pull]
    webhooks: Fact[str | None]
    cost_centres: Fact[bool]
    limits: Fact[tuple[Limit, ...]]
    error_budget: Fact[ErrorBudget | None]

    def enable(self, names: frozenset[str]) -> Capabilities:
        """The same with these unverified capabilities switched on; an unknown name is a ``KeyError``."""
        if unknown := names - {field.name for field in fields(self)}:
            raise KeyError(", ".join(sorted(unknown)))
        switched: dict[str, Any] = {}
        for name in names:
            fact = getattr(self, name)
            switched[name] = replace(fact, value=fact.claimed)
        return replace(self, **switched)
