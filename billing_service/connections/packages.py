"""The packages that can be connected: what to fill in, and what each can, for the person who chooses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import connectors
from connectors.base import Capabilities
from connectors.overview import WORDS, shown
from connectors.package import Package


def described() -> list[dict[str, Any]]:
    """Every package as plain values, in the order of their names."""
    return [_package(connectors.PACKAGES[name]) for name in sorted(connectors.PACKAGES)]


def _package(package: Package) -> dict[str, Any]:
    return {
        "name": package.name,
        "title": package.title,
        "signs_in": package.sign_in is not None,
        "settings": [
            {"name": one.name, "required": one.required, "secret": one.secret, "choices": list(one.choices)}
            for one in package.settings
        ],
        "capabilities": list(_capabilities(package.capabilities({}))),
    }


def _capabilities(capable: Capabilities) -> Iterator[dict[str, Any]]:
    for field in fields(Capabilities):
        fact = getattr(capable, field.name)
        yield {
            "name": field.name,
            "title": WORDS[field.name],
            "value": shown(fact.value),
            "claimed": shown(fact.claimed),
            "on": fact.on,
            "verified": fact.verified.value,
            "source": fact.source,
        }
