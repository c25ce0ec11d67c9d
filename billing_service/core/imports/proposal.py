"""What the column titles say about a delivery: a proposal only. A person confirms that it is one-dimensional (R2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from billing_service.core.imports.facts import Reason
from billing_service.core.imports.structure import canonical_title

# R2: not one-dimensional are groups, other cross-links, and company members with contact persons. Words are sought at
# the beginning of a word in a title (bedrijf: also bedrijfsnaam), phrases as they stand. Dutch and English.
_SIGNS: Final[dict[str, tuple[str, ...]]] = {
    "contact_person": ("contactpersoon", "contactpersonen", "contact person", "contact persoon", "contactperson"),
    "company": ("bedrijf", "bedrijven", "organisatie", "werkgever", "company", "companies", "organisation",
                "organization", "employer", "kvk"),
    "group": ("groep", "werkgroep", "subgroep", "commissie", "afdeling", "bestuur", "kring", "team", "group",
              "committee", "department", "division", "board", "chapter"),
    "function": ("functie", "rol", "function", "role", "position in"),
    "relation": ("relatie", "partner van", "partner of", "ouder van", "kind van", "parent of", "child of", "gekoppeld",
                 "linked", "gezin", "household", "hoofdlid", "main member", "relation"),
}  # fmt: skip
# A number or a name for the member itself is no link, whatever it is called.
_OWN: Final = re.compile(r"\b(relatie|relation|customer|klant)[ _-]?(nummer|nr|number|no|id|code)\b")
_WHOLE_WORDS: Final = frozenset({"rol", "role", "team", "kring", "board", "kvk"})


@dataclass(frozen=True, slots=True)
class Proposal:
    """Whether the titles look one-dimensional, and each title that does not, with what it makes us think of."""

    one_dimensional: bool
    reasons: tuple[Reason, ...]


def propose(titles_per_file: Iterable[Iterable[str]]) -> Proposal:
    """What the titles of the delivered files suggest; reasons ``title_suggests`` with title, sign, file (from 1)."""
    reasons = tuple(
        Reason("title_suggests", {"title": title, "sign": sign, "file": file})
        for file, titles in enumerate(titles_per_file, 1)
        for title in titles
        if (sign := _sign(title))
    )
    return Proposal(not reasons, reasons)


def _sign(title: str) -> str | None:
    plain = _OWN.sub(" ", canonical_title(title).replace("_", " "))
    for sign, words in _SIGNS.items():
        if any(_names(word, plain) for word in words):
            return sign
    return None


def _names(word: str, title: str) -> bool:
    end = r"\b" if word in _WHOLE_WORDS else ""
    return re.search(rf"\b{re.escape(word)}{end}", title) is not None
