"""What a draft is made of, read from the store: the seller, the buyer, the questions behind the charges."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from uuid import UUID

from sqlalchemy import and_, bindparam, func, select

from billing_service.core.calendar import business_date
from billing_service.core.document import Address, AnnexEntry, Buyer, Seller
from billing_service.core.tariff import explain
from billing_service.core.vat import VatStatus
from billing_service.documents.pdf.formats import long_date
from billing_service.errors import InvalidInput
from billing_service.invoicing.lines import Wording
from billing_service.rating import OpenCharge, Outcome
from billing_service.store.administrations import Administration, Series
from billing_service.store.administrations import VatStatus as VatStatusRow
from billing_service.store.charges import Decision
from billing_service.store.parties import Contract, Customer, Person
from billing_service.store.questions import Question, TimeEntry
from billing_service.store.scope import Scope

_QUESTION = {"nl": "Vraag {key}", "en": "Question {key}"}


@dataclass(frozen=True, slots=True)
class Issuer:
    """The administration as a seller, with its dated VAT statuses and the series its invoices are numbered in."""

    seller: Seller
    currency: str
    language: str
    payment_term_days: int
    zero_statements: bool
    vat_since: tuple[tuple[date, VatStatus], ...]
    series_id: UUID
    series_code: str

    def vat_status(self, day: date) -> VatStatus:
        """The VAT status on ``day``. Raises InvalidInput (``no_vat_status``) before the first."""
        at = bisect_right(self.vat_since, day, key=lambda since: since[0])
        if at == 0:
            raise InvalidInput(f"The administration has no VAT status on {day}.", code="no_vat_status")
        return self.vat_since[at - 1][1]


def load_issuer(scope: Scope) -> Issuer:
    """Raises InvalidInput (``no_series``) for an administration without a number series for invoices."""
    session, key = scope.session, scope.administration_id
    row = session.scalars(select(Administration).where(Administration.id == key)).one()
    statuses = session.execute(
        select(VatStatusRow.valid_from, VatStatusRow.status)
        .where(VatStatusRow.administration_id == key)
        .order_by(VatStatusRow.valid_from)
    )
    series = session.execute(
        select(Series.id, Series.code)
        .where(Series.administration_id == key, Series.document_type == "invoice")
        .order_by(Series.code)
    ).first()
    if series is None:
        raise InvalidInput("The administration has no number series for invoices: add one.", code="no_series")
    seller = Seller(
        legal_name=row.legal_name,
        address=Address(row.street, row.postal_code, row.city, row.country),
        trade_name=row.trade_name,
        kvk_number=row.kvk,
        vat_number=row.vat_number,
        iban=row.iban,
        bic=row.bic,
        email=row.email,
        phone=row.phone,
        website=row.website,
    )
    return Issuer(
        seller=seller,
        currency=row.currency,
        language=row.language,
        payment_term_days=row.payment_term_days,
        zero_statements=row.zero_statements,
        vat_since=tuple((since, cast(VatStatus, status)) for since, status in statuses),
        series_id=series.id,
        series_code=series.code,
    )


def buyer(customer: Customer, contract: Contract) -> Buyer:
    """The customer as printed; a recipient chosen on the contract is whom the envelope is for."""
    return Buyer(
        name=customer.name,
        address=Address(customer.street, customer.postal_code, customer.city, customer.country),
        customer_number=customer.number,
        attention=contract.recipient_name,
        kvk_number=customer.kvk,
        vat_number=customer.vat_number,
    )


def wordings(scope: Scope, charges: Collection[OpenCharge], language: str) -> dict[UUID, Wording]:
    """What the lines say about the questions behind these charges, by charge."""
    questions = {charge.question_id for charge in charges if charge.question_id}
    rows = scope.session.execute(_ASKED, {"mine": scope.administration_id, "keys": list(questions)})
    asked = {row.id: row for row in rows}
    found = {}
    for charge in charges:
        row = asked.get(charge.question_id) if charge.question_id else None
        key, asker, explanation = (row.external_id, row.name, row.explanation) if row else (None, None, None)
        rule = ((explanation or {}).get("name") or {}).get(language)
        found[charge.id] = Wording(_detail(key, asker, charge.date, language), rule)
    return found


_ASKED = (
    select(Question.id, Question.external_id, Person.name, Decision.explanation)
    .outerjoin(Person, and_(Person.administration_id == Question.administration_id, Person.id == Question.asker_id))
    .outerjoin(
        Decision, and_(Decision.administration_id == Question.administration_id, Decision.question_id == Question.id)
    )
    .where(Question.administration_id == bindparam("mine"), Question.id.in_(bindparam("keys", expanding=True)))
)


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
    scope: Scope, decided: Collection[Any], repriced: Collection[Outcome], language: str, currency: str
) -> list[AnnexEntry]:
    """An entry per question: what was spent, what became of it and why, in the language of the document.

    ``repriced`` are decisions that a preview computed and did not store: they go before the stored ones.
    """
    minutes = _minutes(scope, [row.question_id for row in decided])
    newest = {outcome.question_id: outcome.decision for outcome in repriced}
    entries = []
    for row in decided:
        decision = {**row._mapping, **newest.get(row.question_id, {})}
        raw, corrected = minutes.get(row.question_id, (None, None))
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
                explanation=tuple(explain(decision["explanation"], language, currency)),
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
