"""Problem types of subscriptions: title, meaning, remedy (``problems``)."""

from __future__ import annotations

from typing import Final

SUBSCRIPTION_PROBLEMS: Final[dict[str, tuple[str, str, str]]] = {
    "already_indexed": (
        "Indexed from that day before",
        "The subscription has an indexation from that very day; a second one would raise its price twice.",
        "If the percentage was wrong, give the new price itself from that day.",
    ),
    "subscription_began": (
        "The subscription has begun",
        "Only a subscription that has not begun can be cancelled.",
        "End it instead: what was paid for in advance is taken back as its policy says.",
    ),
    "subscription_cancelled": (
        "Cancelled",
        "The subscription was cancelled before it began; nothing can be agreed about it any more.",
        "Create another subscription.",
    ),
}
