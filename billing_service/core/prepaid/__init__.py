"""Prepaid time: what may be drawn for the days on which was worked, from which card or allowance, and what is left.

Pot           one hour card, one block, or one period of an allowance, with what is left of it
draw(...)     wanted minutes or questions per day → draws, oldest valid pot first, and the rest
periods_on    the periods of an allowance that may be used on a day, carried over ones included
spread(...)   the billed minutes of a question over the days on which was worked
"""

from billing_service.core.prepaid.allowances import AllowancePeriod, AllowanceTerms, periods_on
from billing_service.core.prepaid.drawing import Draw, Drawn, Wanted, draw, spread
from billing_service.core.prepaid.pots import POT_KINDS, UNITS, Pot, PotKey, PotKind, Unit

__all__ = [
    "POT_KINDS",
    "UNITS",
    "AllowancePeriod",
    "AllowanceTerms",
    "Draw",
    "Drawn",
    "Pot",
    "PotKey",
    "PotKind",
    "Unit",
    "Wanted",
    "draw",
    "periods_on",
    "spread",
]
