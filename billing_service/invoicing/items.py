"""The charges of a document that tell themselves why they cost this, for its annex."""

from __future__ import annotations

from collections.abc import Iterable

from billing_service.core.charge_texts import explain_charge
from billing_service.core.document import ItemEntry
from billing_service.rating import OpenCharge


def item_entries(charges: Iterable[OpenCharge], language: str, currency: str) -> list[ItemEntry]:
    """An entry per charge with an explanation of its own, in the order of the charges."""
    return [
        ItemEntry(
            source=charge.source,
            description=charge.description[language],
            on=charge.date,
            amount=charge.amount,
            explanation=tuple(explain_charge(charge.explanation, language, currency)),
        )
        for charge in charges
        if charge.explanation is not None
    ]
