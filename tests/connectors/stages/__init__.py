"""Stages: for every registered package a server of our own that knows its documented requests, and can misbehave.

A package is registered when it has a stage here and passes every test of this folder against each of its kinds. To add
one: a module with a subclass of :class:`Stage`, and its name in ``STAGES`` below.
"""

from __future__ import annotations

import importlib

from tests.connectors.stages.stage import Stage

STAGES: dict[str, str] = {
    "fake": "tests.connectors.stages.fake:FakeStage",
    "exact": "tests.connectors.stages.exact:ExactStage",
    "moneybird": "tests.connectors.stages.moneybird:MoneybirdStage",
    "odoo": "tests.connectors.stages.odoo:OdooStage",
    "tryton": "tests.connectors.stages.tryton:TrytonStage",
}


def stage_of(package: str) -> type[Stage]:
    module, _, name = STAGES[package].partition(":")
    found: type[Stage] = getattr(importlib.import_module(module), name)
    return found


def all_stages() -> list[tuple[str, str]]:
    """Every package with each kind that its connector can be."""
    return [(package, kind) for package in STAGES for kind in stage_of(package).kinds]
