"""Dutch VAT rates: those built in, and those an operator adds when a law changes them before this program does.

A rate that was used never changes: what was invoiced stays right, and its credit note takes the same rate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing_service.core.vat import Rates, known_rates
from billing_service.errors import Conflict, FieldError, InvalidInput
from billing_service.store.audit import OperatorAuditRow, plain
from billing_service.store.invoices import Invoice
from billing_service.store.scope import OperatorScope
from billing_service.store.vat import VatRate


def added_rates(session: Session) -> Rates:
    """What operators added, for ``core.vat``."""
    found: defaultdict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    for vat_class, since, rate in session.execute(select(VatRate.vat_class, VatRate.valid_from, VatRate.rate)):
        found[vat_class].append((since, rate))
    return found


def all_rates(session: Session) -> list[dict[str, Any]]:
    """Every rate by class, newest first; ``source`` is None for those built in."""
    rows: list[dict[str, Any]] = [
        {"vat_class": vat_class, "valid_from": since, "rate": rate, "source": None}
        for vat_class, since, rate in known_rates()
    ]
    rows += [
        {"vat_class": row.vat_class, "valid_from": row.valid_from, "rate": row.rate, "source": row.source}
        for row in session.scalars(select(VatRate))
    ]
    return sorted(rows, key=lambda row: (row["vat_class"], row["valid_from"]), reverse=True)


def set_rate(scope: OperatorScope, values: Mapping[str, Any]) -> dict[str, Any]:
    """Add a rate for every administration, or correct one that nothing was invoiced with.

    ``values``: ``vat_class`` (standard, reduced), ``valid_from``, ``rate`` (a percentage), ``source`` (the law).

    Raises:
        InvalidInput: not after the newest rate of the class that is built in, or no percentage.
        Conflict: a document that is not withdrawn has supplies on or after that day (``vat_rate_used``).
    """
    vat_class, since = values["vat_class"], values["valid_from"]
    if not 0 < values["rate"] < 100:
        raise InvalidInput("A VAT rate is a percentage.", errors=[FieldError("/rate", "must be above 0 and below 100")])
    newest = max(built_in for known, built_in, _ in known_rates() if known == vat_class)
    if since <= newest:
        problem = f"must be after {newest}, the newest rate that is built in"
        raise InvalidInput(f"The day {problem}.", errors=[FieldError("/valid_from", problem)])
    _refuse_used(scope.session, since)
    row = scope.session.scalars(
        select(VatRate).where(VatRate.vat_class == vat_class, VatRate.valid_from == since)
    ).one_or_none()
    if row is None:
        row = VatRate(vat_class=vat_class, valid_from=since, created_at=scope.now)
        scope.session.add(row)
    row.rate, row.source = values["rate"], values["source"]
    scope.session.flush()
    told = plain({name: values[name] for name in ("vat_class", "valid_from", "rate", "source")})
    scope.session.add(
        OperatorAuditRow(at=scope.now, actor=scope.actor, action="set", noun="vat_rate", object_id=row.id, changes=told)
    )
    scope.session.flush()
    return {"vat_class": vat_class, "valid_from": since, "rate": row.rate, "source": row.source}


def _refuse_used(session: Session, since: date) -> None:
    used = select(func.count()).select_from(Invoice).where(Invoice.state != "withdrawn", Invoice.supply_to >= since)
    if many := session.scalar(used):
        raise Conflict(
            f"{many} documents hold supplies on or after {since}: their rate cannot change any more.",
            code="vat_rate_used",
        )
