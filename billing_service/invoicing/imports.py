"""The import fees of a document for its annex: from the history of their projects, worded for the reader."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from billing_service.core.document import ImportEntry
from billing_service.core.imports import explain_fee
from billing_service.imports import load, pinned_policy
from billing_service.rating import OpenCharge
from billing_service.store.imports import ImportFee
from billing_service.store.scope import Scope


def import_entries(scope: Scope, charges: Collection[OpenCharge], language: str, currency: str) -> list[ImportEntry]:
    """An entry per charge that an import made, in the order of the charges: what was delivered when, why it costs
    this, under which policy."""
    ours = {charge.id: charge for charge in charges if charge.source == "import"}
    if not ours:
        return []
    mine = ImportFee.administration_id == scope.administration_id
    stored = {
        row.charge_id: row
        for row in scope.session.scalars(select(ImportFee).where(mine, ImportFee.charge_id.in_(ours)))
    }
    histories = {project_id: load(scope, project_id) for project_id in {row.project_id for row in stored.values()}}
    entries = []
    for key, charge in ours.items():
        row = stored[key]
        history = histories[row.project_id]
        fee = next(fee for fee in history.project.fees if (fee.event + 1, fee.code) == (row.event, row.code))
        entries.append(
            ImportEntry(
                project=history.row.reference,
                description=charge.description[language],
                on=charge.date,
                amount=charge.amount,
                explanation=tuple(explain_fee(fee, pinned_policy(history.row, language), language, currency)),
            )
        )
    return entries
