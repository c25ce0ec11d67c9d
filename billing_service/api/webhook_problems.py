"""Problem types of webhooks: title, meaning, remedy (``problems``)."""

from __future__ import annotations

from typing import Final

WEBHOOK_PROBLEMS: Final[dict[str, tuple[str, str, str]]] = {
    "endpoint_disabled": (
        "The endpoint is disabled",
        "A person disabled it, or it answered 410 Gone; nothing is sent to it.",
        "Make it active again (PATCH state), then have what it missed replayed.",
    ),
    "no_secret_key": (
        "Secrets cannot be kept",
        "Secrets are stored encrypted, and BILLING_SECRET_KEYS holds no key, or not the one they were encrypted with.",
        "Have the operator set BILLING_SECRET_KEYS (docs/settings.md).",
    ),
    "still_waiting": (
        "It is on its way",
        "The event has not been sent to this endpoint for the first time yet.",
        "Wait a moment and read the delivery.",
    ),
    "too_many_endpoints": (
        "Too many endpoints",
        "Every event is sent to every endpoint, so an administration has a limited number of them.",
        "Take one away that is no longer used.",
    ),
    "too_many_events": (
        "Too many events at once",
        "One replay sends at most 10,000 events.",
        "Choose a later moment, or list the events and read what you missed.",
    ),
}
