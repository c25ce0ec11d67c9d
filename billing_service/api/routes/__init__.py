"""The nouns of the API. A new noun is one module here, one line below, and a row in ``tests/api/seeds.py``."""

from __future__ import annotations

from billing_service.api.glue import Routes
from billing_service.api.routes import customers

BLUEPRINTS: tuple[Routes, ...] = (customers.routes,)
