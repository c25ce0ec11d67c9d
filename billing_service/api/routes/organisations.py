"""Where askers work; it may differ from the customer that pays."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service.api.glue import Answer, Routes, check_version, created, page
from billing_service.api.schemas.people import (
    OrganisationIn,
    OrganisationOut,
    OrganisationPatch,
    OrganisationPut,
    OrganisationQuery,
)
from billing_service.parties import people
from billing_service.store.parties import Organisation
from billing_service.store.scope import Scope

routes = Routes("organisations", "Where askers work; it may differ from the customer that pays.")


@routes.operation(
    "POST", "/organisations", scope="organisations:write", body=OrganisationIn, out=OrganisationOut, status=201
)
def create_organisation(scope: Scope, body: dict[str, Any]) -> Answer:
    """Create an organisation."""
    row = people.create_organisation(scope, body)
    return created(row, f"/v1/organisations/{row.id}")


@routes.operation("GET", "/organisations", scope="organisations:read", query=OrganisationQuery, page_of=OrganisationOut)
def list_organisations(scope: Scope, query: dict[str, Any]) -> Any:
    """List organisations, oldest first."""
    statement = select(Organisation).where(Organisation.administration_id == scope.administration_id)
    for name in ("code",):
        if name in query:
            statement = statement.where(getattr(Organisation, name) == query[name])
    return page(scope, statement, Organisation.id, query)


@routes.operation("GET", "/organisations/<uuid:organisation_id>", scope="organisations:read", out=OrganisationOut)
def get_organisation(scope: Scope, organisation_id: UUID) -> Organisation:
    """Read an organisation."""
    return people.get_organisation(scope, organisation_id)


@routes.operation(
    "PATCH",
    "/organisations/<uuid:organisation_id>",
    scope="organisations:write",
    body=OrganisationPatch,
    out=OrganisationOut,
)
def change_organisation(scope: Scope, organisation_id: UUID, body: dict[str, Any]) -> Organisation:
    """Change an organisation; only the fields given."""
    row = people.get_organisation(scope, organisation_id)
    check_version(row)
    return people.change_organisation(scope, row, body)


@routes.operation(
    "PUT",
    "/organisations/by-code/<code:code>",
    scope="organisations:write",
    body=OrganisationPut,
    out=OrganisationOut,
    also={201: "It is new."},
)
def put_organisation(scope: Scope, code: str, body: dict[str, Any]) -> Answer:
    """Create or replace the organisation with this code."""
    row, new = people.put_organisation(scope, code, body["name"])
    return created(row, f"/v1/organisations/{row.id}") if new else Answer(row)
