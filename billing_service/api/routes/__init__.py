"""The nouns of the API. A new noun is one module here, one line below, and a row in ``tests/api/seeds.py``."""

from __future__ import annotations

from billing_service.api.glue import Routes
from billing_service.api.routes import (
    administrations,
    api_keys,
    audit_trail,
    billing_runs,
    charges,
    contact_moments,
    contracts,
    customers,
    decisions,
    findings,
    import_deliveries,
    import_policies,
    import_projects,
    import_quotes,
    invoices,
    jobs,
    organisations,
    persons,
    questions,
    series_reports,
    tariffs,
    time_entries,
)

BLUEPRINTS: tuple[Routes, ...] = (
    administrations.routes,
    api_keys.routes,
    customers.routes,
    organisations.routes,
    persons.routes,
    contracts.routes,
    tariffs.routes,
    contact_moments.routes,
    questions.routes,
    time_entries.routes,
    decisions.routes,
    charges.routes,
    import_policies.routes,
    import_projects.routes,
    import_deliveries.routes,
    import_quotes.routes,
    billing_runs.routes,
    invoices.routes,
    findings.routes,
    jobs.routes,
    audit_trail.routes,
    series_reports.routes,
)
