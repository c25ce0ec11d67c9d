"""What Tryton can do, from running it: trytond 8.2 in tests/connectors/test_tryton_real.py (accounting-apis 12).

What those tests do not run is told as read only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from connectors.base import (
    Attachments,
    Capabilities,
    Change,
    Fact,
    Pull,
    Push,
    Search,
    TextForm,
    Vat,
    Verified,
    known,
)
from connectors.base.capabilities import T

LARGEST_ATTACHMENT = 10 * 1024 * 1024
SETTLE = timedelta(minutes=2)
"""A call that nobody waits for any more is still carried out; the server's own repetitions end well before."""


def _ran(value: T, section: str) -> Fact[T]:
    return known(value, Verified.REAL_SERVER, f"trytond 8.2; accounting-apis {section}")


def _read(value: T, source: str) -> Fact[T]:
    return known(value, Verified.DOCUMENTATION, source)


def capabilities(settings: Mapping[str, str]) -> Capabilities:
    """The same whatever the settings."""
    return Capabilities(
        number=_ran(TextForm(), "12.4"),
        customer_code=_ran(TextForm(), "12.3"),
        description=_ran(TextForm(), "12.4"),
        attachments=_ran(
            Attachments(frozenset({"application/pdf", "application/xml"}), LARGEST_ATTACHMENT),
            "12.4 with a small PDF; the size is 14.3's, for no package in particular",
        ),
        edits=_ran(Change.DRAFT, "12.4"),
        deletes=_ran(Change.DRAFT, "12.4"),
        credit_link=_ran(True, "12.5"),
        search=_ran(Search.AT_ONCE, "12.7"),
        settle=_read(
            SETTLE, "chosen: it goes on with a call that nobody waits for (ran); how long at most is not said"
        ),
        key_life=_ran(None, "12.7"),
        vat=_ran(Vat.OURS, "12.4"),
        posts_separately=_ran(True, "12.4"),
        push_payment=_ran(Push.BOOKS_AND_MATCHES, "12.6"),
        payments=_ran(Pull.CHANGES, "12.6"),
        webhooks=_read(None, "accounting-apis 12.7: none in the modules that are used"),
        cost_centres=_read(False, "accounting-apis 12.4: analytic modules, not run"),
        limits=_read((), "accounting-apis 12.7: none"),
        error_budget=_read(None, "accounting-apis 12.7: none"),
    )
