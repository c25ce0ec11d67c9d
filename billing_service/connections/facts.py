"""What a package tells of a customer, document or receipt as texts by name: what is agreed on, and compared later.

What it does not tell is absent, so that it is never taken for a difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connectors.base import PaymentFact, RemoteCustomer, RemoteDocument

Facts = Mapping[str, str | None]
STATE: Final = "state"
GONE: Final[Facts] = {STATE: "gone"}
"""Of what does not stand there any more."""


def customer_facts(there: RemoteCustomer) -> dict[str, str | None]:
    """An empty field and one that the package does not tell cannot be told apart: both are ``None``."""
    names = ("code", "name", "vat_number", "kvk_number", "postal_code", "email")
    return {STATE: "there"} | {name: getattr(there, name) or None for name in names}


def document_facts(there: RemoteDocument) -> dict[str, str | None]:
    """What it says and whether it counts; what is open of it is a matter of payments."""
    names = ("kind", "number", "issue_date", "due_date", "currency", "net", "tax", "total", "customer", "state")
    told = {name: str(value) for name in names if (value := getattr(there, name)) is not None}
    groups = {f"vat.{one.code}": f"{one.tax} / {one.taxable}" for one in there.vat or ()}
    return {**told, **groups}


def payment_facts(there: PaymentFact) -> dict[str, str | None]:
    """Of a receipt of ours; one that was taken back there is ``gone``."""
    if there.undone is not None:
        return dict(GONE)
    told: dict[str, str | None] = {STATE: "there", "amount": str(there.amount), "paid_on": str(there.paid_on)}
    return {**told, "currency": there.currency} | ({"document": there.document} if there.document else {})
