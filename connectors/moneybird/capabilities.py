"""What Moneybird can, as far as its documentation says; what that leaves open is off or stays on the safe side."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, TypeVar

from connectors.base import (
    Attachments,
    Capabilities,
    Change,
    Fact,
    Limit,
    Pull,
    Push,
    Search,
    TextForm,
    Vat,
    Verified,
    known,
    unverified,
)

T = TypeVar("T")
MEGABYTE: Final = 1024 * 1024


def _read(value: T, section: str) -> Fact[T]:
    return known(value, Verified.DOCUMENTATION, f"accounting-apis {section}")


CAPABILITIES: Final = Capabilities(
    number=_read(TextForm(), "2.4"),
    customer_code=unverified(
        claimed=TextForm(), off=TextForm(pattern="[0-9]+"), source="accounting-apis 2.3: letters were never tried"
    ),
    description=_read(TextForm(), "2.4"),
    attachments=_read(Attachments(frozenset({"application/pdf"}), 10 * MEGABYTE), "2.4, 14.3"),
    edits=_read(Change.BOOKED, "2.4"),
    deletes=_read(Change.BOOKED, "2.4"),
    credit_link=_read(False, "2.5: no field names the credited invoice"),
    search=_read(Search.AT_ONCE, "2.7: listed and compared"),
    settle=unverified(
        claimed=timedelta(), off=timedelta(seconds=60), source="accounting-apis 2.7: nothing is said of a delay"
    ),
    key_life=_read(None, "2.7"),
    vat=_read(Vat.PER_CODE, "2.4: how it rounds is not said; what is sent comes to the same if it does so by line"),
    posts_separately=_read(False, "2.4"),
    push_payment=_read(Push.BOOKS_AND_MATCHES, "2.6"),
    payments=_read(Pull.CHANGES, "2.6"),
    webhooks=_read("HMAC-SHA256 with time", "2.11"),
    cost_centres=_read(True, "2.4: its projects"),
    limits=_read((Limit(150, timedelta(minutes=5)),), "2.8"),
    error_budget=_read(None, "2.8"),
)
