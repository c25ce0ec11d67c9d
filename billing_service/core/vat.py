"""VAT: which category and rate a line gets, by who sells, who buys, what and when (domain.md, "VAT").

The first match decides:

1. the administration is no entrepreneur on the date → O
2. it uses the small-business scheme (KOR) → E, with its text
3. the class of the rule or item is exempt → E, with its text
4. a business outside the EU → O, with its text
5. a business elsewhere in the EU with a valid VAT number → AE (reverse charge), with its text
6. everyone else by class: standard and reduced → S, zero → Z
   (a business elsewhere in the EU without a valid number: with a finding)

Category codes are those of UNTDID 5305 as used by EN 16931. K and G concern goods and are absent. The seller is
established in the Netherlands; rates and EU membership are dated data, from Dutch and EU law. Rates of laws made after
this program are added by an operator (``Rates``).

EN 16931 (BR-O-11 to 14) lets O stand only alone on a document: ``alone_outside_scope`` and ``scope_holds_until``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, Literal, TypeVar, get_args

from billing_service.errors import InvalidInput

VatClass = Literal["standard", "reduced", "zero", "exempt"]
VAT_CLASSES: Final[tuple[VatClass, ...]] = get_args(VatClass)
VatCategory = Literal["S", "Z", "E", "AE", "O"]
VatStatus = Literal["liable", "small_business", "not_entrepreneur"]
VAT_STATUSES: Final[tuple[VatStatus, ...]] = get_args(VatStatus)

Rates = Mapping[str, Collection[tuple[date, Decimal]]]
"""Rates by VAT class: percentages, each from a date on."""

K = TypeVar("K")

HOME_COUNTRY: Final = "NL"
NO_RATE: Final = Decimal("0.00")
MISSING_VAT_NUMBER: Final = "eu_business_without_valid_vat_number"

# Wet op de omzetbelasting 1968, art. 9: standard 19 since 2001, 21 since 1 October 2012; reduced 6, 9 since 2019.
_RATES: Final[dict[str, tuple[tuple[date, Decimal], ...]]] = {
    "standard": ((date(2012, 10, 1), Decimal("21.00")), (date(2001, 1, 1), Decimal("19.00"))),
    "reduced": ((date(2019, 1, 1), Decimal("9.00")), (date(2001, 1, 1), Decimal("6.00"))),
}
# Members through the years since 2001: (from, until); the VAT Directive (art. 7) treats Monaco as France.
_EVER: Final = (date.min, date.max)
_SINCE_2004: Final = (date(2004, 5, 1), date.max)
_SINCE_2007: Final = (date(2007, 1, 1), date.max)
_EU: Final[dict[str, tuple[date, date]]] = {
    **dict.fromkeys(("AT", "BE", "DE", "DK", "ES", "FI", "FR", "GR", "IE", "IT", "LU", "MC", "NL", "PT", "SE"), _EVER),
    **dict.fromkeys(("CY", "CZ", "EE", "HU", "LT", "LV", "MT", "PL", "SI", "SK"), _SINCE_2004),
    **dict.fromkeys(("BG", "RO"), _SINCE_2007),
    "HR": (date(2013, 7, 1), date.max),
    "GB": (date.min, date(2020, 12, 31)),  # the transition period counted as membership
}
_ISO_COUNTRY: Final = {"EL": "GR"}  # Greek VAT numbers start with EL, Greek addresses with GR

VAT_TEXTS: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "not_entrepreneur": "Geen btw: de leverancier is geen ondernemer voor de btw.",
        "small_business": "Factuur vrijgesteld van btw: kleineondernemersregeling (KOR), artikel 25 Wet op de "
        "omzetbelasting 1968.",
        "exempt": "Vrijgesteld van btw, artikel 11 Wet op de omzetbelasting 1968.",
        "outside_eu": "Buiten de heffing van Nederlandse btw: dienst aan een ondernemer buiten de EU, artikel 6 Wet op "
        "de omzetbelasting 1968.",
        "reverse_charge": "Btw verlegd naar de afnemer, artikel 196 Richtlijn 2006/112/EG.",
    },
    "en": {
        "not_entrepreneur": "No VAT: the supplier is not a taxable person.",
        "small_business": "Invoice exempt from VAT: Dutch small-business scheme (KOR), article 25 Dutch VAT Act 1968.",
        "exempt": "Exempt from VAT, article 11 Dutch VAT Act 1968.",
        "outside_eu": "Outside the scope of Dutch VAT: service to a business outside the EU, article 6 Dutch VAT Act "
        "1968.",
        "reverse_charge": "VAT reverse-charged to the customer (btw verlegd), article 196 Directive 2006/112/EC.",
    },
}


@dataclass(frozen=True, slots=True)
class VatBuyer:
    """What matters of the customer: ISO country, whether it buys as a business, whether its VAT number is valid."""

    country: str
    is_business: bool
    vat_number_valid: bool = False


@dataclass(frozen=True, slots=True)
class VatDecision:
    """A line's VAT. ``rate`` is a percentage (0.00 outside S; a document prints no rate at all for O).

    ``text_code`` is a key of ``VAT_TEXTS``: the reason a document must state. ``finding`` is a code for a person to
    look at.
    """

    category: VatCategory
    rate: Decimal
    text_code: str | None = None
    finding: str | None = None


def decide_vat(
    day: date, seller: VatStatus, vat_class: VatClass, buyer: VatBuyer, added: Rates | None = None
) -> VatDecision:
    """VAT of a line of ``vat_class`` with ``day`` as its date; ``added`` are rates beyond those built in.

    Raises ``InvalidInput`` where no rate is known.
    """
    if seller == "not_entrepreneur":
        return VatDecision("O", NO_RATE, "not_entrepreneur")
    if seller == "small_business":
        return VatDecision("E", NO_RATE, "small_business")
    if vat_class == "exempt":
        return VatDecision("E", NO_RATE, "exempt")
    country = _ISO_COUNTRY.get(buyer.country, buyer.country)
    in_eu = is_eu_country(country, day)
    if buyer.is_business and not in_eu:
        return VatDecision("O", NO_RATE, "outside_eu")
    eu_business = buyer.is_business and in_eu and country != HOME_COUNTRY
    if eu_business and buyer.vat_number_valid:
        return VatDecision("AE", NO_RATE, "reverse_charge")
    category: VatCategory = "Z" if vat_class == "zero" else "S"
    rate = vat_rate(vat_class, day, added)
    return VatDecision(category, rate, finding=MISSING_VAT_NUMBER if eu_business else None)


def vat_rate(vat_class: VatClass, day: date, added: Rates | None = None) -> Decimal:
    """The Dutch rate of ``vat_class`` on ``day``, as a percentage. Raises ``InvalidInput`` before 2001."""
    if vat_class in ("zero", "exempt"):
        return NO_RATE
    begun = [known for known in (*_RATES[vat_class], *(added or {}).get(vat_class, ())) if day >= known[0]]
    if not begun:
        raise InvalidInput(f"no VAT rate is known for {day.isoformat()}", code="no_vat_rate")
    return max(begun, key=lambda known: known[0])[1]  # of two from the same day the one built in, which comes first


def known_rates() -> list[tuple[VatClass, date, Decimal]]:
    """The rates built in, newest first."""
    classes: tuple[VatClass, ...] = ("standard", "reduced")
    return [(vat_class, since, rate) for vat_class in classes for since, rate in _RATES[vat_class]]


def outside_scope(day: date, seller: VatStatus, buyer: VatBuyer) -> bool:
    """Whether sales of that day between the two fall outside Dutch VAT (but for what is exempt by itself)."""
    if seller == "liable":
        return buyer.is_business and not is_eu_country(buyer.country, day)
    return seller == "not_entrepreneur"


def alone_outside_scope(decisions: Mapping[K, VatDecision]) -> dict[K, VatDecision]:
    """Where a business outside the EU gets a line outside the scope (O), what is exempt is outside it too.

    The place of supply goes before the exemption (articles 6 and 11 Wet OB): a service to that business is not taxed
    here, exempt or not.
    """
    outside = next((one for one in decisions.values() if one.text_code == "outside_eu"), None)
    if outside is None:
        return dict(decisions)
    return {key: outside if one.text_code == "exempt" else one for key, one in decisions.items()}


def membership_changes(country: str) -> tuple[date, ...]:
    """The days on which ``country`` fell under EU VAT for the first time, and no longer."""
    joined, left = _EU.get(_ISO_COUNTRY.get(country, country), _EVER)
    return tuple(day for day in (joined, left + timedelta(days=1) if left < date.max else date.min) if day > date.min)


def is_eu_country(country: str, day: date) -> bool:
    """Whether services to ``country`` (ISO 3166 code, or EL for Greece) fell under EU VAT on ``day``."""
    joined, left = _EU.get(_ISO_COUNTRY.get(country, country), (date.max, date.min))
    return joined <= day <= left


def vat_text(text_code: str, language: str) -> str:
    """The sentence a document must carry, in ``nl`` or ``en``."""
    return VAT_TEXTS[language][text_code]
