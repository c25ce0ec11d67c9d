"""From stored facts to decisions and charges.

decide_stored, redecide    decide questions, again when their facts, contract or tariff changed
open_charges               what an invoice is made of; assigns ordinals (preview or release)
assign_ordinals            price tables that count questions
mark_released, undo_release  what releasing and withdrawing a document do to decisions
decided_now, replace_released  what a correction after issue puts in the place of a decision
"""

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
    "assign_ordinals",
    "decide_stored",
    "decided_now",
    "mark_released",
    "open_charges",
    "redecide",
    "replace_released",
    "rounding_sentences",
    "undo_release",
]
