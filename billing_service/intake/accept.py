"""Taking questions in: new ones stored and decided, changed ones stored and decided again, known ones left alone.

A question is known by (source, external id). ``accept`` works on one request's question or on a few thousand rows of a
file alike, in one transaction of the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Final, Literal, cast
from uuid import UUID

from sqlalchemy import ARRAY, Select, Table, Text, bindparam, func, select, true, update
from sqlalchemy import cast as cast_to

from billing_service.core.ids import new_id
from billing_service.core.tariff import TimeFacts
from billing_service.errors import FieldError
from billing_service.intake.entries import insert_entries, owners, store_entries
from billing_service.intake.references import References
from billing_service.intake.rules import QuestionInput
from billing_service.rating.drawing import settle
from billing_service.rating.outcome import Outcome, decide_question
from billing_service.rating.questions import ClosedQuestion
from billing_service.rating.redecide import decide_stored
from billing_service.rating.shortage import report_short
from billing_service.rating.storing import insert_decisions, store_shifted, told
from billing_service.rating.terms import MOST_KEYS, terms_for
from billing_service.store import audit, bulk
from billing_service.store.audit import AuditRow
from billing_service.store.pipeline import pipelined
from billing_service.store.questions import Question
from billing_service.store.scope import Scope

What = Literal["taken", "changed", "unchanged", "refused"]
_QUESTIONS: Final = cast(Table, Question.__table__)


@dataclass(slots=True)
class Receipt:
    """What became of one row: ``question_id`` unless it was refused, then ``errors``."""

    what: What
    question_id: UUID | None = None
    errors: list[FieldError] = field(default_factory=list)


def accept(scope: Scope, questions: Sequence[QuestionInput], references: References) -> list[Receipt]:
    """Take these questions in, in their order; a receipt for each.

    A row that names an unknown organisation, person, contract or contact moment is refused; the others are taken.
    """
    receipts: list[Receipt | None] = [None] * len(questions)
    references.load(questions)
    owned = owners(scope, questions)
    for turn in _turns(questions):
        good: list[int] = []
        for index in turn:
            errors = unknown_codes(questions[index], references) or _claim_entries(questions[index], owned)
            if errors:
                receipts[index] = Receipt("refused", errors=errors)
            else:
                good.append(index)
        for index, receipt in zip(good, _take(scope, [questions[i] for i in good], references), strict=True):
            receipts[index] = receipt
    return [receipt for receipt in receipts if receipt is not None]


def _turns(questions: Sequence[QuestionInput]) -> Iterable[list[int]]:
    """Indexes such that no question occurs twice in a turn, and later rows about it come in later turns."""
    seen: dict[tuple[str, str], int] = {}
    turns: list[list[int]] = []
    for index, question in enumerate(questions):
        key = (question.source, question.external_id)
        turn = seen.get(key, -1) + 1
        seen[key] = turn
        if turn == len(turns):
            turns.append([])
        turns[turn].append(index)
    return turns


def unknown_codes(question: QuestionInput, references: References) -> list[FieldError]:
    """What the question names that does not exist here."""
    errors = []
    if not references.knows("organisation", question.organisation):
        errors.append(FieldError("/organisation", f"there is no organisation {question.organisation!r}"))
    if not references.knows("person", question.asker):
        errors.append(FieldError("/asker", f"there is no person {question.asker!r}"))
    if not references.knows("person", question.handler):
        errors.append(FieldError("/handler", f"there is no person {question.handler!r}"))
    if not references.knows("contract", question.contract):
        errors.append(FieldError("/contract", f"there is no contract {question.contract!r}"))
    if not references.knows_moment(question.contact_moment):
        errors.append(FieldError("/contact_moment", "there is no such contact moment"))
    for index, entry in enumerate(question.time_entries):
        if not references.knows("person", entry.handler):
            errors.append(FieldError(f"/time_entries/{index}/handler", f"there is no person {entry.handler!r}"))
    return errors


def _claim_entries(question: QuestionInput, owned: dict[tuple[str, str], tuple[str, str]]) -> list[FieldError]:
    """A time entry belongs to one question for ever: the first that names it."""
    key = (question.source, question.external_id)
    errors = [
        FieldError(f"/time_entries/{index}/external_id", "is that of a time entry of another question")
        for index, entry in enumerate(question.time_entries)
        if owned.get((question.source, entry.external_id), key) != key
    ]
    if not errors:
        owned.update(((question.source, entry.external_id), key) for entry in question.time_entries)
    return errors


def _take(scope: Scope, questions: Sequence[QuestionInput], references: References) -> list[Receipt]:
    known = _known(scope, questions)
    receipts: list[Receipt] = []
    new: list[tuple[UUID, QuestionInput]] = []
    changed: list[tuple[Any, QuestionInput]] = []
    for question in questions:
        row = known.get((question.source, question.external_id))
        if row is None:
            key = new_id()
            new.append((key, question))
            receipts.append(Receipt("taken", key))
        elif row.facts_digest == question.digest:
            receipts.append(Receipt("unchanged", row.id))
        else:
            changed.append((row, question))
            receipts.append(Receipt("changed", row.id))
    if new:
        _insert(scope, new, references)
    if changed:
        _change(scope, changed, references)
    return receipts


def _known(scope: Scope, questions: Sequence[QuestionInput]) -> dict[tuple[str, str], Any]:
    """The stored questions among these, by (source, external id)."""
    by_source: dict[str, list[str]] = {}
    for question in questions:
        by_source.setdefault(question.source, []).append(question.external_id)
    query = _KNOWN_OF_SQLITE if scope.session.get_bind().dialect.name == "sqlite" else _KNOWN_OF_POSTGRESQL
    return {
        (row.source, row.external_id): row
        for source, external_ids in by_source.items()
        for start in range(0, len(external_ids), MOST_KEYS)
        for row in scope.session.execute(
            query,
            {
                "mine": scope.administration_id,
                "of_source": source,
                "keys": external_ids[start : start + MOST_KEYS],
            },
        )
    }


# Built once: building a statement costs several times what running it does.

_KNOWN = select(Question.id, Question.source, Question.external_id, Question.facts_digest, Question.contract_id).where(
    Question.administration_id == bindparam("mine"), Question.source == bindparam("of_source")
)

_KNOWN_OF_SQLITE = _KNOWN.where(Question.external_id.in_(bindparam("keys", expanding=True)))


def _probing() -> Select[Any]:
    # One probe of the unique index per key, whatever the planner believes: while a table grows from empty it has no
    # statistics, takes (administration, source) for a single row, and would read everything the source ever sent.
    keys = cast_to(bindparam("keys"), ARRAY(Text()))
    wanted = func.unnest(keys).table_valued("key", name="wanted").render_derived()
    probe = _KNOWN.where(Question.external_id == wanted.c.key).limit(1).lateral("known")
    return select(probe).select_from(wanted.join(probe, true()))


_KNOWN_OF_POSTGRESQL = _probing()


def _insert(scope: Scope, new: list[tuple[UUID, QuestionInput]], references: References) -> None:
    """Store new questions, decide the closed ones, and write one audit row for each question with its decision."""
    new.sort(key=lambda pair: (pair[1].source, pair[1].external_id))  # so that two imports lock in the same order
    rows = [
        {
            "administration_id": scope.administration_id,
            "id": key,
            "version": 1,
            "source": question.source,
            "external_id": question.external_id,
            "created_at": scope.now,
            **question_columns(question, references),
        }
        for key, question in new
    ]
    closed = [_closed(key, question, references) for key, question in new if question.closed_at is not None]
    terms = terms_for(scope, closed)
    settled = settle(scope, [decide_question(question, terms) for question in closed])
    outcomes = settled.outcomes
    decided = {outcome.question_id: outcome for outcome in outcomes}
    trail = [_audit(scope, "create", key, question, decided.get(key)) for key, question in new]
    with pipelined(scope.session) if len(new) == 1 else nullcontext():
        bulk.insert_rows(scope.session, Question, rows)
        insert_entries(scope, [(key, question) for key, question in new if question.time_entries], references)
        insert_decisions(scope, outcomes)
        settled.write(scope)
        bulk.insert_rows(scope.session, AuditRow, trail)
    settled.tell(scope)
    store_shifted(scope, settled.shifted)
    report_short(scope, outcomes)


def _change(scope: Scope, changed: list[tuple[Any, QuestionInput]], references: References) -> None:
    """Store what sources now say about known questions, and decide them again."""
    updates = []
    for row, question in changed:
        values = question_columns(question, references)
        if question.contract is None:  # most sources know no contracts: what a person filled in stays
            values["contract_id"] = row.contract_id
        updates.append({**values, "of_question": row.id})
    names = [name for name in updates[0] if name != "of_question"]
    statement = (
        update(_QUESTIONS)
        .where(_QUESTIONS.c.administration_id == scope.administration_id, _QUESTIONS.c.id == bindparam("of_question"))
        .values({name: bindparam(name) for name in names} | {"version": _QUESTIONS.c.version + 1})
    )
    scope.session.connection().execute(statement, sorted(updates, key=lambda values: values["of_question"]))
    store_entries(scope, [(row.id, question) for row, question in changed if question.time_entries], references)
    trail = [_audit(scope, "change", row.id, question, None) for row, question in changed]
    bulk.insert_rows(scope.session, AuditRow, trail)
    decide_stored(scope, [row.id for row, _ in changed], cause="question_changed")


def question_columns(question: QuestionInput, references: References) -> dict[str, Any]:
    """The columns that a source tells; they change when it tells something else."""
    return {
        "facts_digest": question.digest,
        "contact_moment_id": question.contact_moment,
        "subject": question.subject,
        "category": question.category,
        "kind": question.kind,
        "channel": question.channel,
        "support_line": question.support_line,
        "urgency": question.urgency,
        "tags": question.tags,
        "asker_id": references.find("person", question.asker),
        "handler_id": references.find("person", question.handler),
        "organisation_id": references.find("organisation", question.organisation),
        "contract_id": references.find("contract", question.contract),
        "opened_at": question.opened_at,
        "picked_up_at": question.picked_up_at,
        "answered_at": question.answered_at,
        "closed_at": question.closed_at,
        "solution_summary": question.solution_summary,
        "quantities": {name: str(number) for name, number in question.quantities.items()},
        "base_amount": question.base_amount,
    }


def _closed(key: UUID, question: QuestionInput, references: References) -> ClosedQuestion:
    """What deciding sees of a question that was just stored; ``rating.questions.load_closed`` reads the same back."""
    closed_at = question.closed_at
    if closed_at is None:
        raise ValueError("an open question is not decided")
    entries = sorted(question.time_entries, key=lambda entry: (entry.worked_on, entry.external_id))
    return ClosedQuestion(
        key,
        question.source,
        question.external_id,
        question.subject,
        question.category,
        question.kind,
        question.channel,
        question.support_line,
        question.urgency,
        tuple(question.tags),
        references.find("person", question.asker),
        references.find("organisation", question.organisation),
        question.organisation,
        references.find("contract", question.contract),
        closed_at,
        question.quantities,
        question.base_amount,
        tuple([TimeFacts(entry.minutes, None, entry.role, entry.handler, entry.worked_on) for entry in entries]),
    )


def _audit(scope: Scope, action: str, key: UUID, question: QuestionInput, outcome: Outcome | None) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "source": question.source,
        "external_id": question.external_id,
        "facts_digest": question.digest,
    }
    if outcome is not None:
        changes["decision"] = told(outcome.decision)
    return audit.row(scope, action, "question", key, changes)
