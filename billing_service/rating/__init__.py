"""From stored facts to decisions and charges.

decide_stored, redecide    decide questions, again when their facts, contract or tariff changed
open_charges               what an invoice is made of; assigns ordinals (preview or release)
assign_ordinals            price tables that count questions
mark_released, undo_release  what releasing and withdrawing a document do to decisions
decided_now, replace_released  what a correction after issue puts in the place of a decision
report_published, report_contract_changed  terms that changed back into days that were invoiced: findings
"""

from billing_service.rating.backdated import agreed_before, report_contract_changed, report_published
from billing_service.rating.backdated import refresh as refresh_terms_changed
from billing_service.rating.ordinals import assign_ordinals
from billing_service.rating.outcome import Outcome
from billing_service.rating.redecide import decide_stored, decided_now, redecide
from billing_service.rating.release import mark_released, open_charges, undo_release
from billing_service.rating.rounding import sentences as rounding_sentences
from billing_service.rating.storing import replace_released
from billing_service.rating.waiting import OpenCharge

__all__ = [
    "OpenCharge",
    "Outcome",
    "agreed_before",
    "assign_ordinals",
    "decide_stored",
    "decided_now",
    "mark_released",
    "open_charges",
    "redecide",
    "refresh_terms_changed",
    "replace_released",
    "report_contract_changed",
    "report_published",
    "rounding_sentences",
    "undo_release",
]
