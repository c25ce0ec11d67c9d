"""Problem types of conflicts with an accounting package: title, meaning, remedy (``problems``)."""

from __future__ import annotations

from typing import Final

CONFLICT_PROBLEMS: Final[dict[str, tuple[str, str, str]]] = {
    "not_acceptable_here": (
        "What stands there cannot count here",
        "An issued document never changes, and a customer of ours does not go because it is gone in the package.",
        "Bring ours there again, keep it with a reason, or credit the document here.",
    ),
    "not_changeable_there": (
        "We cannot change it there",
        "The package does not let us change a booked document or payment, or takes no payments from us.",
        "Put it right there by hand, accept what stands there, or keep it with a reason.",
    ),
}
