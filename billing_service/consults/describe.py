"""Consults as callers see them: in words, with references, and with what they cost or would cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from billing_service.consults.completing import Asked, price_of, work_of
from billing_service.consults.policies import get_policy
from billing_service.consults.records import pricing_of, references_of
from billing_service.core.charge_texts import explain_charge
from billing_service.core.consult import INDICATORS, describe_proposal
from billing_service.core.formats import LANGUAGES
from billing_service.store.charges import Charge
from billing_service.store.consults import Consult, ConsultSession
from billing_service.store.parties import Person
from billing_service.store.scope import Scope

_PLAIN: Final = (
    "id",
    "version",
    "created_at",
    "contract_id",
    "customer_id",
    "reference",
    "title",
    "state",
    "rule",
    "facts",
    "pricing",
    "vat_class",
    "revenue_group",
    "proposed_by",
    "decided_by",
    "decided_at",
    "reason",
    "completed_on",
    "charge_id",
)


def describe_items(scope: Scope, rows: Sequence[Consult]) -> list[dict[str, Any]]:
    """Each consult with the reference of its contract, its indicators and why it was proposed, in both languages."""
    contracts = references_of(scope, {row.contract_id for row in rows})
    return [
        {name: getattr(row, name) for name in _PLAIN}
        | {
            "contract": contracts[row.contract_id],
            "indicators": [{"code": code, **INDICATORS[code]} for code in row.indicators],
            "proposal": {
                language: describe_proposal(row.rule or "by_person", row.facts, language) for language in LANGUAGES
            },
        }
        for row in rows
    ]


def describe(scope: Scope, row: Consult, language: str, currency: str) -> dict[str, Any]:
    """One consult with its sessions and questions, its time, and its price with every step to it: as charged once it is
    completed, else as it would be charged now (None without pricing)."""
    work, pricing = work_of(scope, row.id), pricing_of(row)
    (told,) = describe_items(scope, [row])
    price: dict[str, Any] | None = None
    steps: Sequence[Any] = ()
    if row.charge_id is not None:
        charge = scope.session.get_one(Charge, (scope.administration_id, row.charge_id))
        price, steps = _figures(charge), charge.explanation or ()
    elif pricing is not None:
        found, steps = price_of(pricing, work)
        price = _figures(found)
    return told | {
        "sessions": _sessions(scope, work.sessions),
        "questions": [_question(one, work.counted(pricing)) for one in work.questions],
        "minutes": work.minutes(pricing),
        "price": price,
        "explanation": steps,
        "sentences": explain_charge(steps, language, currency),
    }


def describe_policy(scope: Scope) -> dict[str, Any]:
    """The policy with every setting; ``stored`` says whether the administration has one, without which nothing is
    proposed."""
    row, policy = get_policy(scope)
    return {
        "policy": policy.to_plain(),
        "stored": row is not None,
        "changed_at": row.changed_at if row else None,
    }


def _figures(found: Any) -> dict[str, Any]:
    names = ("pricing", "quantity", "minutes", "unit_price", "amount")
    return {name: getattr(found, name) for name in names}


def _sessions(scope: Scope, sessions: Sequence[ConsultSession]) -> list[dict[str, Any]]:
    handlers: dict[UUID | None, str] = {}
    wanted = {one.handler_id for one in sessions if one.handler_id is not None}
    if wanted:
        query = select(Person.id, Person.code).where(
            Person.administration_id == scope.administration_id, Person.id.in_(wanted)
        )
        handlers = {row.id: row.code for row in scope.session.execute(query)}
    names = ("id", "created_at", "held_on", "minutes", "kind", "title")
    return [
        {name: getattr(one, name) for name in names} | {"handler": handlers.get(one.handler_id)} for one in sessions
    ]


def _question(one: Asked, counted: Sequence[Asked]) -> dict[str, Any]:
    return {
        "question_id": one.id,
        "external_id": one.external_id,
        "subject": one.subject,
        "closed": one.closed,
        "minutes": one.minutes,
        "counted": one in counted,
        "decided_by_person": one.own,
    }
