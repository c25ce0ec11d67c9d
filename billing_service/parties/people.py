"""Organisations and persons: where askers work and who they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select

from billing_service import rating
from billing_service.core.ids import new_id
from billing_service.errors import FieldError, InvalidInput
from billing_service.parties import common
from billing_service.store import audit
from billing_service.store.parties import Organisation, Person
from billing_service.store.scope import Scope

_Row = TypeVar("_Row", Organisation, Person)


def create_organisation(scope: Scope, values: Mapping[str, Any]) -> Organisation:
    """A new organisation. Raises ``AlreadyExists`` when its code is taken."""
    common.refuse_taken(scope, Organisation, "code", values["code"], "organisation")
    row = Organisation(administration_id=scope.administration_id, id=new_id(), created_at=scope.now, **values)
    return _stored(scope, row, "organisation", values)


def get_organisation(scope: Scope, organisation_id: UUID) -> Organisation:
    return common.get(scope, Organisation, organisation_id, "organisation")


def change_organisation(scope: Scope, row: Organisation, values: Mapping[str, Any]) -> Organisation:
    """Change the fields given; tariff rules may name the code, so its questions are decided again."""
    if "code" in values:
        common.refuse_taken(scope, Organisation, "code", values["code"], "organisation", besides=row.id)
    changed = common.assign(row, values)
    scope.session.flush()
    if changed:
        audit.record(scope, "change", "organisation", row.id, changed)
    if "code" in changed:
        rating.redecide(scope, cause="organisation_changed", organisations=[row.id])
    return row


def put_organisation(scope: Scope, code: str, name: str) -> tuple[Organisation, bool]:
    """Make the organisation with this code be called so; whether it is new."""
    row = scope.session.scalars(
        select(Organisation).where(Organisation.administration_id == scope.administration_id, Organisation.code == code)
    ).one_or_none()
    if row is None:
        return create_organisation(scope, {"code": code, "name": name}), True
    return change_organisation(scope, row, {"name": name}), False


def create_person(scope: Scope, values: Mapping[str, Any]) -> Person:
    """A new person. Raises ``AlreadyExists`` when the code is taken, ``InvalidInput`` for an unknown organisation."""
    common.refuse_taken(scope, Person, "code", values["code"], "person")
    _check_organisation(scope, values)
    row = Person(administration_id=scope.administration_id, id=new_id(), created_at=scope.now, **values)
    return _stored(scope, row, "person", values)


def get_person(scope: Scope, person_id: UUID) -> Person:
    return common.get(scope, Person, person_id, "person")


def change_person(scope: Scope, row: Person, values: Mapping[str, Any]) -> Person:
    """Change the fields given; a rate may name the handler's code, so its questions are decided again."""
    if "code" in values:
        common.refuse_taken(scope, Person, "code", values["code"], "person", besides=row.id)
    _check_organisation(scope, values)
    changed = common.assign(row, values)
    scope.session.flush()
    if changed:
        audit.record(scope, "change", "person", row.id, changed)
    if "code" in changed:
        rating.redecide(scope, cause="person_changed", persons=[row.id])
    return row


def put_person(scope: Scope, code: str, values: Mapping[str, Any]) -> tuple[Person, bool]:
    """Make the person with this code exactly as given; whether it is new."""
    row = scope.session.scalars(
        select(Person).where(Person.administration_id == scope.administration_id, Person.code == code)
    ).one_or_none()
    if row is None:
        return create_person(scope, {"code": code, **values}), True
    return change_person(scope, row, {"email": None, "organisation_id": None, **values}), False


def _check_organisation(scope: Scope, values: Mapping[str, Any]) -> None:
    wanted = values.get("organisation_id")
    if wanted is not None and scope.session.get(Organisation, (scope.administration_id, wanted)) is None:
        raise InvalidInput(
            "There is no such organisation.", errors=[FieldError("/organisation_id", "is no organisation")]
        )


def _stored(scope: Scope, row: _Row, noun: str, values: Mapping[str, Any]) -> _Row:
    scope.session.add(row)
    scope.session.flush()
    audit.record(scope, "create", noun, row.id, values)
    return row
