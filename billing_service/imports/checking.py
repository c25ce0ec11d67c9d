"""The proof that a project's charges are those of its history: replay it, and compare with what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from billing_service import findings
from billing_service.imports.charging import charge_values, charges_of, currency_of
from billing_service.imports.history import History, load
from billing_service.store import audit
from billing_service.store.charges import Charge
from billing_service.store.scope import Scope

DIFFERS: Final = "import_charges_differ"
_COMPARED: Final = ("date", "amount", "disposition", "vat_class", "revenue_group")
"""What of a charge must be as recomputed; its texts were worded when it was charged."""


def check_project(scope: Scope, project_id: UUID) -> dict[str, Any]:
    """Compare the stored charges of a project with those recomputed from its history. A difference is reported as a
    finding; an open one is settled once they agree. Raises ``NotFound``."""
    history = load(scope, project_id, lock=True)
    found = recomputed(scope, history)
    finding_id = None
    if found:
        facts = {"reference": history.row.reference, "differences": ", ".join(one["what"] for one in found)}
        finding_id = findings.report(scope, DIFFERS, "import_project", project_id, facts)
    else:
        findings.settle(scope, DIFFERS, project_id, "agrees again")
    return {"agrees": not found, "differences": found, "finding_id": finding_id}


def recomputed(scope: Scope, history: History) -> list[dict[str, Any]]:
    """Every way in which stored charges differ from those that the history makes; empty when all is well."""
    stored = charges_of(scope, history.row.id)
    currency = currency_of(scope)
    wanted: dict[tuple[int, str], dict[str, Any]] = {
        (fee.event + 1, fee.code): charge_values(history.row, fee, currency) for fee in history.project.fees
    }
    found = []
    for event, code in sorted(stored.keys() | wanted.keys()):
        row, values = stored.get((event, code)), wanted.get((event, code))
        before, after = _plain_row(row) if row else None, _plain(values) if values else None
        if before != after or (row is not None and row.state == "cancelled"):
            found.append({"what": f"{code} of event {event}", "stored": before, "recomputed": after})
    return found


def _plain_row(row: Charge) -> dict[str, Any]:
    return _plain({name: getattr(row, name) for name in _COMPARED})


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = audit.plain({name: values[name] for name in _COMPARED})
    return plain
