"""What a draft is made of, read from the store: the questions behind the charges, and what became of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import aliased

from billing_service.core.calendar import business_date
from billing_service.core.document import AnnexEntry
from billing_service.core.tariff import explain
from billing_service.documents.pdf.formats import long_date
from billing_service.invoicing.lines import Wording
from billing_service.rating import OpenCharge, Outcome
from billing_service.store.charges import Charge, Decision
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Person
from billing_service.store.questions import Question, TimeEntry
from billing_service.store.scope import Scope

_CORRECTED = {
    "nl": {
        "invoice": "correctie van een eerdere factuur",
        "zero_statement": "correctie van een eerder nuloverzicht",
    },
    "en": {
        "invoice": "correction of an earlier invoice",
        "zero_statement": "correction of an earlier zero statement",
    },
}
_QUESTION = {"nl": "Vraag {key}", "en": "Question {key}"}


def wordings(scope: Scope, charges: Collection[OpenCharge], language: str) -> dict[UUID, Wording]:
    """What the lines say about the questions behind these charges, or what a charge says itself, by charge."""
    questions = {charge.question_id for charge in charges if charge.question_id}
    rows = scope.session.execute(_ASKED, {"mine": scope.administration_id, "keys": list(questions)})
    asked = {row.id: row for row in rows}
    replaced = _replaced(scope, [charge.id for charge in charges if charge.source == "correction"])
    found = {}
    for charge in charges:
        row = asked.get(charge.question_id) if charge.question_id else None
        key, asker, explanation = (row.external_id, row.name, row.explanation) if row else (None, None, None)
        rule = ((explanation or {}).get("name") or {}).get(language)
        detail = (charge.detail or {}).get(language) or _detail(key, asker, charge.date, language)
        if charge.id in replaced:
            detail = f"{detail} · {_CORRECTED[language][replaced[charge.id]]}"
        found[charge.id] = Wording(detail, rule)
    return found


_ASKED = (
    select(Question.id, Question.external_id, Person.name, Decision.explanation)
    .outerjoin(Person, and_(Person.administration_id == Question.administration_id, Person.id == Question.asker_id))
    .outerjoin(
        Decision, and_(Decision.administration_id == Question.administration_id, Decision.question_id == Question.id)
    )
    .where(Question.administration_id == bindparam("mine"), Question.id.in_(bindparam("keys", expanding=True)))
)


def _replaced(scope: Scope, corrections: Collection[UUID]) -> dict[UUID, str]:
    """On which kind of document the charge stood that each of these replaces."""
    if not corrections:
        return {}
    earlier = aliased(Charge)
    query = (
        select(Charge.id, Invoice.kind)
        .join(earlier, and_(earlier.administration_id == Charge.administration_id, earlier.id == Charge.replaces_id))
        .join(Invoice, and_(Invoice.administration_id == earlier.administration_id, Invoice.id == earlier.invoice_id))
        .where(Charge.administration_id == scope.administration_id, Charge.id.in_(corrections))
    )
    return {row.id: row.kind for row in scope.session.execute(query)}


def _detail(key: str | None, asker: str | None, day: date, language: str) -> str:
    """``Vraag V-1031 · S. de Boer · 3 november 2026``, of what is known."""
    question = _QUESTION[language].format(key=key) if key else None
    return " · ".join(part for part in (question, asker, long_date(day, language)) if part)


_DECIDED = (
    select(
        Decision.question_id,
        Question.external_id,
        Question.subject,
        Decision.disposition,
        Decision.amount,
        Decision.minutes,
        Decision.parts,
        Decision.explanation,
        Decision.decided_on,
        Question.opened_at,
        Person.name,
    )
    .join(Question, and_(Question.administration_id == Decision.administration_id, Question.id == Decision.question_id))
    .outerjoin(Person, and_(Person.administration_id == Question.administration_id, Person.id == Question.asker_id))
    .order_by(Question.closed_at, Question.source, Question.external_id, Question.id)
)


def decided_questions(scope: Scope, contract_id: UUID, until: date) -> list[Any]:
    """The contract's questions that are decided and done with up to ``until`` and in no document yet: also those that
    put nothing on a line."""
    return list(
        scope.session.execute(
            _DECIDED.where(
                Decision.administration_id == scope.administration_id,
                Decision.contract_id == contract_id,
                Decision.state == "decided",
                Decision.closed.is_(True),
                Decision.released.is_(False),
                Decision.decided_on <= until,
                Question.withdrawn_at.is_(None),
            )
        )
    )


def annex(
    scope: Scope,
    decided: Collection[Any],
    repriced: Collection[Outcome],
    language: str,
    currency: str,
    rounded: Mapping[UUID, str],
) -> list[AnnexEntry]:
    """An entry per question: what was spent, what became of it and why, in the language of the document.

    ``repriced`` are decisions that a preview computed and did not store: they go before the stored ones. ``rounded``
    says by question how its time was rounded together with other time.
    """
    minutes = _minutes(scope, [row.question_id for row in decided])
    newest = {outcome.question_id: outcome.decision for outcome in repriced}
    entries = []
    for row in decided:
        decision = {**row._mapping, **newest.get(row.question_id, {})}
        raw, corrected = minutes.get(row.question_id, (None, None))
        told = [rounded[row.question_id]] if row.question_id in rounded else []
        by_time = any(part["pricing"] == "time" for part in decision["parts"])
        entries.append(
            AnnexEntry(
                question=row.external_id or str(row.question_id),
                subject=row.subject,
                disposition=decision["disposition"],
                amount=decision["amount"],
                asker=row.name,
                asked_on=business_date(row.opened_at),
                closed_on=row.decided_on,
                raw_minutes=raw,
                corrected_minutes=corrected,
                billed_minutes=decision["minutes"] if by_time else None,
                explanation=(*explain(decision["explanation"], language, currency), *told),
            )
        )
    return entries


def _minutes(scope: Scope, questions: list[UUID]) -> Mapping[UUID, tuple[int | None, int | None]]:
    """Raw and corrected minutes per question; corrected only where a person gave a second value for some entry."""
    entry = TimeEntry
    rows = scope.session.execute(
        select(
            entry.question_id,
            func.sum(entry.raw_minutes),
            func.sum(func.coalesce(entry.corrected_minutes, entry.raw_minutes)),
            func.count(entry.corrected_minutes),
        )
        .where(entry.administration_id == scope.administration_id, entry.question_id.in_(questions))
        .group_by(entry.question_id)
    )
    return {key: (int(raw), int(corrected) if given else None) for key, raw, corrected, given in rows}
