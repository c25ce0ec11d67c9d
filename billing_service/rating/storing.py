"""Writing decisions and their charges: new ones in bulk, changed ones in place, released and personal ones never."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast
from uuid import UUID

import orjson
from sqlalchemy import Table, bindparam, delete, select, update

from billing_service.core.ids import new_id
from billing_service.rating.drawing import lock_drawing, settle
from billing_service.rating.outcome import Outcome
from billing_service.rating.shortage import report_short
from billing_service.rating.terms import MOST_KEYS
from billing_service.store import audit, bulk
from billing_service.store.audit import AuditRow
from billing_service.store.charges import Charge, Decision
from billing_service.store.scope import Scope

_COMPARED: Final = (
    "state",
    "reason",
    "decided_on",
    "contract_id",
    "customer_id",
    "tariff_version_id",
    "phase",
    "rule",
    "disposition",
    "minutes",
    "amount",
    "provisional",
    "ordinal",
    "ordinal_table",
    "ordinal_counter",
    "by_person",
    "closed",
    "draws",
)
_TOLD: Final = ("state", "reason", "disposition", "amount", "minutes", "rule", "contract_id", "tariff_version_id")
_DECISIONS: Final = cast(Table, Decision.__table__)
_CHARGES: Final = cast(Table, Charge.__table__)


@dataclass(slots=True)
class Stored:
    """What became of a batch of outcomes, by question."""

    made: list[UUID] = field(default_factory=list)
    replaced: list[UUID] = field(default_factory=list)
    unchanged: list[UUID] = field(default_factory=list)
    kept_released: list[UUID] = field(default_factory=list)
    kept_personal: list[UUID] = field(default_factory=list)


def told(decision: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit trail says about a decision: its outcome, without the explanation."""
    return {name: decision[name] for name in _TOLD if decision[name] is not None}


def insert_decisions(scope: Scope, outcomes: Sequence[Outcome]) -> None:
    """Store decisions of questions that have none. The caller writes the audit row of its change."""
    key, now = scope.administration_id, scope.now
    bulk.insert_rows(
        scope.session,
        Decision,
        [
            {"administration_id": key, "version": 1, "released": False, "decided_at": now, **outcome.decision}
            for outcome in outcomes
        ],
    )
    _insert_charges(scope, [charge for outcome in outcomes for charge in outcome.charges])


def store_outcomes(scope: Scope, outcomes: Iterable[Outcome], *, personal: bool = False) -> Stored:
    """Store outcomes of questions that may have a decision already.

    A released decision stays as it is, and so does a person's, unless the outcome is a person's too (``personal``).
    What is equal to what is stored is not written again.
    """
    by_question = {outcome.question_id: outcome for outcome in sorted(outcomes, key=lambda one: one.question_id)}
    stored = Stored()
    existing = _lock_decisions(scope, list(by_question))
    for key, row in existing.items():
        if row.released:
            stored.kept_released.append(key)
        elif row.by_person is not None and not personal:
            stored.kept_personal.append(key)
    kept = {*stored.kept_released, *stored.kept_personal}
    going = [outcome for key, outcome in by_question.items() if key not in kept]
    settled = settle(scope, going, [row for key, row in existing.items() if key not in kept])
    new = [outcome for outcome in settled.outcomes if outcome.question_id not in existing]
    insert_decisions(scope, new)
    settled.write(scope)
    settled.tell(scope)
    again = [outcome for outcome in settled.outcomes if outcome.question_id in existing]
    _store_again(scope, [*again, *settled.shifted], existing, stored)
    report_short(scope, new)
    stored.made = [outcome.question_id for outcome in new]
    _tell(scope, "create", new)
    return stored


def store_shifted(scope: Scope, outcomes: Sequence[Outcome]) -> None:
    """Store what became of questions that draw after others (``drawing.settle``)."""
    _store_again(scope, outcomes, {}, Stored())


def _store_again(scope: Scope, outcomes: Sequence[Outcome], existing: Mapping[UUID, Any], stored: Stored) -> None:
    """Replace the decisions that differ; those that are not among ``existing`` are looked up."""
    unseen = sorted(outcome.question_id for outcome in outcomes if outcome.question_id not in existing)
    rows = {**existing, **_lock_decisions(scope, unseen)}
    changed: list[tuple[Any, Outcome]] = []
    for outcome in outcomes:
        row = rows[outcome.question_id]
        if _same(row, _keep_closed(row, outcome.decision)):
            stored.unchanged.append(outcome.question_id)
        else:
            changed.append((row, outcome))
            stored.replaced.append(outcome.question_id)
    _replace(scope, changed)
    report_short(scope, [outcome for _, outcome in changed], {row.question_id: row.reason for row, _ in changed})
    _tell(scope, "change", [outcome for _, outcome in changed])


def _tell(scope: Scope, action: str, outcomes: Sequence[Outcome]) -> None:
    bulk.insert_rows(
        scope.session,
        AuditRow,
        [audit.row(scope, action, "decision", one.question_id, told(one.decision)) for one in outcomes],
    )


def replace_released(scope: Scope, question_id: UUID, outcome: Outcome | None) -> None:
    """A correction: the invoiced charges of a released question count as credited, and ``outcome`` (None: nothing
    counts any more) takes the place of its decision. That follows the facts again until it is released with its new
    charges.

    The caller credits the invoice in the same transaction.
    """
    lock_drawing(scope, [question_id], [outcome] if outcome is not None else ())
    (row,) = _lock_decisions(scope, [question_id]).values()
    mine = Charge.administration_id == scope.administration_id
    scope.session.execute(
        update(Charge)
        .where(mine, Charge.question_id == question_id, Charge.state == "invoiced")
        .values(state="credited", version=Charge.version + 1)
    )
    scope.session.execute(
        update(Decision)
        .where(Decision.administration_id == scope.administration_id, Decision.question_id == question_id)
        .values(released=False, invoice_id=None)
    )
    if outcome is None:
        drop_decisions(scope, [question_id])
    else:
        settled = settle(scope, [outcome], [row])
        outcome = settled.outcomes[0]
        settled.write(scope)
        settled.tell(scope)
        _replace(scope, [(row, outcome)])
        report_short(scope, [outcome])
        store_shifted(scope, settled.shifted)
    scope.session.expire_all()
    told_of = {} if outcome is None else told(outcome.decision)
    audit.record(scope, "correct", "decision", question_id, told_of)


def drop_decisions(scope: Scope, question_ids: Sequence[UUID]) -> list[UUID]:
    """Take away what was decided about questions that count no longer, with their open charges.

    Returns the questions whose decision is released and therefore stays.
    """
    existing = _lock_decisions(scope, sorted(question_ids))
    going = [key for key, row in existing.items() if not row.released]
    if going:
        mine = Charge.administration_id == scope.administration_id
        scope.session.execute(delete(Charge).where(mine, Charge.question_id.in_(going), Charge.state == "open"))
        scope.session.execute(
            delete(Decision).where(
                Decision.administration_id == scope.administration_id, Decision.question_id.in_(going)
            )
        )
        bulk.insert_rows(scope.session, AuditRow, [audit.row(scope, "delete", "decision", key) for key in going])
        settled = settle(scope, [], [existing[key] for key in going])
        settled.write(scope)
        settled.tell(scope)
        store_shifted(scope, settled.shifted)
        report_short(scope, [], {key: existing[key].reason for key in going})
    return [key for key, row in existing.items() if row.released]


def _lock_decisions(scope: Scope, question_ids: Sequence[UUID]) -> dict[UUID, Any]:
    """The stored decisions, locked in the order of their questions against a release at the same moment."""
    found: dict[UUID, Any] = {}
    for start in range(0, len(question_ids), MOST_KEYS):
        query = (
            select(*_DECISIONS.columns)
            .where(
                Decision.administration_id == scope.administration_id,
                Decision.question_id.in_(question_ids[start : start + MOST_KEYS]),
            )
            .order_by(Decision.question_id)
            .with_for_update()
        )
        found.update((row.question_id, row) for row in scope.session.execute(query))
    return found


def _keep_closed(row: Any, values: dict[str, Any]) -> dict[str, Any]:
    """A question that a person closed as not billable stays closed while the same rule says so."""
    if row.closed and not values["closed"] and (row.rule, row.disposition) == (values["rule"], values["disposition"]):
        values["closed"] = True
    return values


def _same(row: Any, values: Mapping[str, Any]) -> bool:
    stored = row._mapping
    return all(stored[name] == values[name] for name in _COMPARED) and all(
        _canonical(stored[name]) == _canonical(values[name]) for name in ("parts", "explanation")
    )


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _replace(scope: Scope, changed: Sequence[tuple[Any, Outcome]]) -> None:
    if not changed:
        return
    names = (*_COMPARED, "parts", "explanation", "decided_at", "version")
    statement = (
        update(_DECISIONS)
        .where(
            _DECISIONS.c.administration_id == scope.administration_id,
            _DECISIONS.c.question_id == bindparam("of_question"),
        )
        .values({name: bindparam(name) for name in names})
    )
    scope.session.connection().execute(
        statement,
        [
            {
                **{name: outcome.decision[name] for name in (*_COMPARED, "parts", "explanation")},
                "of_question": outcome.question_id,
                "decided_at": scope.now,
                "version": row.version + 1,
            }
            for row, outcome in changed
        ],
    )
    _replace_charges(scope, [outcome for _, outcome in changed])


def _replace_charges(scope: Scope, outcomes: Sequence[Outcome]) -> None:
    """Charges keep their id where a part stays: the first part of before is the first part of now.

    Where charges of a question were credited by a correction, those of now are corrections that name what they replace
    and keep its date, and with it its VAT.
    """
    mine = Charge.administration_id == scope.administration_id
    query = select(Charge.id, Charge.question_id, Charge.part, Charge.version, Charge.state, Charge.date).where(
        mine, Charge.question_id.in_([outcome.question_id for outcome in outcomes])
    )
    rows = scope.session.execute(query.order_by(Charge.id)).all()
    credited: dict[UUID, dict[int, Any]] = {}
    for row in (row for row in rows if row.state == "credited" and row.question_id is not None):
        credited.setdefault(row.question_id, {})[row.part] = row  # of several the newest
    wanted = {
        (charge["question_id"], charge["part"]): _correcting(charge, credited.get(charge["question_id"]))
        for one in outcomes
        for charge in one.charges
    }
    surplus: list[UUID] = []
    updates: list[dict[str, Any]] = []
    for charge_id, question_id, part, version, *_ in (row for row in rows if row.state != "credited"):
        values = wanted.pop((question_id, part), None)
        if values is None:
            surplus.append(charge_id)
        else:
            updates.append({**values, "of_charge": charge_id, "version": version + 1})
    if surplus:
        scope.session.execute(delete(Charge).where(mine, Charge.id.in_(surplus)))
    if updates:
        names = [name for name in updates[0] if name != "of_charge"]
        statement = (
            update(_CHARGES)
            .where(_CHARGES.c.administration_id == scope.administration_id, _CHARGES.c.id == bindparam("of_charge"))
            .values({name: bindparam(name) for name in names})
        )
        scope.session.connection().execute(statement, updates)
    _insert_charges(scope, list(wanted.values()))


def _correcting(charge: dict[str, Any], credited: Mapping[int, Any] | None) -> dict[str, Any]:
    if not credited:
        return {**charge, "replaces_id": None}
    replaced = credited.get(charge["part"]) or credited[min(credited)]
    return {**charge, "source": "correction", "date": replaced.date, "replaces_id": replaced.id}


def _insert_charges(scope: Scope, charges: Sequence[dict[str, Any]]) -> None:
    key, now = scope.administration_id, scope.now
    bulk.insert_rows(
        scope.session,
        Charge,
        [
            {
                "administration_id": key,
                "id": new_id(),
                "version": 1,
                "state": "open",
                "replaces_id": None,
                "created_at": now,
                **charge,
            }
            for charge in charges
        ],
    )
