"""All tables in one import, for migrations and checks: ``tables.METADATA``."""

from __future__ import annotations

from billing_service.store import (  # noqa: F401
    access,
    administrations,
    agreements,
    audit,
    charges,
    connections,
    consults,
    deliveries,
    findings,
    imports,
    invoices,
    job_files,
    parties,
    payments_in,
    prepaid,
    questions,
    receivables,
    reconciliations,
    replays,
    subscriptions,
    tariffs,
    vat,
    webhooks,
    work,
)
from billing_service.store.base import Base

METADATA = Base.metadata
