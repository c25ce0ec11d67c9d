"""HTTP for other services. ``create_app(context)`` gives the WSGI application."""

from __future__ import annotations

from billing_service.api.application import create_app

__all__ = ["create_app"]
