"""Which payments are new or gone, by the versions of the invoices that they stand in (accounting-apis 2.6).

Moneybird has no list of payments: they are inside their invoice, and one that is removed simply stands there no more.
So the cursor is what was seen: the version of each invoice and its payments. Whatever changed since is fetched and
compared with that.

A version counts whole seconds (it equals ``updated_at`` in every example of the vendor), so a second change within the
same second would go unseen. An invoice that changed shortly before we looked is therefore looked at once more.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Self

from connectors.base import PaymentFact
from connectors.moneybird import records

UNSETTLED: Final = timedelta(minutes=10)
"""How long after a change an invoice is looked at again: more than the clocks here and there can differ."""
REMOVED: Final = "-removed"
"""What the id of a removed payment is followed by, where its removal is told."""


@dataclass(slots=True)
class Seen:
    """What stood in one invoice: its version, currency, and the amount and date of each payment by its id."""

    version: int
    currency: str
    payments: dict[str, tuple[str, str]]


@dataclass(slots=True)
class Cursor:
    """Every invoice as it was seen last. ``again`` are those to look at once more in this round, ``later`` in the next.

    A round is what leads to the answer that there is no more: several pages of news, or one.
    """

    invoices: dict[str, Seen] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, text: str | None) -> Self:
        """From the text that :meth:`text` gave; ``None`` has seen nothing."""
        if text is None:
            return cls()
        value = json.loads(zlib.decompress(base64.b64decode(text)))
        invoices = {
            known: Seen(version, currency, {payment: (amount, on) for payment, amount, on in payments})
            for known, version, currency, payments in value["invoices"]
        }
        return cls(invoices, set(value["again"]), set(value["later"]))

    def text(self) -> str:
        """The same as text. Ids follow each other closely, so that packing makes little of them."""
        value = {
            "invoices": [
                [known, seen.version, seen.currency, [[one, *facts] for one, facts in sorted(seen.payments.items())]]
                for known, seen in sorted(self.invoices.items())
            ],
            "again": sorted(self.again),
            "later": sorted(self.later),
        }
        return base64.b64encode(zlib.compress(json.dumps(value, separators=(",", ":")).encode())).decode()

    def due(self, versions: Mapping[str, int]) -> list[str]:
        """What must be looked at: changed, to be looked at again, or no longer listed although it had payments."""
        changed = [
            known
            for known, version in versions.items()
            if known not in self.invoices or self.invoices[known].version != version or known in self.again
        ]
        return changed + [known for known, seen in self.invoices.items() if known not in versions and seen.payments]

    def saw(self, invoice: Mapping[str, Any], now: datetime) -> list[PaymentFact]:
        """Takes in an invoice as it stands there now; its payments, and the removal of those that it had before."""
        known = str(invoice["id"])
        told = list(records.payments(invoice))
        gone = self._removals(known, {one.id for one in told}, invoice["reference"] or None)
        payments = {one.id: (str(one.amount), one.paid_on.isoformat()) for one in told}
        version = int(invoice["version"])
        self.invoices[known] = Seen(version, invoice["currency"], payments)
        self.again.discard(known)
        if abs(now.timestamp() - version) <= UNSETTLED.total_seconds():
            self.later.add(known)
        return told + gone

    def missed(self, known: str) -> list[PaymentFact]:
        """Takes in that an invoice is gone, and with it its payments."""
        gone = self._removals(known, set())
        self.forget([known])
        return gone

    def forget(self, ids: Iterable[str]) -> None:
        """These invoices are gone."""
        for known in ids:
            del self.invoices[known]
            self.again.discard(known)
            self.later.discard(known)

    def end_round(self) -> None:
        """Everything that was due has been looked at."""
        self.again, self.later = self.later, set()

    def _removals(self, known: str, still: set[str], number: str | None = None) -> list[PaymentFact]:
        """What takes back each payment that was seen and stands there no more, as of the day of the payment."""
        seen = self.invoices.get(known)
        if seen is None:
            return []
        return [
            PaymentFact(
                id=payment + REMOVED,
                amount=-Decimal(amount),
                paid_on=date.fromisoformat(on),
                currency=seen.currency,
                document=known,
                document_number=number,
                undone=payment,
            )
            for payment, (amount, on) in seen.payments.items()
            if payment not in still
        ]
