"""Problem types of deliveries: title, meaning, remedy (``problems``)."""

from __future__ import annotations

from typing import Final

DELIVERY_PROBLEMS: Final[dict[str, tuple[str, str, str]]] = {
    "delivery_ended": (
        "The delivery has ended",
        "It arrived, or its connection is closed.",
        "Nothing is left to do.",
    ),
    "outcome_needed": (
        "Say whether it stands there",
        "The connection broke off while something was created, and nothing can be searched in this package.",
        "Look it up there; then send stands_there, with its remote_id if it does.",
    ),
}
