"""The first run: customers that stand in the package already are proposed as ours, so that none is made twice.

Keys, strongest first: our number as their code, VAT number, KvK number, name with postal code. A match is *certain*
when a number of the authorities, or our code with something that confirms it, points from exactly one of ours to
exactly one of theirs and nothing speaks against it; everything else a person decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from connectors.base import RemoteCustomer

_FORMS: Final = re.compile(r"\b(b ?v|n ?v|v ?o ?f)\b")
_SHORT: Final = ((re.compile(r"\bst\b"), "stichting"), (re.compile(r"ver\b"), "vereniging"))


@dataclass(frozen=True, slots=True)
class Ours:
    """A customer of ours, as far as it can be told from others."""

    id: UUID
    number: str
    name: str
    postal_code: str
    vat_number: str | None = None
    kvk: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """They may be the same: found by ``code``, ``vat_number``, ``kvk_number`` or ``name_and_postcode``."""

    customer_id: UUID
    remote: RemoteCustomer
    found_by: str
    certain: bool


def compact(text: str | None) -> str:
    """Letters and digits only, capitals and accents aside: ``NL 0044.95.445.B01`` → ``nl004495445b01``."""
    plain = unicodedata.normalize("NFKD", text or "").casefold()
    return "".join(sign for sign in plain if sign.isalnum())


def plain_name(name: str) -> str:
    """A name as it is compared: ``Koorver. Linde`` is ``Koorvereniging Linde``, ``Linde B.V.`` is ``Linde``."""
    words = re.sub(r"[^\w]+", " ", unicodedata.normalize("NFKD", name).casefold())
    for short, long in _SHORT:
        words = short.sub(long, words)
    return compact(_FORMS.sub(" ", words)) or compact(words)


_KEYS: Final[Mapping[str, tuple[Callable[[Ours], str], Callable[[RemoteCustomer], str]]]] = {
    "code": (lambda one: _code(one.number), lambda one: _code(one.code)),
    "vat_number": (lambda one: _vat(one.vat_number), lambda one: _vat(one.vat_number)),
    "kvk_number": (lambda one: compact(one.kvk), lambda one: compact(one.kvk_number)),
    "name_and_postcode": (
        lambda one: _together(plain_name(one.name), compact(one.postal_code)),
        lambda one: _together(plain_name(one.name), compact(one.postal_code)),
    ),
}


def propose(ours: Sequence[Ours], theirs: Sequence[RemoteCustomer]) -> list[Proposal]:
    """Every pair that may be the same, each once, by its strongest key; in the order of ours."""
    found: dict[tuple[UUID, str], tuple[Ours, RemoteCustomer, str]] = {}
    for found_by, (of_ours, of_theirs) in _KEYS.items():
        at: dict[str, list[RemoteCustomer]] = defaultdict(list)
        for remote in theirs:
            at[of_theirs(remote)].append(remote)
        at.pop("", None)
        for one in ours:
            for remote in at.get(of_ours(one), ()):
                found.setdefault((one.id, remote.id), (one, remote, found_by))
    times_ours = Counter(one.id for one, _, _ in found.values())
    times_theirs = Counter(remote.id for _, remote, _ in found.values())
    order = {one.id: place for place, one in enumerate(ours)}
    return [
        Proposal(
            one.id,
            remote,
            found_by,
            certain=times_ours[one.id] == times_theirs[remote.id] == 1 and _is_certain(one, remote, found_by),
        )
        for one, remote, found_by in sorted(found.values(), key=lambda pair: order[pair[0].id])
    ]


def _is_certain(one: Ours, remote: RemoteCustomer, found_by: str) -> bool:
    agree = dict(_compared(one, remote))
    if not all(agree.get(name, True) for name in ("vat_number", "kvk_number")):
        return False
    if found_by == "code":
        same_name = plain_name(one.name) == plain_name(remote.name)
        return same_name or any(agree.get(name, False) for name in ("vat_number", "kvk_number"))
    return found_by != "name_and_postcode"


def _compared(one: Ours, remote: RemoteCustomer) -> Iterator[tuple[str, bool]]:
    """The numbers that both sides have, and whether they agree."""
    for name in ("vat_number", "kvk_number"):
        of_ours, of_theirs = _KEYS[name]
        if of_ours(one) and of_theirs(remote):
            yield name, of_ours(one) == of_theirs(remote)


def _code(text: str | None) -> str:
    """Padding aside, be it zeros or blanks (Exact: 18 places, accounting-apis 1.3)."""
    return compact(text).lstrip("0")


def _vat(text: str | None) -> str:
    """Dutch numbers are written with and without their country."""
    return compact(text).removeprefix("nl")


def _together(*parts: str) -> str:
    return "|".join(parts) if all(parts) else ""
