"""Organisations and persons over HTTP."""

from __future__ import annotations

from marshmallow import fields

from billing_service.api.glue import Code, Identifier, InputSchema, PageQuery, Text_
from billing_service.api.schemas.common import VersionedOut, email


class OrganisationPut(InputSchema):
    name = Text_(required=True, metadata={"example": "Afdeling Zwolle"})


class OrganisationIn(OrganisationPut):
    code = Code(required=True, metadata={"description": "What questions call it.", "example": "zwolle"})


class OrganisationPatch(OrganisationIn):
    """Only the fields given change."""


class OrganisationOut(VersionedOut):
    code = fields.String(required=True)
    name = fields.String(required=True)


class OrganisationQuery(PageQuery):
    code = Code()


class PersonPut(InputSchema):
    name = Text_(required=True, metadata={"example": "Anna de Wit"})
    email = email(allow_none=True)
    organisation_id = Identifier(allow_none=True)


class PersonIn(PersonPut):
    code = Code(required=True, metadata={"description": "What questions call this person.", "example": "anna"})


class PersonPatch(PersonIn):
    """Only the fields given change."""


class PersonOut(VersionedOut):
    code = fields.String(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    organisation_id = fields.UUID(required=True, allow_none=True)


class PersonQuery(PageQuery):
    code = Code()
    organisation_id = Identifier()
