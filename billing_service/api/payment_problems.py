"""Problem types of payments from an accounting package: title, meaning, remedy (``problems``)."""

from __future__ import annotations

from typing import Final

PAYMENT_PROBLEMS: Final[dict[str, tuple[str, str, str]]] = {
    "payment_decided": (
        "This payment is not to be decided upon",
        "The accounting package itself says what it settles, or nothing of it stands there any more.",
        "Change it in the package; it follows here.",
    ),
    "only_not_ours": (
        "This can only be said not to be ours",
        "It is no money that came in, or it is in another currency than our books.",
        "Send not_ours, and record by hand what it means here.",
    ),
}
