"""Why a charge that no question tells about comes to its amount, in Dutch and English.

A charge keeps steps, ``[code, argument, …]``; they are worded when they are read. Each kind of charge has its codes and
sentences in a module of its own; a code belongs to one kind only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from billing_service.core.charge_texts.consult import SENTENCES as CONSULT
from billing_service.core.charge_texts.prepaid import SENTENCES as PREPAID
from billing_service.core.charge_texts.sentence import Sentence
from billing_service.core.charge_texts.subscription import SENTENCES as SUBSCRIPTION
from billing_service.core.wording import shown

SENTENCES: Final[Mapping[str, Sentence]] = {**CONSULT, **PREPAID, **SUBSCRIPTION}
"""Every code there is: a new kind of charge adds its own here."""


def explain_charge(steps: Sequence[Sequence[Any]], language: str, currency: str = "EUR") -> list[str]:
    """The sentences of these steps, in ``nl`` or ``en``. Raises ``KeyError`` for a code that nobody wrote."""
    return [_worded(code, arguments, language, currency) for code, *arguments in steps]


def _worded(code: str, arguments: Sequence[Any], language: str, currency: str) -> str:
    sentence = SENTENCES[code]
    template = sentence.nl if language == "nl" else sentence.en
    pairs = zip(sentence.arguments, arguments, strict=True)
    return template.format(*(shown(kind, value, language, currency) for kind, value in pairs))
