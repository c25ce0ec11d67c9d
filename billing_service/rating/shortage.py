"""Findings about questions for which too little prepaid time is left, where the tariff lets a person decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from billing_service import findings
from billing_service.core.minutes import hours_and_minutes
from billing_service.core.tariff import PREPAID_SHORT
from billing_service.rating.outcome import Outcome
from billing_service.store.scope import Scope

_ONE_QUESTION: Final = {"nl": "1 vraag", "en": "1 question"}
_NOTHING: Final = {"nl": "er geldt niets om van af te schrijven", "en": "nothing is valid to draw from"}


def report_short(scope: Scope, outcomes: Iterable[Outcome], before: Mapping[UUID, str | None] | None = None) -> None:
    """A finding per question that is short now; that of one that is short no longer is settled.

    ``before`` has, by question, the reason for which it was undecided until now.
    """
    short = set()
    for outcome in outcomes:
        if outcome.decision["reason"] == PREPAID_SHORT:
            short.add(outcome.question_id)
            findings.report(scope, PREPAID_SHORT, "question", outcome.question_id, _facts(outcome.decision))
    for question_id, reason in (before or {}).items():
        if reason == PREPAID_SHORT and question_id not in short:
            findings.settle(scope, PREPAID_SHORT, question_id, "decided")


def _facts(decision: Mapping[str, Any]) -> dict[str, Any]:
    short = decision["explanation"]["short"]
    minutes = short["missing"]
    time = None if minutes is None else hours_and_minutes(minutes)
    return {
        "contract_id": decision["contract_id"],
        "rule": decision["rule"],
        "minutes": minutes,
        "missing": {language: time or _ONE_QUESTION[language] for language in _NOTHING},
        "pots": {
            language: ", ".join(title[language] for title in short["pots"]) or nothing
            for language, nothing in _NOTHING.items()
        },
    }
