"""What Exact Online can, each with the section of accounting-apis it rests on; nothing of it was seen for real."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, TypeVar

from connectors.base import (
    Attachments,
    Capabilities,
    Change,
    ErrorBudget,
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

CODE, SEARCH_CODE = "Code", "SearchCode"
LONGEST_TEXT: Final = 60
LONGEST_REFERENCE: Final = 25
LARGEST_FILE: Final = 7_000_000  # in base64 within the 10 MB of a POST


def code_field(settings: Mapping[str, str]) -> str:
    """The field of an account that holds our customer code; anything but the two known is a ``ValueError``."""
    field = settings.get("customer_code_field") or CODE
    if field not in {CODE, SEARCH_CODE}:
        raise ValueError(f"customer_code_field is {CODE} or {SEARCH_CODE}, not {field}")
    return field


def capabilities(settings: Mapping[str, str]) -> Capabilities:
    """For these settings: customer codes with letters need the field ``SearchCode``."""
    code = TextForm(18, r"[1-9]\d*") if code_field(settings) == CODE else TextForm(30)
    return Capabilities(
        number=_read(TextForm(LONGEST_REFERENCE), "1.4; 25 as PaymentReference of a sales invoice in [E8]"),
        customer_code=_read(code, "1.3: Code is numeric, SearchCode takes letters"),
        description=_read(TextForm(LONGEST_TEXT), "1.4; 60 as Description of a sales invoice in [E8]"),
        attachments=_read(Attachments(frozenset({"application/pdf", "application/xml"}), LARGEST_FILE), "1.4"),
        edits=_read(Change.NEVER, "1.4: PUT exists, nothing says that it replaces lines"),
        deletes=_read(Change.BOOKED, "1.4"),
        credit_link=_read(False, "1.5"),
        search=_read(Search.AT_ONCE, "1.7"),
        settle=_read(timedelta(seconds=60), "chosen: 1.7 names no delay, but what broke off may still be carried out"),
        key_life=_read(None, "1.7"),
        vat=_read(Vat.OURS, "1.4: VATAmountFC"),
        posts_separately=_read(False, "1.4: an entry is open (20) at once"),
        push_payment=unverified(
            Push.BOOKS, Push.NO, "accounting-apis 1.6: no matching; the sign of a bank line untold"
        ),
        payments=_read(Pull.CHANGES, "1.6"),
        webhooks=_read("HMAC-SHA256 in the body, without time", "1.11"),
        cost_centres=_read(True, "1.4"),
        limits=_read((Limit(60, timedelta(minutes=1)), Limit(5000, timedelta(days=1))), "1.8"),
        error_budget=_read(ErrorBudget(8, timedelta(hours=1)), "1.8: blocked after more than 10"),
    )


def _read(value: T, source: str) -> Fact[T]:
    return known(value, Verified.DOCUMENTATION, f"accounting-apis {source}" if source[0].isdigit() else source)
