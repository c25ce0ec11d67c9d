"""Tariffs: from the facts of a question to a decision with its explanation.

parse_tariff(document)    strict reading of the JSON document → Tariff, or every error with its pointer
decide(facts, tariff)     rules in order, the first that fits prices the question → Decision
explain(...)              the decision's explanation as sentences, in Dutch or English
"""

from typing import Final

from billing_service.core.tariff.codes import Reason
from billing_service.core.tariff.decide import by_person, decide, in_consult, without_contract, without_tariff
from billing_service.core.tariff.decision import Decision, OrdinalUse, Part, PartDraw
from billing_service.core.tariff.drawing import NOTHING, Prepaid
from billing_service.core.tariff.facts import QuestionFacts, TimeFacts
from billing_service.core.tariff.model import Tariff
from billing_service.core.tariff.parse import parse_tariff
from billing_service.core.tariff.persons import drawn_by_person
from billing_service.core.tariff.wording import explain

PREPAID_SHORT: Final = Reason.PREPAID_SHORT
"""The reason for which a person must decide where too little prepaid time is left."""

__all__ = [
    "NOTHING",
    "PREPAID_SHORT",
    "Decision",
    "OrdinalUse",
    "Part",
    "PartDraw",
    "Prepaid",
    "QuestionFacts",
    "Tariff",
    "TimeFacts",
    "by_person",
    "decide",
    "drawn_by_person",
    "explain",
    "in_consult",
    "parse_tariff",
    "without_contract",
    "without_tariff",
]
