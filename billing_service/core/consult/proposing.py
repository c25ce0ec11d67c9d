"""The rules that propose a consult, each from facts; none decides: a person confirms or rejects with a reason.

A proposal has a *cause*: what it is about, without what may still grow. The same cause is proposed once per contract,
whatever became of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from billing_service.core.calendar import Period
from billing_service.core.consult.policy import ConsultPolicy

IMPORT: Final = "import_not_one_dimensional"
QUESTIONS: Final = "many_questions"
SEVERAL: Final = "several_administrations"
URGENT: Final = "urgent"
RULES: Final = (IMPORT, QUESTIONS, SEVERAL, URGENT)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed: by which ``rule``, for which ``cause``, based on which ``indicators`` and ``facts`` (JSON)."""

    rule: str
    cause: str
    indicators: tuple[str, ...]
    facts: dict[str, Any]


def propose_for_import(
    policy: ConsultPolicy, reference: str, name: str, files: int, *, one_dimensional: bool, sent_back: bool
) -> Proposal | None:
    """An import project whose files hold more than personal data of members, as a person confirmed; ``sent_back``:
    a delivery of it was too poor to use."""
    if one_dimensional or not policy.import_not_one_dimensional:
        return None
    facts = {"import": reference, "name": name, "files": files}
    indicators = ("poor_source_file", "complex_file") if sent_back else ("complex_file",)
    return Proposal(IMPORT, f"{IMPORT}/{reference}", indicators, facts)


def propose_for_questions(
    policy: ConsultPolicy, period: Period, asked: int, organisation: str | None = None
) -> Proposal | None:
    """More questions in a period than the policy allows: ``asked`` under the contract, or by one ``organisation``
    under it."""
    many = policy.many_questions
    if many is None or asked <= many.more_than:
        return None
    facts = {
        "questions": asked,
        "more_than": many.more_than,
        "from": period.first.isoformat(),
        "until": period.last.isoformat(),
        "organisation": organisation,
    }
    cause = f"{QUESTIONS}/{period.first}/{period.last}/{organisation or ''}"
    return Proposal(QUESTIONS, cause, ("too_many_questions",), facts)


def propose_for_contract(policy: ConsultPolicy, organisations: Sequence[str]) -> Proposal | None:
    """A contract that covers several organisations (their codes): several entities to administer. Another one under
    the contract is another cause."""
    if policy.several_administrations is None or len(organisations) < policy.several_administrations:
        return None
    covered = sorted(organisations)
    digest = hashlib.sha256("\n".join(covered).encode()).hexdigest()[:32]
    facts = {"organisations": len(covered), "covered": covered[:20]}
    return Proposal(SEVERAL, f"{SEVERAL}/{digest}", ("several_entities",), facts)


def propose_for_urgency(policy: ConsultPolicy, question: str, subject: str, urgency: str | None) -> Proposal | None:
    """A question (its id in ``question``) whose urgency is one of the policy's words."""
    if urgency not in policy.urgent:
        return None
    return Proposal(URGENT, f"{URGENT}/{question}", ("answer_needed_fast",), {"subject": subject, "urgency": urgency})
