"""Tariff documents for these tests: the one of docs/tariffs.md, and small ones built around a single rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[3] / "docs" / "tariffs.md"
QUARTERS = {"step": 15, "direction": "up", "grace": 5, "minimum": 15}


def documented() -> dict[str, Any]:
    """The worked example, as docs/tariffs.md prints it."""
    text = DOCS.read_text(encoding="utf-8")
    example: dict[str, Any] = json.loads(text.split("```json\n", 1)[1].split("```", 1)[0])
    return example


def rule(code: str = "only", **fields: Any) -> dict[str, Any]:
    """A rule that charges 25.00 unless the fields say otherwise; a field given as None is left out."""
    whole: dict[str, Any] = {
        "code": code,
        "name": {"nl": f"Regel {code}", "en": f"Rule {code}"},
        "disposition": "charge",
        "price": {"basis": "fixed", "amount": "25.00"},
        "vat_class": "standard",
        **fields,
    }
    return {key: value for key, value in whole.items() if value is not None}


def tariff(*rules: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A tariff at 95.00 an hour with these rules."""
    return {"name": "Test", "rates": {"default": "95.00"}, "rules": list(rules) or [rule()], **parts}


def hourly(basis: str = "actual_time", **fields: Any) -> dict[str, Any]:
    """A rule that charges time."""
    return rule("hourly", price={"basis": basis}, **fields)


def table(kind: str, *rows: tuple[str | None, str, str], measure: Any = "base_amount", **fields: Any) -> dict[str, Any]:
    """A table of rows (up to, kind of price, price)."""
    return {
        "measure": measure,
        "kind": kind,
        "rows": [{"up_to": up, price: value} for up, price, value in rows],
        **fields,
    }


def by_table(staffel: dict[str, Any], **price: Any) -> dict[str, Any]:
    """A tariff whose only rule prices by this table."""
    return tariff(rule("tiers", price={"basis": "tiered", "table": "staffel", **price}), tables={"staffel": staffel})
