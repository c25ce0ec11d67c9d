"""A batch of questions: what is stored about them beside what the replayed tariff says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select, tuple_

from billing_service.core.money import ZERO
from billing_service.core.tariff import Prepaid
from billing_service.rating.ordinals import ordinals_at_release
from billing_service.rating.outcome import Outcome, decide_under
from billing_service.rating.questions import ClosedQuestion, load_closed
from billing_service.rating.terms import Terms, Version
from billing_service.replay.asking import Plan
from billing_service.replay.drawing import Draws, draws, play
from billing_service.replay.rounding import Roundings, Side, Stand, together
from billing_service.store import bulk
from billing_service.store.charges import Charge, Decision
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Contract
from billing_service.store.questions import Question
from billing_service.store.replays import ReplayRow
from billing_service.store.scope import Scope
from billing_service.store.tariffs import Tariff as TariffRow
from billing_service.store.tariffs import TariffVersion

BATCH: Final = 2_000
After = tuple[UUID, date, UUID]
"""The last question of a batch: contract, day, question. Contract after contract, so that a contract's time is added up
while it comes by."""

TOLD: Final = ("state", "reason", "disposition", "rule", "minutes", "amount")
"""What is compared of a decision."""


def decide_batch(
    scope: Scope,
    job_id: UUID,
    plan: Plan,
    after: After | None,
    left_out: Counter[str],
    roundings: Roundings,
    drawn: Draws,
) -> tuple[After, int] | None:
    """Hold the next questions against the tariff and store a row for each, and for what rounding them together makes;
    returns the last of them and how many, or None when there are no more.

    Those that cannot be compared are counted in ``left_out`` by reason: withdrawn or reopened after their release, or
    under a contract that is no longer valid on their day.
    """
    rows = _next(scope, plan, after)
    if not rows:
        _store(scope, job_id, roundings.rows(scope))
        return None
    questions = {question.id: question for question in load_closed(scope, [row.question_id for row in rows])}
    batch = _Batch(scope, plan, rows, roundings, drawn)
    found = []
    for row in rows:
        question = questions.get(row.question_id)
        problem = batch.problem(row, question)
        if question is not None and problem is None:
            found.append(batch.compared(row, question))
        elif row.decided_on >= plan.first:
            left_out[problem or ""] += 1
    last = rows[-1]
    _store(scope, job_id, found + roundings.rows(scope, last.contract_id))
    return (last.contract_id, last.decided_on, last.question_id), len(rows)


def price_batch(scope: Scope, job_id: UUID, plan: Plan, after: UUID | None) -> tuple[UUID, list[dict[str, Any]]] | None:
    """The values of the next rows that have an ordinal, priced with it; None when there are no more."""
    query = (
        select(ReplayRow.question_id, ReplayRow.contract_id, ReplayRow.decided_on, ReplayRow.new_ordinal)
        .add_columns(ReplayRow.old_amount)
        .where(
            ReplayRow.administration_id == scope.administration_id,
            ReplayRow.job_id == job_id,
            ReplayRow.new_ordinal.is_not(None),
            ReplayRow.kind != "counted",
        )
        .order_by(ReplayRow.question_id)
        .limit(BATCH)
    )
    rows = {
        row.question_id: row
        for row in scope.session.execute(query if after is None else query.where(ReplayRow.question_id > after))
    }
    if not rows:
        return None
    terms = Terms(scope.session, scope.administration_id)
    terms.load((), {row.contract_id for row in rows.values()})
    found = []
    for question in load_closed(scope, list(rows)):
        row = rows[question.id]
        agreement = terms.under(row.contract_id, row.decided_on, plan.version, plan.tariff)
        new = decide_under(question, agreement, row.decided_on, row.new_ordinal).decision
        values = {f"new_{name}": new[name] for name in TOLD}
        found.append(
            {"of_question": question.id, **values, "difference": (new["amount"] or ZERO) - (row.old_amount or ZERO)}
        )
    return list(rows)[-1], found


def count(scope: Scope, plan: Plan) -> int:
    """How many questions there are to look at."""
    query = select(func.count()).select_from(_selected(scope, plan, Decision.question_id).subquery())
    return scope.session.scalars(query).one()


def count_left_out(scope: Scope, plan: Plan) -> dict[str, int]:
    """Questions decided in the period that this tariff has nothing to do with."""
    in_period = (
        Decision.administration_id == scope.administration_id,
        Decision.decided_on >= plan.first,
        Decision.decided_on <= plan.last,
    )
    everything = scope.session.scalars(select(func.count()).select_from(Decision).where(*in_period)).one()
    nowhere = select(func.count()).select_from(Decision).where(*in_period, Decision.contract_id.is_(None))
    without_contract = scope.session.scalars(nowhere).one()
    ours = _selected(scope, plan, Decision.question_id).where(Decision.decided_on >= plan.first).subquery()
    looked_at = scope.session.scalars(select(func.count()).select_from(ours)).one()
    return {"without_contract": without_contract, "other_tariffs": everything - without_contract - looked_at}


def reaching(scope: Scope, plan: Plan) -> Plan:
    """The plan, with the whole of every invoice that ends in the period where time is rounded per invoice."""
    keys = {
        row.tariff_version_id
        for row in scope.session.execute(_selected(scope, plan, Decision.tariff_version_id).distinct())
    }
    terms = Terms(scope.session, scope.administration_id)
    decided = (terms.tariff_of(version) for version in _versions(scope, keys - {None}).values())
    return replace(plan, whole_invoices=any(together(tariff, "invoice") for tariff in (plan.tariff, *decided)))


class _Batch:
    """What the questions of one batch share."""

    def __init__(self, scope: Scope, plan: Plan, rows: Sequence[Any], roundings: Roundings, drawn: Draws) -> None:
        self._scope = scope
        self._plan = plan
        self._drawn = drawn
        self._key = scope.administration_id
        self._terms = Terms(scope.session, scope.administration_id)
        self._terms.load((), {row.contract_id for row in rows})
        self._versions = _versions(scope, {row.tariff_version_id for row in rows} - {None})
        waiting = {row.contract_id for row in rows if not row.released and row.ordinal_counter is not None}
        self._ordinals = ordinals_at_release(scope, waiting, plan.last) if waiting else {}
        self._roundings = roundings
        self._together = {
            version.id: together(self._terms.tariff_of(version), "day", "invoice")
            for version in self._versions.values()
        }
        tariffs = [plan.tariff, *(self._terms.tariff_of(version) for version in self._versions.values())]
        self._draws = any(draws(tariff) for tariff in tariffs)
        rounds = any(self._together.values()) or bool(together(plan.tariff, "day", "invoice"))
        self._counting = _invoices_that_end_in(scope, plan, rows) if plan.whole_invoices else set()
        self._kept_days = _days_of_corrections(scope, rows) if rounds else {}

    def problem(self, row: Any, question: ClosedQuestion | None) -> str | None:
        """Why this question cannot be compared, if so."""
        contract = self._terms.contract(row.contract_id)
        self._roundings.see(
            contract.id,
            ours=contract.tariff_id == self._plan.version.tariff_id,
            waiting=not row.released and row.decided_on >= self._plan.first,
        )
        if question is None:
            return "reopened" if row.withdrawn_at is None else "withdrawn"
        valid = row.by_person is not None or contract.valid_on(row.decided_on)
        return None if valid else "contract_no_longer_valid"

    def compared(self, row: Any, question: ClosedQuestion) -> dict[str, Any]:
        """The values of one row."""
        old: Mapping[str, Any] = row._mapping
        kind, old_ordinal = "compared", row.ordinal
        if row.by_person is not None:
            kind, new = "by_person", old
        else:
            counted = row.ordinal_counter is not None
            if counted and not row.released:
                old_ordinal = self._ordinals.get(row.question_id, row.ordinal)
            self._turn_to(row.contract_id)
            if counted or row.released or row.rule in self._together.get(row.tariff_version_id, ()):
                again = self._decided_again(row, question, old_ordinal)
                if not row.released:
                    old = again  # a provisional price as a release would store it now
                elif any(again[name] != old[name] for name in TOLD):
                    kind = "changed"
            new = self._decided(row, question, self._plan.version, side="new")
        if row.decided_on < self._plan.first:
            kind = "counted"
        return {
            "question_id": row.question_id,
            "kind": kind,
            "contract_id": row.contract_id,
            "customer_id": row.customer_id,
            "decided_on": row.decided_on,
            "closed_at": question.closed_at,
            "source": question.source,
            "external_id": question.external_id,
            "subject": question.subject,
            **{f"old_{name}": old[name] for name in TOLD},
            "old_counter": row.ordinal_counter,
            "old_ordinal": old_ordinal,
            **{f"new_{name}": new[name] for name in TOLD},
            "new_counter": None if row.by_person is not None else new["ordinal_counter"],
            "new_ordinal": None,
            "difference": (new["amount"] or ZERO) - (old["amount"] or ZERO),
        }

    def _decided_again(self, row: Any, question: ClosedQuestion, ordinal: int | None) -> Mapping[str, Any]:
        """By the version that really decided it, with the facts of now and the ordinal it has or would get."""
        version = self._versions.get(row.tariff_version_id)
        if version is None:
            stored: Mapping[str, Any] = row._mapping
            return stored
        return self._decided(row, question, version, ordinal, side="again")

    def _decided(
        self, row: Any, question: ClosedQuestion, version: Version, ordinal: int | None = None, *, side: Side
    ) -> dict[str, Any]:
        prepaid = self._drawn.of(side, row.question_id)
        outcome = self._under(row, question, version, ordinal, side=side, prepaid=prepaid)
        counts = not row.released or row.invoice_id in self._counting
        self._roundings.add(side, outcome.charges, Stand(row.invoice_id, counts, self._kept_days.get(row.question_id)))
        return outcome.decision

    def _under(
        self,
        row: Any,
        question: ClosedQuestion,
        version: Version,
        ordinal: int | None = None,
        *,
        side: Side,
        prepaid: Prepaid,
    ) -> Outcome:
        tariff = self._plan.tariff if side == "new" else self._terms.tariff_of(version)
        agreement = self._terms.under(row.contract_id, row.decided_on, version, tariff)
        return decide_under(question, agreement, row.decided_on, ordinal, prepaid=prepaid)

    def _turn_to(self, contract_id: UUID) -> None:
        """Where anything draws: let all questions of this contract draw, in their order, before they are compared."""
        if not self._draws or self._drawn.contract_id == contract_id:
            return
        columns = (*(getattr(Decision, name) for name in _COLUMNS), Question.withdrawn_at)
        query = _selected(self._scope, self._plan, *columns).where(
            Decision.contract_id == contract_id,
            Decision.decided_on >= self._plan.first,
            Decision.by_person.is_(None),
        )
        rows = self._scope.session.execute(query).all()
        self._versions |= _versions(self._scope, {row.tariff_version_id for row in rows} - {None, *self._versions})
        contract = self._terms.contract(contract_id)
        questions = {question.id: question for question in load_closed(self._scope, [row.question_id for row in rows])}
        valid = [row for row in rows if contract.valid_on(row.decided_on)]

        def decide(side: Side, row: Any, question: ClosedQuestion, prepaid: Prepaid) -> Outcome | None:
            version = self._plan.version if side == "new" else self._versions.get(row.tariff_version_id)
            return None if version is None else self._under(row, question, version, side=side, prepaid=prepaid)

        played = play(self._scope, contract_id, valid, questions, decide)
        self._drawn.contract_id, self._drawn.found = played.contract_id, played.found


def _store(scope: Scope, job_id: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    of_job = {"administration_id": scope.administration_id, "job_id": job_id}
    bulk.insert_rows(scope.session, ReplayRow, [{**of_job, **row} for row in rows])


def _next(scope: Scope, plan: Plan, after: After | None) -> Sequence[Any]:
    place = (Decision.contract_id, Decision.decided_on, Decision.question_id)
    columns = (*(getattr(Decision, name) for name in _COLUMNS), Question.withdrawn_at)
    query = _selected(scope, plan, *columns).order_by(*place).limit(BATCH)
    if after is not None:
        query = query.where(tuple_(*place) > after)
    return scope.session.execute(query).all()


def _selected(scope: Scope, plan: Plan, *columns: Any) -> Select[Any]:
    """Decisions under a contract that has the tariff now, or made by one of its versions."""
    mine = Decision.administration_id
    counted = Decision.decided_on >= plan.counted_from
    if plan.whole_invoices:
        next_one = and_(~Decision.released, Decision.state == "decided")
        counted = or_(counted, next_one, Decision.invoice_id.in_(_ending_in(scope, plan)))
    return (
        select(*columns)
        .join(Question, and_(Question.administration_id == mine, Question.id == Decision.question_id))
        .join(Contract, and_(Contract.administration_id == mine, Contract.id == Decision.contract_id))
        .outerjoin(
            TariffVersion,
            and_(TariffVersion.administration_id == mine, TariffVersion.id == Decision.tariff_version_id),
        )
        .where(
            mine == scope.administration_id,
            counted,
            Decision.decided_on <= plan.last,
            or_(Contract.tariff_id == plan.version.tariff_id, TariffVersion.tariff_id == plan.version.tariff_id),
        )
    )


def _ending_in(scope: Scope, plan: Plan) -> Select[Any]:
    return select(Invoice.id).where(
        Invoice.administration_id == scope.administration_id, Invoice.supply_to.between(plan.first, plan.last)
    )


def _invoices_that_end_in(scope: Scope, plan: Plan, rows: Sequence[Any]) -> set[UUID]:
    ids = {row.invoice_id for row in rows} - {None}
    return set(scope.session.scalars(_ending_in(scope, plan).where(Invoice.id.in_(ids))))


def _days_of_corrections(scope: Scope, rows: Sequence[Any]) -> dict[UUID | None, date]:
    """By question: the day that the charges of a correction keep from what they replace."""
    query = select(Charge.question_id, Charge.date).where(
        Charge.administration_id == scope.administration_id,
        Charge.question_id.in_([row.question_id for row in rows]),
        Charge.source == "correction",
        Charge.state != "credited",
    )
    return {question_id: day for question_id, day in scope.session.execute(query)}  # noqa: C416


_COLUMNS: Final = (
    "question_id",
    "decided_on",
    "contract_id",
    "customer_id",
    "tariff_version_id",
    "released",
    "invoice_id",
    "by_person",
    "ordinal",
    "ordinal_counter",
    *TOLD,
)


def _versions(scope: Scope, keys: Collection[UUID]) -> dict[UUID, Version]:
    """The versions that really decided, whichever tariff they are of."""
    query = (
        select(
            TariffVersion.id, TariffVersion.tariff_id, TariffVersion.valid_from, TariffVersion.number, TariffRow.code
        )
        .join(
            TariffRow,
            and_(
                TariffRow.administration_id == TariffVersion.administration_id, TariffRow.id == TariffVersion.tariff_id
            ),
        )
        .where(TariffVersion.administration_id == scope.administration_id, TariffVersion.id.in_(keys))
    )
    found: dict[UUID, Version] = {}
    for key, tariff_id, valid_from, number, code in scope.session.execute(query):
        found[key] = Version(key, tariff_id, valid_from, number, f"{code} {number}")
    return found
