"""What an invoice is made of, and what releasing it does to decisions. ``invoicing`` is the caller."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, case, exists, select, update

from billing_service.rating.backdated import refresh
from billing_service.rating.locking import lock_contracts
from billing_service.rating.ordinals import assign_ordinals
from billing_service.rating.redecide import decide_stored
from billing_service.rating.rounding import with_differences
from billing_service.rating.waiting import COLUMNS, OpenCharge
from billing_service.store.charges import IS_OPEN, Charge, Decision
from billing_service.store.scope import Scope


def open_charges(
    scope: Scope, contract_ids: Collection[UUID], until: date, *, commit: bool, besides: Sequence[OpenCharge] = ()
) -> list[OpenCharge]:
    """The open charges of these contracts dated up to and including ``until``, by contract, date and age.

    Ordinals are assigned first, and what is rounded together gets its difference. With ``commit`` (a release)
    contracts, decisions and charges stay locked until the transaction ends and the prices are stored; without it (a
    preview) nothing is written and the charges carry the prices that a release would store now. ``besides`` are charges
    that a release would make and a preview does not store.
    """
    if commit:
        lock_contracts(scope, contract_ids)
        _lock_decisions(scope, contract_ids, until)
    repriced = {
        (charge["question_id"], charge["part"]): charge
        for outcome in assign_ordinals(scope, contract_ids, until, commit=commit)
        for charge in outcome.charges
    }
    found = []
    for row in scope.session.execute(_OPEN_LOCKED if commit else _OPEN, _values(scope, contract_ids, until)):
        values = row._asdict()
        new = repriced.get((row.question_id, row.part))
        found.append(OpenCharge(**(values | new), provisional=not commit) if new else OpenCharge(**values))
    if besides:
        found = sorted([*found, *besides], key=lambda charge: (charge.contract_id, charge.date))
    return with_differences(scope, found, until, commit=commit)


def mark_released(scope: Scope, invoice_id: UUID, contract_id: UUID, until: date) -> None:
    """Release, with the document ``invoice_id``, every decided question of the contract closed up to ``until``.

    Waived and closed not billable questions go with it, so that the annex can show them and their ordinals stay. To be
    called in the transaction of ``open_charges(…, commit=True)``; the charges' own state is the caller's.
    """
    scope.session.execute(_MARK, _values(scope, [contract_id], until) | {"with_invoice": invoice_id})


def undo_release(scope: Scope, invoice_ids: Sequence[UUID]) -> None:
    """The documents are withdrawn before issue: their questions are decided again, by the facts of now.

    The caller first puts the charges of these documents back to ``open``.
    """
    decisions = Decision.administration_id == scope.administration_id
    drawing = select(Decision.contract_id).where(decisions, Decision.invoice_id.in_(invoice_ids), Decision.draws)
    contracts = {key for key in scope.session.scalars(drawing.distinct()) if key is not None}
    if contracts:  # before the decisions, as a release does
        lock_contracts(scope, contracts)
    query = select(Decision.question_id, Decision.contract_id).where(decisions, Decision.invoice_id.in_(invoice_ids))
    rows = scope.session.execute(query.with_for_update()).all()
    scope.session.execute(
        update(Decision)
        .where(decisions, Decision.invoice_id.in_(invoice_ids))
        .values(
            released=False,
            invoice_id=None,
            ordinal=case((_WAS_CORRECTED, Decision.ordinal), else_=None),
            version=Decision.version + 1,
        )
    )
    decide_stored(scope, [row.question_id for row in rows], cause="release_withdrawn")
    refresh(scope, {row.contract_id for row in rows if row.contract_id is not None})


def _lock_decisions(scope: Scope, contract_ids: Collection[UUID], until: date) -> None:
    scope.session.execute(_LOCK, _values(scope, contract_ids, until)).all()


def _values(scope: Scope, contract_ids: Collection[UUID], until: date) -> dict[str, Any]:
    return {"mine": scope.administration_id, "contracts": list(contract_ids), "until": until}


_WAS_CORRECTED = exists().where(
    Charge.administration_id == Decision.administration_id,
    Charge.question_id == Decision.question_id,
    Charge.state == "credited",
)

# Built once: a release runs them for every contract, and building one costs more than running it.

_OPEN = (
    select(*(getattr(Charge, name) for name in COLUMNS))
    .where(
        Charge.administration_id == bindparam("mine"),
        Charge.contract_id.in_(bindparam("contracts", expanding=True)),
        IS_OPEN,
        Charge.date <= bindparam("until"),
    )
    .order_by(Charge.contract_id, Charge.date, Charge.id, Charge.part)
)
_OPEN_LOCKED = _OPEN.with_for_update()

_RELEASABLE = (
    (Decision.administration_id == bindparam("mine"))
    & Decision.contract_id.in_(bindparam("contracts", expanding=True))
    & ~Decision.released
    & (Decision.state == "decided")
    & Decision.closed
    & (Decision.decided_on <= bindparam("until"))
)
_LOCK = select(Decision.question_id).where(_RELEASABLE).order_by(Decision.question_id).with_for_update()
_MARK = (
    update(Decision)
    .where(_RELEASABLE)
    .values(released=True, invoice_id=bindparam("with_invoice"), version=Decision.version + 1)
)
