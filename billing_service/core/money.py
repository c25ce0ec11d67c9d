"""Amounts of money: the one module that rounds, and the guards that keep floats and absurd numbers out.

An *amount* is a ``Decimal`` with at most 2 decimals (cents), a *unit price* one with at most 4. Both are half-up
rounded here and nowhere else: a half cent goes away from zero (0.005 → 0.01 and -0.005 → -0.01), so that a credit is
exactly the mirror of what it credits. Every calculation runs in a context of its own, wide enough to be exact before
that one rounding: the caller's decimal context has no say.

``moneyed.Money`` exists at the edges only. It takes floats and rounds half to even by itself; ``money`` lets it have
neither chance.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import (
    ROUND_DOWN,
    ROUND_HALF_UP,
    ROUND_UP,
    Clamped,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from typing import Final, Literal, get_args

from moneyed import CurrencyDoesNotExist, Money, get_currency

from billing_service.errors import FieldError, InvalidInput

CENT: Final = Decimal("0.01")
ZERO: Final = Decimal("0.00")
AMOUNT_PLACES: Final = 2
AMOUNT_INTEGER_DIGITS: Final = 15  # with 2 decimals this fits a BIGINT of cents
UNIT_PRICE_PLACES: Final = 4
UNIT_PRICE_INTEGER_DIGITS: Final = 12  # with 4 decimals this fits a BIGINT of 1/10,000

CentRounding = Literal["half_up", "up", "down"]
CENT_ROUNDINGS: Final[tuple[CentRounding, ...]] = get_args(CentRounding)
_ROUNDINGS: Final = {"half_up": ROUND_HALF_UP, "up": ROUND_UP, "down": ROUND_DOWN}

_EXACT: Final = Context(
    prec=90, rounding=ROUND_HALF_UP, Emin=-999, Emax=999, traps=[InvalidOperation, DivisionByZero, Overflow, Clamped]
)
_LIMIT: Final = Decimal(10) ** AMOUNT_INTEGER_DIGITS
_PLAIN_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)
_LONGEST_NUMBER: Final = 64  # characters; longer text is not worth parsing
_HUNDRED: Final = Decimal(100)
_THOUSAND: Final = Decimal(1000)
_SIXTY: Final = Decimal(60)
_UNIT_PRICE: Final = Decimal(1).scaleb(-UNIT_PRICE_PLACES)


class InvalidAmount(InvalidInput):
    """A value that cannot be an amount, price or quantity: a float, not a number, too long, too many decimals."""

    code = "invalid_amount"


def to_decimal(
    value: object, *, places: int = AMOUNT_PLACES, integer_digits: int = AMOUNT_INTEGER_DIGITS, pointer: str = ""
) -> Decimal:
    """``value`` (a ``Decimal``, an ``int`` or text such as ``-12.50``) as a finite Decimal.

    Nothing is rounded: more than ``places`` decimals is an error, as are more than ``integer_digits`` digits before
    the point, floats, booleans, exponents, ``NaN`` and ``Infinity``. Raises ``InvalidAmount`` naming ``pointer``.
    """
    number = _read_number(value, pointer)
    shown = number.as_tuple()
    exponent = int(shown.exponent)  # finite, so never one of the letters
    if len(shown.digits) + exponent > integer_digits and number:
        raise _invalid(f"has more than {integer_digits} digits before the decimal point", pointer)
    if exponent < -places:
        number = _without_trailing_zeros(number, places, pointer)
    return number


def amount(value: object, pointer: str = "") -> Decimal:
    """``value`` as an amount: exactly 2 decimals (12.5 becomes 12.50). Raises ``InvalidAmount``."""
    return to_decimal(value, pointer=pointer).quantize(CENT, context=_EXACT)


def unit_price(value: object, pointer: str = "") -> Decimal:
    """``value`` as a unit price: at least 2 and at most 4 decimals. Raises ``InvalidAmount``."""
    number = to_decimal(value, places=UNIT_PRICE_PLACES, integer_digits=UNIT_PRICE_INTEGER_DIGITS, pointer=pointer)
    trimmed = number.normalize(_EXACT)
    return number.quantize(CENT, context=_EXACT) if int(trimmed.as_tuple().exponent) >= -AMOUNT_PLACES else trimmed


def round_cents(value: Decimal, rounding: CentRounding = "half_up") -> Decimal:
    """``value`` half-up to cents, away from zero on a tie. THE rounding.

    An agreement may say ``up`` (away from zero) or ``down`` (towards zero) instead; only import policies do.

    Raises ``InvalidAmount`` for a float, for NaN and Infinity, and for a result of more than 15 integer digits.
    """
    if not isinstance(value, Decimal):
        raise _invalid("is not a decimal number", "")
    if not value.is_finite():
        raise _invalid("is not a finite number", "")
    if not -_LIMIT < value < _LIMIT:
        raise _invalid(f"has more than {AMOUNT_INTEGER_DIGITS} digits before the decimal point", "")
    return value.quantize(CENT, _ROUNDINGS[rounding], _EXACT)


def line_amount(quantity: Decimal | int, price: Decimal) -> Decimal:
    """What ``quantity`` pieces cost at ``price`` each, in cents: the printed line."""
    return round_cents(multiply(_decimal(quantity), price))


def time_amount(minutes: int, hourly_price: Decimal) -> Decimal:
    """What ``minutes`` cost at ``hourly_price``: minutes × price / 60 in cents. 0:50 at 95.00 is 79.17."""
    return round_cents(_EXACT.divide(_EXACT.multiply(_decimal(hourly_price), _decimal(minutes)), _SIXTY))


def part_amount(whole: Decimal, part: int, parts: int) -> Decimal:
    """``part`` of ``parts`` equal parts of ``whole``, in cents: 17 of the 31 days of 30.00 is 16.45."""
    return round_cents(_EXACT.divide(multiply(whole, Decimal(part)), _decimal(parts)))


def round_unit_price(value: Decimal) -> Decimal:
    """``value`` half-up to the 4 decimals of a unit price, shown with at least 2. Raises ``InvalidAmount``."""
    return unit_price(_decimal(value).quantize(_UNIT_PRICE, ROUND_HALF_UP, _EXACT))


def multiply(one: Decimal, other: Decimal) -> Decimal:
    """The exact product, not rounded: for sums that are rounded once at their end."""
    return _EXACT.multiply(_decimal(one), _decimal(other))


def add(one: Decimal, other: Decimal) -> Decimal:
    """The exact sum, not rounded."""
    return _EXACT.add(one, other)


def percentage_of(base: Decimal, percentage: Decimal) -> Decimal:
    """``percentage`` per cent of ``base``, exact, not rounded."""
    return _EXACT.divide(multiply(base, percentage), _HUNDRED)


def per_mille_of(base: Decimal, per_mille: Decimal) -> Decimal:
    """``per_mille`` per thousand of ``base``, exact, not rounded."""
    return _EXACT.divide(multiply(base, per_mille), _THOUSAND)


def vat_amount(taxable: Decimal, rate: Decimal) -> Decimal:
    """VAT over ``taxable`` (the sum of one category's and rate's lines) at ``rate`` per cent, in cents."""
    return round_cents(percentage_of(taxable, rate))


def split(total: Decimal, weights: Sequence[Decimal | int]) -> list[Decimal]:
    """``total`` (in cents) divided in proportion to ``weights``; the parts add up to it exactly.

    Largest remainder: every part first gets its whole cents, the cents left go to the largest remainders, on a tie to
    the earlier one. A negative total splits as the mirror of the positive one.
    """
    cents = to_decimal(total).scaleb(AMOUNT_PLACES, _EXACT)
    return [Decimal(part).scaleb(-AMOUNT_PLACES, _EXACT) for part in apportion(int(cents), weights)]


def apportion(total: int, weights: Sequence[Decimal | int]) -> list[int]:
    """``total`` whole units (cents, minutes) in proportion to ``weights``, by largest remainder; see ``split``.

    Raises ``ValueError`` for a negative weight, and where a total other than 0 has no weight to go to.
    """
    shares = _whole_weights(weights)
    whole = sum(shares)
    if whole == 0:
        if total:
            raise ValueError("a total cannot be divided over weights that are all zero")
        return [0 for _ in shares]
    sign = -1 if total < 0 else 1
    parts, remainders = [], []
    for position, share in enumerate(shares):
        part, remainder = divmod(abs(total) * share, whole)
        parts.append(part)
        remainders.append((-remainder, position))
    for _, position in sorted(remainders)[: abs(total) - sum(parts)]:
        parts[position] += 1
    return [sign * part for part in parts]


def money(value: Decimal, currency: str = "EUR") -> Money:
    """An amount in cents as ``moneyed.Money``, for the edges (document value, API).

    Refuses floats, amounts that are not whole cents (py-moneyed would round them half to even by itself) and
    currencies that are unknown or do not have 100 cents. Raises ``InvalidInput``.
    """
    try:
        known = get_currency(currency)
    except CurrencyDoesNotExist as error:
        raise _invalid(f"unknown currency {currency[:8]!r}", "", "unknown_currency") from error
    if known.sub_unit != 100:
        raise _invalid(f"currency {currency} does not count in hundredths", "", "unknown_currency")
    if not isinstance(value, Decimal):
        raise _invalid("is not a decimal number", "")
    return Money(amount(value), known)


def _read_number(value: object, pointer: str) -> Decimal:
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, bool | float):
        raise _invalid('must be written as text, such as "12.50", or as a whole number', pointer)
    elif isinstance(value, int):
        if abs(value) >= 10**_LONGEST_NUMBER:
            raise _invalid("is too long a number", pointer)
        number = Decimal(value)
    elif isinstance(value, str):
        if len(value) > _LONGEST_NUMBER:
            raise _invalid("is too long a number", pointer)
        if not _PLAIN_NUMBER.fullmatch(value):
            raise _invalid('is not a number such as "12.50"', pointer)
        number = Decimal(value)
    else:
        raise _invalid('must be a number written as text, such as "12.50"', pointer)
    if not number.is_finite():
        raise _invalid("is not a finite number", pointer)
    if not -999 < number.adjusted() < 999:  # beyond this even comparing would need a gigantic integer
        raise _invalid("is too long a number", pointer)
    return number.copy_abs() if number.is_zero() else number


def _without_trailing_zeros(number: Decimal, places: int, pointer: str) -> Decimal:
    trimmed = number.normalize(_EXACT) if len(number.as_tuple().digits) <= _EXACT.prec else number
    if int(trimmed.as_tuple().exponent) < -places:
        raise _invalid(f"has more than {places} decimals", pointer)
    return number.quantize(Decimal(1).scaleb(-places), context=_EXACT)


def _decimal(value: Decimal | int) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    raise _invalid("is not a decimal number", "")


def _whole_weights(weights: Sequence[Decimal | int]) -> list[int]:
    if all(type(weight) is int for weight in weights):
        whole = [int(weight) for weight in weights]
    else:
        numbers = [to_decimal(weight, places=UNIT_PRICE_PLACES) for weight in weights]
        whole = [int(number.scaleb(UNIT_PRICE_PLACES, _EXACT)) for number in numbers]
    if any(weight < 0 for weight in whole):
        raise ValueError("a weight cannot be negative")
    return whole


def _invalid(problem: str, pointer: str, code: str | None = None) -> InvalidAmount:
    subject = pointer or "the amount"
    detail = problem if code else f"{subject} {problem}"
    return InvalidAmount(detail, code=code, errors=[FieldError(pointer, problem)] if pointer else [])
