"""What every table shares: keys that start with the administration, composite foreign keys, versions.

A row cannot point into another administration, because every foreign key carries ``administration_id``. Relationships
are not mapped: SQLAlchemy would fill ``administration_id`` from the related object and silently move a row to another
administration. Key columns are set explicitly, and a guard refuses to change one afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    MetaData,
    Text,
    Uuid,
    event,
    inspect,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, declared_attr, mapped_column

from billing_service.core.ids import new_id
from billing_service.store.types import Instant

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        datetime: Instant(),
        date: Date(),
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }


class Owned:
    """A row of one administration, keyed (administration_id, id)."""

    @declared_attr
    def administration_id(cls) -> Mapped[UUID]:  # noqa: N805
        # With its type: taken from the foreign key it would be unknown until the other module is imported, and a
        # statement built before that would send an id as the driver does not know it.
        return mapped_column(Uuid(), ForeignKey("administrations.id"), primary_key=True, sort_order=-2)


class Keyed(Owned):
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-1)


class Versioned:
    """Carries a version that rises by one with every change (optimistic locking; the ETag over HTTP)."""

    @declared_attr
    def version(cls) -> Mapped[int]:  # noqa: N805
        return mapped_column(nullable=False)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805
        return {"version_id_col": cls.version}


def points_to(table: str, *columns: str, key: Sequence[str] = ("id",)) -> ForeignKeyConstraint:
    """A foreign key that carries the administration, so that it cannot leave it."""
    return ForeignKeyConstraint(
        ["administration_id", *columns], [f"{table}.administration_id", *(f"{table}.{name}" for name in key)]
    )


def one_of(column: str, *values: str) -> CheckConstraint:
    """A check that a text column holds one of these words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


@event.listens_for(Session, "before_flush")
def _refuse_moving(session: Session, _context: object, _instances: object) -> None:
    for row in session.dirty:
        if isinstance(row, Owned) and inspect(row).attrs.administration_id.history.deleted:
            raise ValueError(f"{type(row).__name__} cannot move to another administration")
