"""What the parties' use cases share: official identifiers with a pointer, changed fields, external ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm.attributes import flag_modified

from billing_service.errors import AlreadyExists, FieldError, InvalidInput, NotFound
from billing_service.store.base import Keyed, Versioned
from billing_service.store.parties import ExternalId
from billing_service.store.scope import Scope

_Row = TypeVar("_Row", bound=Keyed)


@dataclass(slots=True)
class Problems:
    """Gathers what is wrong with the fields of one object, so that the caller hears everything at once."""

    found: list[FieldError] = field(default_factory=list)

    def add(self, pointer: str, detail: str) -> None:
        self.found.append(FieldError(pointer, detail))

    def check(self, values: dict[str, Any], name: str, checker: Callable[..., str], *arguments: str) -> None:
        """Replace ``values[name]`` by its compact form, or note what is wrong with it."""
        if values.get(name) is None:
            return
        try:
            values[name] = checker(values[name], *arguments)
        except ValueError as error:
            self.add(f"/{name}", str(error))

    def refuse(self, what: str) -> None:
        """Raises ``InvalidInput`` when anything was noted."""
        if self.found:
            first = self.found[0]
            raise InvalidInput(f"This {what} cannot be right: {first.pointer} {first.detail}.", errors=self.found)


def get(scope: Scope, kind: type[_Row], object_id: UUID, what: str) -> _Row:
    """A row of this administration. Raises ``NotFound``, also for one of another administration."""
    row = scope.session.get(kind, (scope.administration_id, object_id))
    if row is None:
        raise NotFound(f"There is no such {what}.")
    return row


def assign(row: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Set fields of a row; the ones that really changed, with their new values."""
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return changed


def touch(row: Versioned) -> None:
    """Raise the row's version although only what hangs below it changed."""
    flag_modified(row, "created_at")  # any column will do: an UPDATE raises the version


def refuse_taken(scope: Scope, kind: Any, name: str, value: Any, what: str, besides: UUID | None = None) -> None:
    """Raises ``AlreadyExists`` when another row of the administration has this value in its unique column."""
    same = select(kind.id).where(kind.administration_id == scope.administration_id, getattr(kind, name) == value)
    if scope.session.scalars(same if besides is None else same.where(kind.id != besides)).first():
        raise AlreadyExists(
            f"There is another {what} with {name} {value}.", errors=[FieldError(f"/{name}", "is taken")]
        )


# --- external ids: how other systems call our objects ---


def claim_external_id(scope: Scope, noun: str, source: str, external_id: str, object_id: UUID) -> UUID:
    """The object that has this external id: ``object_id`` when it was free, else the one that had it already.

    Two upserts at once cannot both get it: the second waits for the first one's transaction.
    """
    key = {"administration_id": scope.administration_id, "noun": noun, "source": source, "external_id": external_id}
    insert = sqlite_insert if scope.session.get_bind().dialect.name == "sqlite" else postgresql_insert
    scope.session.execute(insert(ExternalId).values(**key, object_id=object_id).on_conflict_do_nothing())
    return find_external_id(scope, noun, source, external_id) or object_id


def find_external_id(scope: Scope, noun: str, source: str, external_id: str) -> UUID | None:
    return scope.session.scalars(
        select(ExternalId.object_id).where(
            ExternalId.administration_id == scope.administration_id,
            ExternalId.noun == noun,
            ExternalId.source == source,
            ExternalId.external_id == external_id,
        )
    ).one_or_none()


def set_external_ids(scope: Scope, noun: str, object_id: UUID, wanted: Iterable[Mapping[str, str]]) -> None:
    """Make these the external ids of the object. Raises ``AlreadyExists`` when another object has one of them."""
    scope.session.execute(
        delete(ExternalId).where(
            ExternalId.administration_id == scope.administration_id,
            ExternalId.noun == noun,
            ExternalId.object_id == object_id,
        )
    )
    add_external_ids(scope, noun, object_id, wanted)


def add_external_ids(scope: Scope, noun: str, object_id: UUID, wanted: Iterable[Mapping[str, str]]) -> None:
    """Give the object these external ids. Raises ``AlreadyExists`` when another object has one of them."""
    for index, pair in enumerate(wanted):
        if claim_external_id(scope, noun, pair["source"], pair["external_id"], object_id) != object_id:
            raise AlreadyExists(
                f"Another {noun} has the external id {pair['external_id']} of {pair['source']}.",
                errors=[FieldError(f"/external_ids/{index}", "is taken")],
            )


def external_ids(scope: Scope, ids: Iterable[UUID]) -> dict[UUID, list[dict[str, str]]]:
    """The external ids of these objects, by object."""
    found: dict[UUID, list[dict[str, str]]] = {object_id: [] for object_id in ids}
    for row in scope.session.scalars(
        select(ExternalId)
        .where(ExternalId.administration_id == scope.administration_id, ExternalId.object_id.in_(list(found)))
        .order_by(ExternalId.source, ExternalId.external_id)
    ):
        found[row.object_id].append({"source": row.source, "external_id": row.external_id})
    return found
