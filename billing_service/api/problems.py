"""The problem types: what each code means and what to do. Served at ``/problems/<code>``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A stable code, its short title, what it means, what a caller can do."""

    code: str
    title: str
    meaning: str
    remedy: str


_TYPES: Final = (
    ProblemType("bad_request", "The request cannot be read", "It breaks a rule of HTTP.", "See detail; repair and send again."),
    ProblemType("internal_error", "Something went wrong here", "A defect of ours. Nothing was changed.", "Tell us the request_id. The same Idempotency-Key may be tried again."),
    ProblemType("method_not_allowed", "Method not allowed", "The address exists but not with this method.", "The Allow header lists the methods."),
    ProblemType("not_found", "Not found", "There is no such thing, or it belongs to another administration.", "Check the id and the key's administration."),
)  # fmt: skip

PROBLEM_TYPES: Final = {found.code: found for found in _TYPES}


def title_of(code: str) -> str:
    """The title of a problem type; a code without an entry is named after itself."""
    known = PROBLEM_TYPES.get(code)
    return known.title if known else code.replace("_", " ").capitalize()
