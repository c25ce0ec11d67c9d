"""What flask-smorest is told to describe the operations of an application, refusals included."""

from __future__ import annotations

from typing import Any, Final

import flask
import flask_smorest
import marshmallow as ma

from billing_service.api import errors
from billing_service.api.glue import fields
from billing_service.api.glue.converters import CodeConverter, DayConverter
from billing_service.api.glue.routes import Routes


def of(app: flask.Flask) -> dict[str, Any]:
    """The operations that were registered in this application, as OpenAPI.

    Asking for it may come at any time, also beside requests, and takes longer than making the application.
    """
    api = _Description(app, spec_kwargs=_OPTIONS)
    _add_our_own(api)
    for routes in app.blueprints.values():
        if isinstance(routes, Routes):
            routes.register_views_in_doc(api, app, api.spec, name=routes.name, parameters=None)
            api.spec.tag({"name": routes.name, "description": routes.description})
    found: dict[str, Any] = api.spec.to_dict()
    return found


class ProblemSchema(ma.Schema):
    """RFC 9457, with the request id and what is wrong per field."""

    class _FieldSchema(ma.Schema):
        pointer = ma.fields.String(required=True, metadata={"description": "JSON pointer, or ?name of a parameter."})
        detail = ma.fields.String(required=True)

    class Meta:
        unknown = ma.EXCLUDE

    type = ma.fields.String(required=True, metadata={"example": "/problems/invalid_input"})
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    instance = ma.fields.String(required=True)
    request_id = ma.fields.String(required=True)
    errors = ma.fields.List(ma.fields.Nested(_FieldSchema))


_REFUSALS: Final = {
    "NOT_MODIFIED": "Nothing changed since the version you have.",
    "BAD_REQUEST": "The request cannot be read, or lacks its Idempotency-Key.",
    "UNAUTHORIZED": "No API key, or one that is unknown, expired or revoked.",
    "FORBIDDEN": "The key may not do this.",
    "NOT_FOUND": "No such thing in this administration.",
    "CONFLICT": "The state of things forbids it, or a twin of this request is still running.",
    "PRECONDITION_FAILED": "Somebody changed it since you read it.",
    "CONTENT_TOO_LARGE": "The body is too large.",
    "UNSUPPORTED_MEDIA_TYPE": "The body is not of an accepted type.",
    "UNPROCESSABLE_ENTITY": "A field cannot be right; every wrong one is named.",
    "UNPROCESSABLE_CONTENT": "A field cannot be right; every wrong one is named.",  # the name from Python 3.13 on
    "PRECONDITION_REQUIRED": "If-Match is required.",
    "TOO_MANY_REQUESTS": "More requests than this key may make; Retry-After says when to go on.",
    "DEFAULT_ERROR": "Something went wrong on our side.",
}


class _Description(flask_smorest.Api):  # type: ignore[misc]
    """flask-smorest with problem+json as the documented form of every error."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        """The application has its own: see :func:`billing_service.api.errors.register`."""

    def _register_responses(self) -> None:
        """Refusals under names and words of our own: those of ``http.HTTPStatus`` differ between Python versions."""
        for name, description in _REFUSALS.items():
            answer: dict[str, Any] = {"description": description}
            if name != "NOT_MODIFIED":
                answer["content"] = {errors.PROBLEM: {"schema": self.ERROR_SCHEMA}}
            self.spec.components.response(name, answer, lazy=True)


_OPTIONS: Final[dict[str, Any]] = {
    "title": "Billing service",
    "version": "v1",
    "openapi_version": "3.1.0",
    "servers": [{"url": "/"}],
    "info": {"description": "Questions in, decisions explained, invoices and PDFs out. Docs: /docs"},
}


def _add_our_own(api: _Description) -> None:
    for field, kind in ((fields.Amount, "string"), (fields.JsonObject, "object")):
        api.register_field(field, kind, None)
    api.register_converter(
        CodeConverter,
        lambda _: {"type": "string", "pattern": f"^{fields.Code.PATTERN}$", "maxLength": 100, "minLength": 1},
    )
    api.register_converter(DayConverter, lambda _: {"type": "string", "format": "date", "pattern": "^(19|2[0-9])"})
    api.spec.components.security_scheme(
        "ApiKey",
        {"type": "http", "scheme": "bearer", "description": "An API key: Authorization: Bearer bk_…"},
    )
