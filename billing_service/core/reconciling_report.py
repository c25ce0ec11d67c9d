"""A reconciliation as a page for the files of a bookkeeper or auditor: what was compared, and what differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from billing_service.core.document import Seller
from billing_service.core.reconciling import VatAmount


@dataclass(frozen=True, slots=True)
class GroupOfBoth:
    """One VAT group on both sides; ``theirs`` is ``None`` where the package's lists do not tell it."""

    group: str
    ours: VatAmount
    theirs: VatAmount | None


@dataclass(frozen=True, slots=True)
class ShownDifference:
    """A difference as people read it; see :class:`billing_service.core.reconciling.Difference`."""

    kind: str
    repair: str
    number: str | None
    remote_id: str | None
    amount: Decimal
    open: Decimal
    fields: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class SideTotals:
    """Sums of one side; credit notes count as less."""

    documents: int
    total: Decimal
    open: Decimal


@dataclass(frozen=True, slots=True)
class ReconciliationReport:
    """Everything that stands on the page. ``differences`` are the first; ``more`` is how many follow."""

    seller: Seller
    connection: str
    package: str
    company: str | None
    since: date
    made_at: datetime
    currency: str
    ours: SideTotals
    theirs: SideTotals
    vat: tuple[GroupOfBoth, ...]
    unexplained: Decimal
    unexplained_open: Decimal
    agrees: bool
    classes: Mapping[str, int]
    differences: tuple[ShownDifference, ...]
    more: int
    digest: str
