"""Codes in what comes in (organisations, persons, contracts) → ids, looked up once per transaction.

Where the caller says so, unknown organisations and persons are created; contracts never are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import CompoundSelect, Select, bindparam, literal, select, union_all

from billing_service.core.ids import new_id
from billing_service.intake.rules import QuestionInput
from billing_service.store import audit, bulk
from billing_service.store.audit import AuditRow
from billing_service.store.parties import Contract, Organisation, Person
from billing_service.store.questions import ContactMoment
from billing_service.store.scope import Scope

Noun = Literal["organisation", "person", "contract"]
_TABLES: Final[dict[Noun, tuple[Any, Any]]] = {
    "organisation": (Organisation, Organisation.code),
    "person": (Person, Person.code),
    "contract": (Contract, Contract.reference),
}


@dataclass(frozen=True, slots=True)
class CreateMissing:
    """Which unknown codes are created on the way; ``names`` by (noun, code), else the code is the name too."""

    organisations: bool = False
    persons: bool = False
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)


@cache
def _ids_by_code(nouns: tuple[Noun, ...]) -> Select[Any] | CompoundSelect[Any]:
    """Noun, code and id of these nouns, each noun with its codes as parameter. Built once per combination."""
    queries = [
        select(literal(noun), column, table.id).where(
            table.administration_id == bindparam("mine"), column.in_(bindparam(noun, expanding=True))
        )
        for noun, (table, column) in ((noun, _TABLES[noun]) for noun in nouns)
    ]
    return queries[0] if len(queries) == 1 else union_all(*queries)


class References:
    """Ids by code, of one administration and one transaction."""

    def __init__(self, scope: Scope, create: CreateMissing | None = None) -> None:
        self._scope = scope
        self._create = create or CreateMissing()
        self._ids: dict[Noun, dict[str, UUID | None]] = {"organisation": {}, "person": {}, "contract": {}}
        self._moments: set[UUID] = set()

    def load(self, questions: Iterable[QuestionInput]) -> None:
        """Look up, or create, everything these questions name."""
        organisations: set[str | None] = set()
        persons: set[str | None] = set()
        contracts: set[str | None] = set()
        moments: set[UUID | None] = set()
        for question in questions:
            organisations.add(question.organisation)
            contracts.add(question.contract)
            moments.add(question.contact_moment)
            persons.add(question.asker)
            persons.add(question.handler)
            for entry in question.time_entries:
                persons.add(entry.handler)
        self.look_up({"organisation": organisations, "person": persons, "contract": contracts})
        self._load_moments({key for key in moments if key is not None} - self._moments)

    def look_up(self, codes: Mapping[Noun, Collection[str | None]]) -> None:
        """Look up, or create, these codes; one statement for all nouns together."""
        unseen = {
            noun: sorted(code for code in wanted if code is not None and code not in self._ids[noun])
            for noun, wanted in codes.items()
        }
        for noun, wanted in unseen.items():
            self._ids[noun].update(dict.fromkeys(wanted))
        nouns = tuple(noun for noun, wanted in unseen.items() if wanted)
        if not nouns:
            return
        values: dict[str, Any] = {"mine": self._scope.administration_id, **{noun: unseen[noun] for noun in nouns}}
        for noun, code, found in self._scope.session.execute(_ids_by_code(nouns), values):
            self._ids[noun][code] = found
        self._create_missing(unseen)

    def find(self, noun: Noun, code: str | None) -> UUID | None:
        """The id, or None for no code and for an unknown one (``knows`` tells which)."""
        return None if code is None else self._ids[noun][code]

    def knows(self, noun: Noun, code: str | None) -> bool:
        return code is None or self._ids[noun][code] is not None

    def knows_moment(self, moment: UUID | None) -> bool:
        return moment is None or moment in self._moments

    def _load_moments(self, moments: Collection[UUID]) -> None:
        if moments:
            query = select(ContactMoment.id).where(
                ContactMoment.administration_id == self._scope.administration_id, ContactMoment.id.in_(moments)
            )
            self._moments.update(self._scope.session.scalars(query))

    def _create_missing(self, unseen: Mapping[Noun, Collection[str]]) -> None:
        for noun, wished in (("organisation", self._create.organisations), ("person", self._create.persons)):
            ids = self._ids[noun]  # type: ignore[index]
            missing = [code for code in unseen.get(noun, ()) if ids[code] is None] if wished else []  # type: ignore[call-overload]
            if missing:
                ids.update(self._insert(noun, missing))

    def _insert(self, noun: str, codes: list[str]) -> dict[str, UUID]:
        scope, made = self._scope, {code: new_id() for code in codes}
        model = Organisation if noun == "organisation" else Person
        rows = [
            {
                "administration_id": scope.administration_id,
                "id": made[code],
                "version": 1,
                "code": code,
                "name": self._create.names.get((noun, code), code),
                "created_at": scope.now,
            }
            for code in codes
        ]
        bulk.insert_rows(scope.session, model, rows)
        trail = [
            audit.row(scope, "create", noun, made[code], {"code": code, "name": row["name"]})
            for code, row in zip(codes, rows, strict=True)
        ]
        bulk.insert_rows(scope.session, AuditRow, trail)
        return made
