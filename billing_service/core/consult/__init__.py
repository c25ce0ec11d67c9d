"""Consults: what makes a question one, what a consult costs, and when the service proposes one. Pure.

indicators   the sixteen indicators, a checklist in Dutch and English
pricing      a fixed price, by the hour, or in blocks; what a consult of so many minutes comes to, and why
policy       what an administration asks for consults and when one is proposed to it
proposing    the rules that propose, each from its facts; a person confirms or rejects
wording      what a proposal says, in Dutch and English
"""

from billing_service.core.consult.indicators import INDICATORS, read_indicators
from billing_service.core.consult.policy import ConsultPolicy, ManyQuestions, parse_policy
from billing_service.core.consult.pricing import ConsultPrice, ConsultPricing, parse_pricing, price_consult
from billing_service.core.consult.proposing import (
    RULES,
    Proposal,
    propose_for_contract,
    propose_for_import,
    propose_for_questions,
    propose_for_urgency,
)
from billing_service.core.consult.wording import describe_proposal, proposal_title

__all__ = [
    "INDICATORS",
    "RULES",
    "ConsultPolicy",
    "ConsultPrice",
    "ConsultPricing",
    "ManyQuestions",
    "Proposal",
    "describe_proposal",
    "parse_policy",
    "parse_pricing",
    "price_consult",
    "proposal_title",
    "propose_for_contract",
    "propose_for_import",
    "propose_for_questions",
    "propose_for_urgency",
    "read_indicators",
]
