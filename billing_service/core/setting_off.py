"""What credit notes settle here and not there: a difference in bookkeeping that is none in money.

A credit note closes what is open of its invoice here at once. In a package both may stand open until somebody matches
them, and together they come to the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from billing_service.core.money import ZERO


@dataclass(frozen=True, slots=True)
class SetOff:
    """``amount`` of a credit note settles an invoice here."""

    credit_note_id: UUID
    invoice_id: UUID
    amount: Decimal


def not_matched_there(
    set_offs: Iterable[SetOff], ours: Mapping[UUID, Decimal], theirs: Mapping[UUID, Decimal]
) -> dict[UUID, Decimal]:
    """By how much more is open there of each document, only because these set-offs were not matched there.

    ``ours`` and ``theirs`` are the open amounts, both positive, by our document. A set-off counts as far as credit note
    and invoice both stand open there for more than here; whatever else differs stays a difference.
    """
    more: dict[UUID, Decimal] = defaultdict(lambda: ZERO)
    for one in set_offs:
        pair = one.credit_note_id, one.invoice_id
        if all(side in ours and side in theirs for side in pair):
            left = min(one.amount, *(theirs[side] - ours[side] - more[side] for side in pair))
            if left > ZERO:
                for side in pair:
                    more[side] += left
    return dict(more)
