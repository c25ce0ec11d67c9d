"""The nouns of the API. A new noun is one module here, one line below, and a row in ``tests/api/seeds.py``."""

from __future__ import annotations

from billing_service.api.glue import Routes
from billing_service.api.routes import (
    administrations,
    api_keys,
    audit_trail,
    contracts,
    customers,
    findings,
    jobs,
    organisations,
    persons,
    tariffs,
)

BLUEPRINTS: tuple[Routes, ...] = (
    administrations.routes,
    api_keys.routes,
    customers.routes,
    organisations.routes,
    persons.routes,
    contracts.routes,
    tariffs.routes,
    findings.routes,
    jobs.routes,
    audit_trail.routes,
)
