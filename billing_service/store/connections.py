"""Connections to accounting packages: what was filled in, what is mapped, who is known there, tokens and limits.

Secrets and tokens stand here encrypted only (``vault``); the keys are in the environment.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.store.base import Base, Keyed, Owned, Versioned, one_of, points_to
from billing_service.store.types import Cents, UnitPrice

_NOT_CLOSED: Final = text("state <> 'closed'")

LISTS: Final = ("vat_code", "ledger_account", "journal", "cost_centre", "payment_method")
"""The lists of a package that something can be mapped to."""


class Connection(Base, Keyed, Versioned):
    """An administration's link to one company in an accounting package.

    ``settings`` and ``secrets`` (an encrypted JSON object) are those that the package names, ``secret_names`` which of
    these were given; ``enabled`` names unverified capabilities that somebody switched on. Documents dated from
    ``start_date`` on are delivered.
    ``checked_at``, ``lists_read_at``, ``matched_at`` and ``opening_taken_at`` are when that was last done whole.
    ``restored_at``: this is a restored copy, over which nothing is called until a person resumes it.
    ``sign_in_state`` is the SHA-256 of the state that a sign-in over OAuth must bring back before ``sign_in_until``.
    ``webhook_key`` is the unguessable part of the address at which the package may call us.
    """

    __tablename__ = "connections"

    package: Mapped[str]
    title: Mapped[str]
    state: Mapped[str] = mapped_column(default="preparing")
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    secrets: Mapped[bytes | None] = mapped_column(LargeBinary)
    secret_names: Mapped[list[Any]] = mapped_column(default=list)
    enabled: Mapped[list[Any]] = mapped_column(default=list)
    company_id: Mapped[str | None]
    company_name: Mapped[str | None]
    company_currency: Mapped[str | None]
    checked_at: Mapped[datetime | None]
    lists_read_at: Mapped[datetime | None]
    matched_at: Mapped[datetime | None]
    start_date: Mapped[date | None]
    pushes_receipts: Mapped[bool] = mapped_column(default=False)
    payments_owner: Mapped[str] = mapped_column(default="package")
    stop_cause: Mapped[str | None]
    stop_reason: Mapped[str | None]
    stopped_at: Mapped[datetime | None]
    restored_at: Mapped[datetime | None]
    opening_taken_at: Mapped[datetime | None]
    sign_in_state: Mapped[str | None]
    sign_in_until: Mapped[datetime | None]
    webhook_key: Mapped[str]
    activated_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        one_of("state", "preparing", "active", "stopped", "closed"),
        one_of("payments_owner", "package", "service"),
        one_of("stop_cause", "person", "sign_in", "other_company", "restored"),
        CheckConstraint("state <> 'active' OR start_date IS NOT NULL", name="start_date"),
        CheckConstraint("state <> 'stopped' OR (stop_cause IS NOT NULL AND stopped_at IS NOT NULL)", name="stopped"),
        UniqueConstraint("webhook_key"),
        Index(
            "uq_connections_not_closed",
            "administration_id",
            unique=True,
            postgresql_where=_NOT_CLOSED,
            sqlite_where=_NOT_CLOSED,
        ),
    )


class ConnectionTokens(Base, Owned):
    """The OAuth tokens of a connection: ``pair`` is encrypted, ``generation`` rises with every pair stored.

    Whoever renews them holds a lease, not a row lock: no transaction is open during the call. ``stopped_reason``: the
    package refuses them; somebody must sign in again.
    """

    __tablename__ = "connection_tokens"

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    pair: Mapped[bytes] = mapped_column(LargeBinary)
    generation: Mapped[int] = mapped_column(default=1)
    obtained_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    stopped_reason: Mapped[str | None]
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]

    __table_args__ = (points_to("connections", "connection_id"),)


class ConnectionLimit(Base, Owned):
    """Until when the package asked us to leave it alone; the row is also the lock under which calls are counted."""

    __tablename__ = "connection_limits"

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    paused_until: Mapped[datetime | None]

    __table_args__ = (points_to("connections", "connection_id"),)


class ConnectionCalls(Base, Owned):
    """How many calls fell into one small slot of time: all of a connection (no endpoint), or the refused ones of an
    endpoint. The whole slot counts until ``last_at`` has left the window."""

    __tablename__ = "connection_calls"

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    endpoint: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[datetime] = mapped_column(primary_key=True)
    calls: Mapped[int]
    last_at: Mapped[datetime]

    __table_args__ = (
        points_to("connections", "connection_id"),
        one_of("kind", "call", "refused"),
        CheckConstraint("(kind = 'call') = (endpoint = '')", name="endpoint"),
    )


class ConnectionChoice(Base, Owned):
    """One entry of a list of the package, as last read. ``rate`` (a percentage) and ``category`` are of VAT codes."""

    __tablename__ = "connection_choices"

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    remote_id: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    rate: Mapped[Decimal | None] = mapped_column(UnitPrice)
    category: Mapped[str | None]
    active: Mapped[bool]
    read_at: Mapped[datetime]

    __table_args__ = (points_to("connections", "connection_id"), one_of("kind", *LISTS))


class ConnectionMapping(Base, Owned):
    """What of ours is booked on what of theirs.

    ``ours`` by kind: ``vat`` a category, for S with its rate (``S:21``, ``AE``); ``revenue`` and ``cost_centre`` a
    revenue group, or empty for all others; ``payment_method`` the method of a receipt, or empty for all others; empty
    for ``journal``, ``credit_journal``, ``rounding_account`` and ``rounding_vat``. ``problem`` is why it no longer
    holds, as found when the lists were read last.
    """

    __tablename__ = "connection_mappings"

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    ours: Mapped[str] = mapped_column(primary_key=True)
    remote_id: Mapped[str]
    problem: Mapped[str | None]

    __table_args__ = (
        points_to("connections", "connection_id"),
        one_of(
            "kind",
            "vat",
            "revenue",
            "journal",
            "credit_journal",
            "cost_centre",
            "payment_method",
            "rounding_account",
            "rounding_vat",
        ),
    )


class ConnectionCustomer(Base, Owned):
    """Which customer there is which of ours: one to one. ``sent_digest`` tells whether what stands there is current."""

    __tablename__ = "connection_customers"

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    remote_id: Mapped[str]
    sent_digest: Mapped[str | None]
    sent_at: Mapped[datetime | None]

    __table_args__ = (
        points_to("connections", "connection_id"),
        points_to("customers", "customer_id"),
        UniqueConstraint("administration_id", "connection_id", "remote_id"),
    )


class ConnectionMatch(Base, Keyed):
    """A customer that stood there before and may be one of ours. ``certain``: nothing speaks against it."""

    __tablename__ = "connection_matches"

    connection_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    remote_id: Mapped[str]
    remote_code: Mapped[str | None]
    remote_name: Mapped[str]
    found_by: Mapped[str]
    certain: Mapped[bool]
    state: Mapped[str] = mapped_column(default="proposed")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        points_to("connections", "connection_id"),
        points_to("customers", "customer_id"),
        one_of("found_by", "code", "vat_number", "kvk_number", "name_and_postcode"),
        one_of("state", "proposed", "accepted", "rejected"),
        CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decided"),
        UniqueConstraint("administration_id", "connection_id", "customer_id", "remote_id"),
    )


class OpeningItem(Base, Keyed):
    """What was still open there, of documents from before the start date, when the opening balance was taken.

    ``document_remote_id`` and ``customer_remote_id`` are ids there; ``customer_id`` and ``invoice_id`` are ours where
    they are known.
    """

    __tablename__ = "connection_opening_items"

    connection_id: Mapped[UUID]
    document_remote_id: Mapped[str]
    customer_remote_id: Mapped[str | None]
    customer_id: Mapped[UUID | None]
    invoice_id: Mapped[UUID | None]
    kind: Mapped[str]
    number: Mapped[str | None]
    issue_date: Mapped[date]
    due_date: Mapped[date | None]
    currency: Mapped[str]
    total: Mapped[Decimal] = mapped_column(Cents)
    open: Mapped[Decimal] = mapped_column(Cents)
    created_at: Mapped[datetime]

    __table_args__ = (
        points_to("connections", "connection_id"),
        points_to("customers", "customer_id"),
        points_to("invoices", "invoice_id"),
        one_of("kind", "invoice", "credit_note"),
        UniqueConstraint("administration_id", "connection_id", "document_remote_id"),
        Index(None, "administration_id", "customer_id"),
    )
