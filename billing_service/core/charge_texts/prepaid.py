"""What a sold hour card or block says of its price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from billing_service.core.charge_texts.sentence import Sentence

SENTENCES: Final[Mapping[str, Sentence]] = {
    "card_sold": Sentence(
        ("text", "time", "money"),
        nl="Strippenkaart {0}: {1} uur voor {2}, zonder btw.",
        en="Hour card {0}: {1} hours for {2}, without VAT.",
    ),
    "block_sold": Sentence(
        ("text", "time", "money"),
        nl="Blok {0}: {1} uur voor een vaste prijs van {2}, zonder btw.",
        en="Block {0}: {1} hours for a fixed price of {2}, without VAT.",
    ),
    "card_valid_until": Sentence(
        ("day", "day"), nl="Geldig van {0} tot en met {1}.", en="Valid from {0} up to and including {1}."
    ),
    "card_valid_from": Sentence(
        ("day",), nl="Geldig vanaf {0}, zonder einddatum.", en="Valid from {0}, without a last day."
    ),
    "block_follows": Sentence(
        ("text", "texts"),
        nl="Dit blok betaalt de feedback op blok {0} ({1}).",
        en="This block pays for the feedback on block {0} ({1}).",
    ),
    "vat_at_sale": Sentence(
        (),
        nl="De btw hoort bij de verkoop: wat wordt afgeschreven, staat daarna op 0,00.",
        en="VAT is due at the sale: what is drawn afterwards stands at 0.00.",
    ),
}
