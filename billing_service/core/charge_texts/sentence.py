"""What a sentence about a charge is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in both languages; ``{0}``, ``{1}`` … are the step's arguments, shown as ``arguments`` says (see
    ``core.wording``)."""

    arguments: tuple[str, ...]
    nl: str
    en: str
