"""Problem types of reconciliations: title, meaning, remedy (``problems``)."""

from __future__ import annotations

from typing import Final

RECONCILIATION_PROBLEMS: Final[dict[str, tuple[str, str, str]]] = {
    "difference_changed": (
        "The document stands otherwise by now",
        "Since this reconciliation it was delivered elsewhere, or its delivery needs attention.",
        "Look at its delivery, or reconcile again and repair what is found then.",
    ),
    "not_carried_out": (
        "A person does this",
        "What is proposed for this difference cannot be done from here.",
        "Do what next_action says, in the accounting package or here, and reconcile again.",
    ),
}
