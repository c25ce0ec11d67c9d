"""Contact moments: one call, mail, chat or portal message, holding one or more questions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service.api.glue import Answer, Routes, page
from billing_service.api.schemas.questions import ContactMomentIn, ContactMomentOut, ContactMomentQuery
from billing_service.intake.describe import describe_moments
from billing_service.intake.single import get_moment, receive_moment
from billing_service.store.questions import ContactMoment
from billing_service.store.scope import Scope

routes = Routes("contact-moments", "One call, mail, chat or portal message; it holds one or more questions.")


@routes.operation(
    "POST",
    "/contact-moments",
    scope="contact_moments:write",
    body=ContactMomentIn,
    out=ContactMomentOut,
    status=201,
    also={200: "Known already."},
)
def receive_contact_moment(scope: Scope, body: dict[str, Any]) -> Answer:
    """Take in a contact moment. One with a known source and external id is the same one."""
    row, is_new = receive_moment(scope, body)
    scope.session.flush()
    location = {"Location": f"/v1/contact-moments/{row.id}"}
    return Answer(describe_moments(scope, [row])[0], 201 if is_new else 200, location)


@routes.operation(
    "GET", "/contact-moments", scope="contact_moments:read", query=ContactMomentQuery, page_of=ContactMomentOut
)
def list_contact_moments(scope: Scope, query: dict[str, Any]) -> Any:
    """List contact moments, oldest first."""
    statement = select(ContactMoment).where(ContactMoment.administration_id == scope.administration_id)
    for name in ("source", "external_id", "organisation_id"):
        if name in query:
            statement = statement.where(getattr(ContactMoment, name) == query[name])
    return page(scope, statement, ContactMoment.id, query, lambda rows: describe_moments(scope, rows))


@routes.operation(
    "GET", "/contact-moments/<uuid:contact_moment_id>", scope="contact_moments:read", out=ContactMomentOut
)
def get_contact_moment(scope: Scope, contact_moment_id: UUID) -> dict[str, Any]:
    """Read a contact moment with the ids of its questions."""
    return describe_moments(scope, [get_moment(scope, contact_moment_id)])[0]
