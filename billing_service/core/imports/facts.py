"""What is known about the file of a member import, and codes with facts that are worded when somebody reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from billing_service.errors import FieldError, InvalidInput


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is as it is: a code and its facts (plain JSON). ``wording.describe_reason`` words it."""

    code: str
    facts: Mapping[str, Any]

    def to_plain(self) -> dict[str, Any]:
        return {"code": self.code, "facts": dict(self.facts)}


@dataclass(frozen=True, slots=True)
class ImportFacts:
    """What a person confirmed about the delivered files.

    ``columns``: all columns with a title, of the first sheet of every file together. ``one_dimensional``: only
    personal data of members (name and address, contact details, extra fields). ``extra_fields``: how many columns are
    extra fields, where the policy limits them. ``skipped``: columns that cannot be imported (R4).
    Raises ``InvalidInput`` for counts that cannot be.
    """

    files: int
    columns: int
    one_dimensional: bool
    extra_fields: int | None = None
    skipped: int = 0

    def __post_init__(self) -> None:
        errors = []
        if self.files < 1:
            errors.append(FieldError("/files", "must be at least 1"))
        if self.columns < self.files:
            errors.append(FieldError("/columns", "must be at least 1 for every file"))
        if not 0 <= self.skipped <= self.columns:
            errors.append(FieldError("/skipped", "must be from 0 to the number of columns"))
        if self.extra_fields is not None and not 0 <= self.extra_fields <= self.columns:
            errors.append(FieldError("/extra_fields", "must be from 0 to the number of columns"))
        if errors:
            raise InvalidInput("the facts of the import cannot be right", errors=errors)


@dataclass(frozen=True, slots=True)
class Assessment:
    """Whether an import is free or needs a quote, with every reason."""

    outcome: Literal["free", "quote"]
    reasons: tuple[Reason, ...]
