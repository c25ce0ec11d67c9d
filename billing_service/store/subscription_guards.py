# ruff: noqa: S608 the names put into this SQL are our own
"""The guards over subscriptions: what was agreed stays agreed, what was billed stays billed."""

from __future__ import annotations

from billing_service.store.guards import Guard, never

_BILLED_OTHERWISE = (
    " OR ".join(
        f"NEW.{name} <> OLD.{name}" for name in ("subscription_id", "part", "first_day", "number", "created_at")
    )
    + " OR EXISTS (SELECT 1 FROM charges c WHERE c.administration_id = OLD.administration_id AND c.id = OLD.charge_id"
    " AND c.state <> 'open')"
    " OR OLD.charge_id IS NOT NULL AND (NEW.charge_id IS NULL OR NEW.charge_id <> OLD.charge_id)"
)
_CHARGED_ELSEWHERE = (
    "NEW.charge_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM charges c JOIN subscriptions s"
    " ON s.administration_id = c.administration_id AND s.contract_id = c.contract_id"
    " WHERE c.administration_id = NEW.administration_id AND c.id = NEW.charge_id AND c.source = 'subscription'"
    " AND s.id = NEW.subscription_id)"
)


def subscription_guards() -> list[Guard]:
    """What was agreed stays agreed, and a period that was billed stays billed, to the contract of its subscription."""
    billed = "a period that was billed stays billed"
    elsewhere = "a period is charged to the contract of its subscription"
    return [
        *never("subscription_terms", "a term is followed by another, never changed", "UPDATE", "DELETE"),
        *never("subscription_periods", billed, "UPDATE", condition=_BILLED_OTHERWISE),
        *never("subscription_periods", billed, "DELETE"),
        *never(
            "subscription_periods_charge",
            elsewhere,
            "INSERT",
            table="subscription_periods",
            condition=_CHARGED_ELSEWHERE,
        ),
        *never(
            "subscriptions_contract",
            "a subscription stays with its contract",
            "UPDATE",
            table="subscriptions",
            condition="NEW.contract_id <> OLD.contract_id OR NEW.starts_on <> OLD.starts_on"
            " OR NEW.period <> OLD.period OR NEW.anchor <> OLD.anchor OR NEW.timing <> OLD.timing",
        ),
    ]
