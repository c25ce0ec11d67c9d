"""What a person decides to draw: minutes of a question, or the question itself."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from billing_service.core.money import ZERO
from billing_service.core.prepaid import POT_KINDS, Draw, Drawn, Unit, Wanted, draw
from billing_service.core.tariff.codes import Step
from billing_service.core.tariff.decision import Decision, Part, PartDraw
from billing_service.core.tariff.drawing import Prepaid


def drawn_by_person(
    wanted: Sequence[Wanted],
    unit: Unit,
    code: str | None,
    prepaid: Prepaid,
    *,
    revenue_group: str | None = None,
    note: str | None = None,
) -> tuple[Decision, Drawn]:
    """A person's decision to draw what is ``wanted``: a part per card or allowance, closed, at 0.00.

    The second says what was drawn and what is missing: with anything missing the decision is not to be kept.
    """
    pots = prepaid([one.day for one in wanted])
    drawn = draw(pots, wanted, POT_KINDS if unit == "minutes" else POT_KINDS[:1], unit, code)
    keys = list(dict.fromkeys(one.pot.key for one in drawn.draws))
    parts = tuple(_part([one for one in drawn.draws if one.pot.key == key], unit, revenue_group) for key in keys)
    told = Step.DRAWN_MINUTES if unit == "minutes" else Step.DRAWN_QUESTION
    steps = [
        [told, [one.pot.label], one.day.isoformat(), one.quantity if unit == "minutes" else None, one.before, one.after]
        for one in drawn.draws
    ]
    explanation: dict[str, Any] = {
        "tariff": None,
        "facts": {},
        "tried": [],
        "rule": None,
        "name": None,
        "state": "decided",
        "disposition": "draw",
        "closed": True,
        "amount": str(ZERO),
        "value": str(ZERO),
        "steps": [[Step.BY_PERSON] if note is None else [Step.BY_PERSON_NOTE, note], *steps],
    }
    draws = tuple(PartDraw(keys.index(one.pot.key), one) for one in drawn.draws)
    return Decision("decided", None, None, parts, explanation, contends=True, draws=draws), drawn


def _part(draws: Sequence[Draw], unit: Unit, revenue_group: str | None) -> Part:
    """What was drawn from one pot."""
    quantity, label = sum(one.quantity for one in draws), draws[0].pot.label
    if unit == "minutes":
        return Part("draw", "time", None, quantity, ZERO, ZERO, ZERO, "standard", revenue_group, drawn_from=label)
    return Part("draw", "quantity", Decimal(quantity), 0, ZERO, ZERO, ZERO, "standard", revenue_group, drawn_from=label)
