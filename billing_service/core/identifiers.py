"""Official identifiers, checked as far as their own form allows: KvK and VAT numbers, IBAN, BIC, country codes.

Whether a number is in use only its register knows; these checks find typing errors. Checks return the
number in its compact form or raise ``ValueError`` with a sentence that says what is wrong.
"""

from __future__ import annotations

import re
from typing import Final

from stdnum import bic as stdnum_bic
from stdnum import iban as stdnum_iban
from stdnum.eu import vat as stdnum_vat
from stdnum.exceptions import ValidationError

_KVK: Final = re.compile(r"[0-9]{8}", re.ASCII)
_FOREIGN_VAT: Final = re.compile(r"[A-Z0-9]{4,20}", re.ASCII)

# ISO 3166-1 alpha-2, November 2026, with XI left out: addresses in Northern Ireland have country GB.
_COUNTRIES: Final = (
    " AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY"
    " BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK"
    " FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR"
    " IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK"
    " ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM"
    " PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF"
    " TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
COUNTRIES: Final = frozenset(re.findall("[A-Z]{2}", _COUNTRIES))


def check_kvk(value: str) -> str:
    """A Dutch Chamber of Commerce number: eight digits."""
    if not _KVK.fullmatch(value):
        raise ValueError("is no KvK number: eight digits")
    return value


def check_vat_number(value: str, country: str) -> str:
    """A VAT number with its country prefix; check digits for EU members, only the form elsewhere."""
    compact = re.sub(r"[ .-]", "", value).upper()
    if not _FOREIGN_VAT.fullmatch(compact):
        raise ValueError("is no VAT number: letters and digits, such as NL004495445B01")
    if country not in _EU_PREFIX:
        return compact
    prefix = _EU_PREFIX[country]
    if not compact.startswith(prefix):
        raise ValueError(f"must begin with {prefix}, as VAT numbers of {country} do")
    try:
        stdnum_vat.validate(compact)
    except ValidationError as error:
        raise ValueError("is no valid VAT number: its form or check digits are wrong") from error
    return compact


def check_iban(value: str) -> str:
    """An international bank account number with right length and check digits."""
    try:
        return str(stdnum_iban.validate(value))
    except ValidationError as error:
        raise ValueError("is no valid IBAN: its form or check digits are wrong") from error


def check_bic(value: str) -> str:
    """A business identifier code of 8 or 11 characters (ISO 9362)."""
    try:
        return str(stdnum_bic.validate(value))
    except ValidationError as error:
        raise ValueError("is no valid BIC: 8 or 11 letters and digits") from error


def check_country(value: str) -> str:
    """An ISO 3166-1 alpha-2 code in capitals."""
    if value not in COUNTRIES:
        raise ValueError("is no country code, such as NL")
    return value


_EU: Final = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
_EU_PREFIX: Final = {country: country for country in re.findall("[A-Z]{2}", _EU)} | {"GR": "EL", "MC": "FR"}
