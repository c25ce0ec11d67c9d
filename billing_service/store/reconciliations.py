"""What comparing our documents with a package came to, each time: totals of both sides, and every difference."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.core.reconciling import Class, Repair
from billing_service.store.base import Base, Keyed, one_of, points_to
from billing_service.store.types import Cents


class Reconciliation(Base, Keyed):
    """One comparison, from ``started_at`` on; ``job_id`` is the job that made it, and only when both sides were read to
    their end. Never changed.

    ``since`` is the start date of the connection. ``unexplained`` and ``unexplained_open`` are what is left of the
    differences between the totals after every difference is taken off. ``vat`` holds per VAT group taxable amount and
    tax of both sides, ``classes`` how many differences there are of each class. ``on_their_way`` is how many of the
    ``differences`` go by themselves. ``digest`` names what was compared.
    """

    __tablename__ = "reconciliations"

    connection_id: Mapped[UUID]
    job_id: Mapped[UUID]
    since: Mapped[date]
    currency: Mapped[str]
    documents_ours: Mapped[int]
    documents_theirs: Mapped[int]
    total_ours: Mapped[Decimal] = mapped_column(Cents)
    total_theirs: Mapped[Decimal] = mapped_column(Cents)
    open_ours: Mapped[Decimal] = mapped_column(Cents)
    open_theirs: Mapped[Decimal] = mapped_column(Cents)
    unexplained: Mapped[Decimal] = mapped_column(Cents)
    unexplained_open: Mapped[Decimal] = mapped_column(Cents)
    vat: Mapped[list[Any]]
    classes: Mapped[dict[str, Any]]
    differences: Mapped[int]
    on_their_way: Mapped[int]
    digest: Mapped[str]
    started_at: Mapped[datetime]
    created_at: Mapped[datetime]

    __table_args__ = (
        points_to("connections", "connection_id"),
        points_to("jobs", "job_id"),
        UniqueConstraint("administration_id", "job_id"),
        Index(None, "administration_id", "connection_id", "created_at"),
    )


class ReconciliationDifference(Base, Keyed):
    """One difference. ``amount`` and ``open``: by how much it makes their total and their open amounts larger.

    ``class_`` and ``repair`` as in :mod:`billing_service.core.reconciling`. ``document_id`` is our document,
    ``remote_id`` the one there; ``fields`` is what each side says.
    """

    __tablename__ = "differences"

    reconciliation_id: Mapped[UUID]
    class_: Mapped[str] = mapped_column("class")
    repair: Mapped[str]
    number: Mapped[str | None]
    document_id: Mapped[UUID | None]
    remote_id: Mapped[str | None]
    amount: Mapped[Decimal] = mapped_column(Cents)
    open: Mapped[Decimal] = mapped_column(Cents)
    fields: Mapped[list[Any]]

    __table_args__ = (
        points_to("reconciliations", "reconciliation_id"),
        points_to("invoices", "document_id"),
        one_of("class", *Class),
        one_of("repair", *Repair),
        Index(None, "administration_id", "reconciliation_id", "id"),
    )
