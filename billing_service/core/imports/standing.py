"""Where an import project stands and what can be done now; the same rules as ``apply``, only asked beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from billing_service.core.formats import long_date
from billing_service.core.imports import fees
from billing_service.core.imports.allowed import may
from billing_service.core.imports.events import KINDS
from billing_service.core.imports.policy import ImportPolicy
from billing_service.core.imports.refusals import Refusal
from billing_service.core.imports.sentences import STATUS
from billing_service.core.imports.values import Project, Quote


@dataclass(frozen=True, slots=True)
class Status:
    """``code``: closed, feedback_open, needs_assessment, needs_quote, quote_open, quote_declined, quote_expired,
    waiting_for_agreement, waiting_for_file, all_moments_delivered. Dates among the facts are ISO text."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def describe(self, language: str) -> str:
        dates = {
            name: long_date(date.fromisoformat(value), language)
            for name, value in self.facts.items()
            if name in ("on", "until")
        }
        return STATUS[language][self.code].format(**{**self.facts, **dates})


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether an event of this kind can happen now, and why not. What the event holds may still be refused."""

    kind: str
    allowed: bool
    reason: Refusal | None


def permissions(policy: ImportPolicy, project: Project, today: date) -> tuple[Permission, ...]:
    """One for every kind of event."""
    refusals = [(kind, may(policy, project, kind, today)) for kind in KINDS]
    return tuple(Permission(kind, refusal is None, refusal) for kind, refusal in refusals)


def status(policy: ImportPolicy, project: Project, today: date) -> Status:
    """What the project waits for today."""
    if project.closed_on is not None:
        return Status("closed", {"on": project.closed_on.isoformat()})
    if project.feedback in ("given", "given_paid"):
        return Status("feedback_open")
    quote = project.open_quote(today)
    if quote:
        return _of_quote("quote_open", quote)
    return _first_import(project, today) if not project.moments else _later_import(policy, project, today)


def _first_import(project: Project, today: date) -> Status:
    if project.assessment is None:
        return Status("needs_assessment")
    if project.assessment.outcome == "quote" and project.price is None:
        return _needs_quote(project, "import", today)
    return Status("waiting_for_file", {"moment": 1})


def _later_import(policy: ImportPolicy, project: Project, today: date) -> Status:
    if project.next_facts is not None:
        basis = fees.new_structure_basis(policy, project, project.next_facts)
        if basis == "own_quote" and not project.accepted_quote("new_structure"):
            return _needs_quote(project, "new_structure", today)
        if basis != "own_quote" and may(policy, project, "new_structure_agreed", today) is None:
            return Status("waiting_for_agreement")
    if may(policy, project, "moment_delivered", today) is not None:
        return Status("all_moments_delivered")
    return Status("waiting_for_file", {"moment": len(project.moments) + 1})


def _needs_quote(project: Project, purpose: str, today: date) -> Status:
    """The last quote may say more than that one is needed."""
    quotes = [quote for quote in project.quotes if quote.purpose == purpose]
    last = quotes[-1] if quotes else None
    if last and last.state == "declined":
        return _of_quote("quote_declined", last)
    if last and last.expired(today):
        return _of_quote("quote_expired", last)
    return Status("needs_quote")


def _of_quote(code: str, quote: Quote) -> Status:
    return Status(code, {"quote": quote.quote_id, "until": quote.valid_until.isoformat()})
