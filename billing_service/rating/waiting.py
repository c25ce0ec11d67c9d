"""A charge that waits for an invoice, as releasing reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

COLUMNS: Final = (
    "id",
    "contract_id",
    "customer_id",
    "source",
    "question_id",
    "part",
    "date",
    "description",
    "detail",
    "disposition",
    "pricing",
    "quantity",
    "minutes",
    "unit_price",
    "amount",
    "vat_class",
    "revenue_group",
    "rule",
    "rounding",
    "explanation",
)


@dataclass(frozen=True, slots=True)
class OpenCharge:
    """A charge that waits for an invoice; the fields are those of ``store.charges.Charge``.

    ``provisional``: priced with an ordinal that may still change (only in a preview).
    """

    id: UUID
    contract_id: UUID
    customer_id: UUID
    source: str
    question_id: UUID | None
    part: int
    date: date
    description: dict[str, Any]
    disposition: str
    pricing: str
    quantity: Decimal | None
    minutes: int | None
    unit_price: Decimal | None
    amount: Decimal
    vat_class: str
    revenue_group: str | None
    rule: str | None
    detail: dict[str, Any] | None = None
    rounding: dict[str, Any] | None = None
    explanation: list[Any] | None = None
    provisional: bool = False
