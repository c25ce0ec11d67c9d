"""How a subscription comes to what it charges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from billing_service.core.charge_texts.sentence import Sentence

_PERIODS: Final = {
    "month": ("maand", "month", 12),
    "quarter": ("kwartaal", "quarter", 4),
    "half_year": ("half jaar", "half-year", 2),
    "year": ("jaar", "year", 1),
}


def _priced() -> Iterator[tuple[str, Sentence]]:
    """The price of a period of each length, plain or as a part of an investment a year."""
    for length, (nl, en, periods) in _PERIODS.items():
        yield f"subscription_price_{length}", Sentence(("money",), f"{{0}} per {nl}.", f"{{0}} per {en}.")
        share = (
            ("", "")
            if periods == 1
            else (f", in {periods} delen: {{3}} per {nl}", f", in {periods} parts: {{3}} per {en}")
        )
        for kind, sign in (("percentage", "%"), ("per_mille", "‰")):
            yield (
                f"subscription_{kind}_{length}",
                Sentence(
                    ("number", "money", "money", "money"),
                    f"{{0}}{sign} per jaar van een investering van {{1}} is {{2}}{share[0]}.",
                    f"{{0}}{sign} a year of an investment of {{1}} is {{2}}{share[1]}.",
                ),
            )


SENTENCES: Final[Mapping[str, Sentence]] = {
    "subscription_once": Sentence(("money",), "Eenmalig, bij het begin: {0}.", "Once, at the start: {0}."),
    "subscription_period": Sentence(
        ("day", "day"), "Periode van {0} tot en met {1}.", "Period from {0} to {1}, both included."
    ),
    **dict(_priced()),
    "subscription_index": Sentence(
        ("number", "day"),
        "Daarin is de indexatie van {0}% per {1} verwerkt.",
        "This includes {0}% indexation from {1}.",
    ),
    "subscription_quantity": Sentence(("number", "money", "money"), "{0} × {1} = {2}.", "{0} × {1} = {2}."),
    "subscription_days": Sentence(
        ("number", "number", "money"), "Voor {0} van de {1} dagen: {2}.", "For {0} of its {1} days: {2}."
    ),
    "subscription_thirty": Sentence(
        ("number", "number", "money"),
        "Voor {0} van de {1} dagen (elke maand telt er 30): {2}.",
        "For {0} of its {1} days (30 in every month): {2}.",
    ),
    "subscription_part": Sentence(
        ("number", "number", "money"),
        "Voor {0} van de {1} dagen, naar wat voor begin en einde is afgesproken: {2}.",
        "For {0} of its {1} days, as agreed for start and end: {2}.",
    ),
    "subscription_full": Sentence(
        ("number", "number"),
        "Afgesproken is dat een deel van een periode ({0} van de {1} dagen) als hele periode telt.",
        "As agreed, part of a period ({0} of its {1} days) counts as a whole one.",
    ),
    "subscription_free": Sentence(
        ("number", "number"),
        "Afgesproken is dat een deel van een periode ({0} van de {1} dagen) niets kost.",
        "As agreed, part of a period ({0} of its {1} days) costs nothing.",
    ),
    "subscription_corrected": Sentence(
        ("money", "money"), "In rekening gebracht was {0}; het wordt {1}.", "Charged before: {0}; it becomes {1}."
    ),
    "subscription_cancelled": Sentence((), "Het abonnement is geannuleerd.", "The subscription was cancelled."),
    "subscription_ended": Sentence(("day",), "Het abonnement eindigt op {0}.", "The subscription ends on {0}."),
    "subscription_prolonged": Sentence(
        (),
        "Het abonnement loopt langer door dan eerst was opgezegd.",
        "The subscription goes on for longer than before.",
    ),
}
