"""Member-file imports: policies, projects with their history, what was delivered, quotes, and the fees charged.

The history of a project is its events; everything else about it follows from them (``core.imports``). Contents of
member files are personal data and stand nowhere: a delivery keeps titles, counts and notations (docs/decisions/0008).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.store.base import Base, Keyed, Owned, Versioned, one_of, points_to
from billing_service.store.types import Cents

_OPEN = text("state = 'open'")


class ImportPolicyRow(Base, Keyed):
    """What imports cost from ``valid_from`` on. ``document`` is as given: only the settings that differ; ``settings``
    are all of them, so that later defaults change nothing. Never changes once stored."""

    __tablename__ = "import_policies"

    label: Mapped[str]
    valid_from: Mapped[date]
    document: Mapped[dict[str, Any]]
    settings: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("administration_id", "label"),
        UniqueConstraint("administration_id", "valid_from"),
    )


class ImportProject(Base, Keyed, Versioned):
    """One import for a customer, under a contract. ``policy_label`` and ``policy_settings`` are those in force on the
    day of opening, complete; without ``policy_id`` they are the defaults. Its row is the lock of its history."""

    __tablename__ = "import_projects"

    contract_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    reference: Mapped[str]
    name: Mapped[str]
    opened_on: Mapped[date]
    policy_id: Mapped[UUID | None]
    policy_label: Mapped[str]
    policy_settings: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="open")
    events: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("administration_id", "reference"),
        points_to("contracts", "contract_id"),
        points_to("customers", "customer_id"),
        points_to("import_policies", "policy_id"),
        one_of("state", "open", "closed"),
        Index(None, "administration_id", "contract_id"),
        Index(None, "administration_id", "customer_id"),
    )


class ImportEvent(Base, Owned):
    """Something that happened in a project: ``kind`` and ``data`` are the plain form of an event of ``core.imports``,
    ``happened_on`` its business date, ``at`` when it was recorded. Append-only."""

    __tablename__ = "import_events"

    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    happened_on: Mapped[date]
    data: Mapped[dict[str, Any]]
    actor: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (points_to("import_projects", "project_id"),)


class ImportDelivery(Base, Keyed, Versioned):
    """What the customer delivered at one time: its files, or their titles as stated. ``used_as`` and ``reason`` say
    what became of it."""

    __tablename__ = "import_deliveries"

    project_id: Mapped[UUID]
    number: Mapped[int]
    received_on: Mapped[date]
    state: Mapped[str] = mapped_column(default="open")
    used_as: Mapped[str | None]
    reason: Mapped[str | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("administration_id", "project_id", "number"),
        points_to("import_projects", "project_id"),
        one_of("state", "open", "imported", "sent_back", "discarded"),
        one_of("used_as", "moment", "feedback", "redo"),
        CheckConstraint("(state = 'imported') = (used_as IS NOT NULL)", name="used"),
    )


class ImportFile(Base, Keyed):
    """A file of a delivery: its name and digest, and ``reading`` – format, titles, counts, notations, problems.
    ``stated`` ones were not sent: somebody said what their titles are."""

    __tablename__ = "import_files"

    delivery_id: Mapped[UUID]
    name: Mapped[str]
    stated: Mapped[bool] = mapped_column(default=False)
    size: Mapped[int | None]
    sha256: Mapped[str | None]
    reading: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("administration_id", "delivery_id", "name"),
        points_to("import_deliveries", "delivery_id"),
        CheckConstraint("stated = (sha256 IS NULL)", name="read"),
    )


class ImportQuote(Base, Keyed, Versioned):
    """A price offered for a project. ``document`` is the frozen value that its PDF prints, with its ``sha256``;
    ``token_sha256`` of the customer's link. A decided quote never changes. It is marked ``expired`` when the next one
    is sent; until then its date tells."""

    __tablename__ = "import_quotes"

    project_id: Mapped[UUID]
    number: Mapped[int]
    reference: Mapped[str]
    purpose: Mapped[str]
    price: Mapped[Decimal] = mapped_column(Cents)
    note: Mapped[str | None]
    sent_on: Mapped[date]
    valid_until: Mapped[date]
    state: Mapped[str] = mapped_column(default="open")
    document: Mapped[str]
    sha256: Mapped[str]
    token_sha256: Mapped[str]
    decided_on: Mapped[date | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    decided_how: Mapped[str | None]
    reason: Mapped[str | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("administration_id", "project_id", "number"),
        UniqueConstraint("token_sha256"),
        points_to("import_projects", "project_id"),
        one_of("purpose", "import", "new_structure"),
        one_of("state", "open", "accepted", "declined", "withdrawn", "expired"),
        one_of("decided_how", "api", "link"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("price > 0", name="price"),
        Index(
            "uq_import_quotes_open",
            "administration_id",
            "project_id",
            unique=True,
            postgresql_where=_OPEN,
            sqlite_where=_OPEN,
        ),
    )


class ImportQuotePdf(Base, Owned):
    """The PDF of a quote, rendered once from its frozen value."""

    __tablename__ = "import_quote_pdfs"

    quote_id: Mapped[UUID] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (points_to("import_quotes", "quote_id"),)


class ImportFee(Base, Owned):
    """Which charge a fee of a project became: at most one per event and code, and one per delivered moment and code."""

    __tablename__ = "import_fees"

    project_id: Mapped[UUID] = mapped_column(primary_key=True)
    event: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    moment: Mapped[int | None]
    charge_id: Mapped[UUID]

    __table_args__ = (
        UniqueConstraint("administration_id", "project_id", "moment", "code"),
        UniqueConstraint("administration_id", "charge_id"),
        points_to("import_projects", "project_id"),
        points_to("import_events", "project_id", "event", key=("project_id", "seq")),
        points_to("charges", "charge_id"),
    )
