"""The table of docs/connectors.md: each package, what it can, and what that was verified against."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from enum import Enum
from typing import Any, Final

from connectors.base import Attachments, Capabilities, ErrorBudget, Fact, Limit, TextForm, Verified
from connectors.package import Package

WORDS: Final[dict[str, str]] = {
    "number": "Our document number",
    "customer_code": "Our customer code",
    "description": "Text of a line",
    "attachments": "Attachments",
    "edits": "Editing a document",
    "deletes": "Deleting a document",
    "credit_link": "Credit note linked to its invoice",
    "search": "Found by our number",
    "settle": "Settle time after an unclear outcome",
    "key_life": "Idempotency key honoured",
    "vat": "VAT amounts",
    "posts_separately": "Drafts, posted separately",
    "push_payment": "Pushing a payment",
    "payments": "Payments in",
    "webhooks": "Webhooks",
    "cost_centres": "Cost centres",
    "limits": "Limits we keep",
    "error_budget": "Error budget we keep",
}


def table(packages: dict[str, Package]) -> str:
    """One section for each package, in Markdown, as its default kind."""
    return "\n".join(_section(package) for package in packages.values())


def _section(package: Package) -> str:
    capable = package.capabilities({})
    rows = [_row(field.name, getattr(capable, field.name)) for field in fields(Capabilities)]
    head = ["| Capability | Value | Verified against | Source |", "|---|---|---|---|"]
    met = _met({getattr(capable, field.name).verified for field in fields(Capabilities)})
    return f"### {package.title} (`{package.name}`)\n\n{met}" + "\n".join([*head, *rows]) + "\n"


def _met(verified: set[Verified]) -> str:
    """Whether this connector ever met its package."""
    if Verified.REAL_SERVER in verified:
        return ""
    if Verified.RECORDING in verified:
        return "**Never met the real package itself**: its tests hold it against what was recorded of one.\n\n"
    return "**Never met the real package.**\n\n"


def _row(name: str, fact: Fact[Any]) -> str:
    value = shown(fact.value) if fact.on else f"{shown(fact.value)} (off; said to be: {shown(fact.claimed)})"
    return f"| {WORDS[name]} (`{name}`) | {value} | {fact.verified} | {fact.source} |"


def shown(value: Any) -> str:
    """A capability's value as people read it."""
    if isinstance(value, bool) or value is None:
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value).replace("_", " ")
    if isinstance(value, timedelta):
        return "at once" if not value else f"{value.total_seconds():.0f} s"
    if isinstance(value, tuple):
        return ", ".join(shown(one) for one in value) or "none"
    return _form(value)


def _form(value: Any) -> str:
    if isinstance(value, Limit):
        return f"{value.calls} calls in {shown(value.per)}"
    if isinstance(value, ErrorBudget):
        return f"{value.errors} refused calls in {shown(value.per)}"
    if isinstance(value, Attachments):
        return f"{', '.join(sorted(value.media_types))}, at most {value.max_bytes:,} bytes"
    if isinstance(value, TextForm):
        length = "" if value.max_length is None else f"at most {value.max_length} characters"
        pattern = "" if value.pattern is None else f"form `{value.pattern}`".replace("|", "\\|")
        return ", ".join(filter(None, (length, pattern))) or "any"
    return str(value)
