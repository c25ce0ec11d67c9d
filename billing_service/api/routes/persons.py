"""Askers, handlers and known contacts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service.api.glue import Answer, Routes, check_version, created, page
from billing_service.api.schemas.people import PersonIn, PersonOut, PersonPatch, PersonPut, PersonQuery
from billing_service.parties import people
from billing_service.store.parties import Person
from billing_service.store.scope import Scope

routes = Routes("persons", "Askers, handlers and known contacts.")


@routes.operation("POST", "/persons", scope="persons:write", body=PersonIn, out=PersonOut, status=201)
def create_person(scope: Scope, body: dict[str, Any]) -> Answer:
    """Create a person."""
    row = people.create_person(scope, body)
    return created(row, f"/v1/persons/{row.id}")


@routes.operation("GET", "/persons", scope="persons:read", query=PersonQuery, page_of=PersonOut)
def list_persons(scope: Scope, query: dict[str, Any]) -> Any:
    """List persons, oldest first."""
    statement = select(Person).where(Person.administration_id == scope.administration_id)
    for name in ("code", "organisation_id"):
        if name in query:
            statement = statement.where(getattr(Person, name) == query[name])
    return page(scope, statement, Person.id, query)


@routes.operation("GET", "/persons/<uuid:person_id>", scope="persons:read", out=PersonOut)
def get_person(scope: Scope, person_id: UUID) -> Person:
    """Read a person."""
    return people.get_person(scope, person_id)


@routes.operation("PATCH", "/persons/<uuid:person_id>", scope="persons:write", body=PersonPatch, out=PersonOut)
def change_person(scope: Scope, person_id: UUID, body: dict[str, Any]) -> Person:
    """Change a person; only the fields given."""
    row = people.get_person(scope, person_id)
    check_version(row)
    return people.change_person(scope, row, body)


@routes.operation(
    "PUT",
    "/persons/by-code/<code:code>",
    scope="persons:write",
    body=PersonPut,
    out=PersonOut,
    also={201: "It is new."},
)
def put_person(scope: Scope, code: str, body: dict[str, Any]) -> Answer:
    """Create or replace the person with this code."""
    row, new = people.put_person(scope, code, body)
    return created(row, f"/v1/persons/{row.id}") if new else Answer(row)
