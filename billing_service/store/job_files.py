"""Files that a job made, in parts, so that neither writing nor reading one holds it in memory as a whole."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.store.base import Base, Owned, points_to


class JobFile(Base, Owned):
    """A complete file. ``needs_scope`` is what a key must be allowed to read it; ``size`` is in bytes."""

    __tablename__ = "job_files"

    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    needs_scope: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (points_to("jobs", "job_id"),)


class JobFilePart(Base, Owned):
    """A part of a file, in order; parts come before the row of their file, which says that it is whole."""

    __tablename__ = "job_file_parts"

    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (points_to("jobs", "job_id"),)
