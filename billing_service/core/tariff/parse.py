"""A tariff document (JSON) → ``Tariff``. docs/tariffs.md describes the document, with a worked example."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, get_args

from billing_service.core import money
from billing_service.core.minutes import MINUTES_PER_DAY, Direction, Scope, TimeRule
from billing_service.core.prepaid import POT_KINDS, UNITS, PotKind
from billing_service.core.tariff.conditions import fact_reader, read_conditions
from billing_service.core.tariff.model import (
    CONDITIONS,
    DISPOSITIONS,
    DrawFrom,
    FixedPrice,
    Minutes,
    Price,
    Rates,
    Rest,
    Rule,
    Tariff,
    TieredPrice,
    TierTable,
    TimePrice,
)
from billing_service.core.tariff.reading import Fields, pointer_to
from billing_service.core.tariff.tables import read_tables
from billing_service.core.vat import VAT_CLASSES, VatClass
from billing_service.errors import FieldError, InvalidTariff

_MOST_RULES: Final = 500
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_LANGUAGES: Final = ("nl", "en")
_DIRECTIONS: Final[tuple[Direction, ...]] = get_args(Direction)
_SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
_MINUTES: Final[tuple[Minutes, ...]] = get_args(Minutes)
_RULE_FIELDS: Final = (
    "code", "name", "when", "disposition", "close", "price", "time", "vat_class", "revenue_group", "draw_from"
)  # fmt: skip
_PRICE_FIELDS: Final = {
    "fixed": ("basis", "amount"),
    "tiered": ("basis", "table", "minutes", "raw_allowed"),
    "actual_time": ("basis", "rate"),
    "corrected_time": ("basis", "rate", "raw_allowed"),
}
_BASES: Final = tuple(_PRICE_FIELDS)
_RESTS: Final[tuple[Rest, ...]] = get_args(Rest)
_NO_TIME_RULE: Final = TimeRule()


def parse_tariff(document: Mapping[str, Any], label: str = "", pointer: str = "") -> Tariff:
    """The tariff that ``document`` describes.

    ``label`` names this version in explanations; ``pointer`` is where the document stands in what the caller received
    and goes before every error's own. Raises ``InvalidTariff`` with all errors found.
    """
    errors: list[FieldError] = []
    fields = Fields(document, pointer, errors, ("name", "rates", "tables", "rules"))
    name = fields.text("name", required=True) or ""
    rates = _read_rates(fields)
    tables = read_tables(fields.child("tables", None))
    rules = _read_rules(fields, rates, tables)
    if errors:
        found = list(dict.fromkeys(errors))
        raise InvalidTariff(f"the tariff has {len(found)} error{'s' if len(found) > 1 else ''}", errors=found)
    return Tariff(label, name, rates, tables, rules)


def _read_rates(fields: Fields) -> Rates:
    rates = fields.child("rates", ("default", "roles", "handlers"))
    if rates is None:
        return Rates(None, {}, {})
    default = rates.number("default", money.unit_price)
    return Rates(default, _named_rates(rates.child("roles", None)), _named_rates(rates.child("handlers", None)))


def _named_rates(rates: Fields | None) -> dict[str, Decimal]:
    if rates is None:
        return {}
    read = {name: rates.number(name, money.unit_price) for name, _ in rates.items()}
    return {name: price for name, price in read.items() if price is not None}


def _read_rules(fields: Fields, rates: Rates, tables: Mapping[str, TierTable]) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    codes: set[str] = set()
    seen: set[str] = set()
    for index, value in enumerate(fields.listed("rules", _MOST_RULES, required=True)):
        reader = Fields(value, pointer_to(fields.at("rules"), index), fields.errors, _RULE_FIELDS)
        rule = _read_rule(reader, rates, tables, seen)
        if rule.code in codes:
            reader.fail("code", "is the code of an earlier rule")
        codes.add(rule.code)
        rules.append(rule)
    return tuple(rules)


def _read_rule(reader: Fields, rates: Rates, tables: Mapping[str, TierTable], seen: set[str]) -> Rule:
    """One rule; ``seen`` collects the facts that it and the rules before it look at."""
    code = reader.text("code", required=True) or ""
    if code and not _CODE.fullmatch(code):
        reader.fail("code", "must be letters, digits, _ . or -, at most 64, beginning with a letter or digit")
    conditions = read_conditions(reader.child("when", CONDITIONS))
    seen.update(condition.fact for condition in conditions)
    disposition = reader.choice("disposition", DISPOSITIONS)
    if disposition != "draw" and "draw_from" in reader:
        reader.fail("draw_from", "belongs only to the disposition draw")
    if "close" in reader and disposition != "not_billable":
        reader.fail("close", "belongs only to the disposition not_billable")
    price = _read_price(reader, rates, tables)
    if price is None and disposition == "charge" and "price" not in reader:
        reader.fail("price", "is required for a rule that charges")
    time = _read_time(reader, price)
    draw_from = _read_draw_from(reader, price, time) if disposition == "draw" else None
    charges = disposition == "charge" or (draw_from is not None and draw_from.rest == "charge")
    return Rule(
        code,
        _read_names(reader),
        conditions,
        disposition,
        reader.yes_no("close") or False,
        price,
        time,
        _read_vat_class(reader, charges),
        reader.text("revenue_group"),
        fact_reader(seen),
        draw_from,
    )


def _read_draw_from(reader: Fields, price: Price | None, time: TimeRule) -> DrawFrom | None:
    """What a rule with the disposition ``draw`` draws from, and what becomes of the rest."""
    fields = reader.child("draw_from", ("kinds", "code", "unit", "rest"), required=True)
    if fields is None:
        return None
    unit = fields.choice("unit", UNITS, "minutes")
    rest = fields.choice("rest", _RESTS)
    kinds = _read_kinds(fields, unit)
    if unit == "minutes" and not isinstance(price, TimePrice):
        reader.fail("price", "must be actual_time or corrected_time: it tells how many minutes are drawn")
    elif price is None and rest == "charge":
        reader.fail("price", "is required: the rest is charged at it")
    if isinstance(price, TieredPrice) and price.table.measure == "ordinal":
        reader.fail("price", "cannot be a table over ordinals: what is drawn has no place among them")
    if time.scope != "question":
        reader.fail("time", "must have the scope question: what is drawn is rounded per question")
    return DrawFrom(kinds, fields.text("code"), unit, rest)


def _read_kinds(fields: Fields, unit: str) -> tuple[PotKind, ...]:
    """All kinds where none are named; only an allowance has questions."""
    allowed = POT_KINDS if unit == "minutes" else POT_KINDS[:1]
    if "kinds" not in fields:
        return allowed
    named = fields.words("kinds", len(POT_KINDS))
    for kind in named:
        if kind not in allowed:
            fields.fail("kinds", f"{kind!r} is no kind with {unit}: {', '.join(allowed)}")
    return tuple(kind for kind in allowed if kind in named)


def _read_names(reader: Fields) -> dict[str, str]:
    names = reader.child("name", _LANGUAGES, required=True)
    if names is None:
        return {}
    return {language: names.text(language, required=True) or "" for language in _LANGUAGES}


def _read_vat_class(reader: Fields, charges: bool) -> VatClass:
    """A rule that charges must say its class: a forgotten one would quietly become a wrong invoice."""
    return reader.choice("vat_class", VAT_CLASSES, None if charges else "standard")


def _read_price(reader: Fields, rates: Rates, tables: Mapping[str, TierTable]) -> Price | None:
    probe = reader.child("price", None)
    if probe is None:
        return None
    basis = probe.choice("basis", _BASES)
    price = reader.child("price", _PRICE_FIELDS[basis])
    if price is None or "basis" not in price:
        return None
    if basis == "fixed":
        return FixedPrice(price.number("amount", money.amount, required=True) or money.ZERO)
    raw_allowed = price.yes_no("raw_allowed") or False
    if basis == "tiered":
        return _read_tiered(price, tables, raw_allowed)
    rate = price.number("rate", money.unit_price)
    if rate is None and not rates:
        price.fail(None, "has no price of an hour: give this rule a rate, or the tariff its rates")
    return TimePrice("corrected" if basis == "corrected_time" else "actual", raw_allowed, rate)


def _read_tiered(price: Fields, tables: Mapping[str, TierTable], raw_allowed: bool) -> TieredPrice | None:
    name = price.text("table", required=True)
    if name is None:
        return None
    table = tables.get(name)
    if table is None:
        price.fail("table", f"{name!r} is not a table of this tariff")
        return None
    if table.measure == "billed_minutes":
        minutes = price.choice("minutes", _MINUTES)
        if minutes == "actual" and "raw_allowed" in price:
            price.fail("raw_allowed", "belongs only to corrected minutes")
        return TieredPrice(table, minutes, raw_allowed)
    for field in ("minutes", "raw_allowed"):
        if field in price:
            price.fail(field, "belongs only to a table over billed minutes")
    return TieredPrice(table, None, False)


def _read_time(reader: Fields, price: Price | None) -> TimeRule:
    time = reader.child("time", ("step", "direction", "minimum", "grace", "scope"))
    if time is None:
        return _NO_TIME_RULE
    measures_time = isinstance(price, TimePrice) or (isinstance(price, TieredPrice) and price.minutes is not None)
    if not measures_time:
        time.fail(None, "needs a price that depends on time")
    step = time.whole("step", 1, MINUTES_PER_DAY, 1) or 1
    grace = time.whole("grace", 0, MINUTES_PER_DAY, 0) or 0
    if grace >= step and grace:
        time.fail("grace", f"must be less than the step of {step} minutes")
    scope = time.choice("scope", _SCOPES, "question")
    if scope != "question" and isinstance(price, TieredPrice):
        time.fail("scope", "must be question: a table prices each question by its own minutes")
    direction = time.choice("direction", _DIRECTIONS, "up")
    return TimeRule(step, direction, time.whole("minimum", 0, MINUTES_PER_DAY, 0) or 0, grace, scope)
