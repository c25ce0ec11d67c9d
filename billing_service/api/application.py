"""Building the WSGI application from a context: blueprints, errors, headers, OpenAPI."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import flask
import flask_smorest
import marshmallow as ma
import structlog
from werkzeug.routing import BaseConverter, ValidationError

from billing_service.api import errors, metrics
from billing_service.api.glue import fields
from billing_service.api.glue.identity import RateLimits, current_context
from billing_service.api.hooks import hooks_in
from billing_service.api.quote_page import quote_page
from billing_service.api.routes import BLUEPRINTS
from billing_service.api.signed_in_page import signed_in_page
from billing_service.api.system import system
from billing_service.context import Context
from billing_service.store import schema

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}


class CodeConverter(BaseConverter):
    """A path segment that holds a code of the caller's own, such as an external id."""

    regex = fields.Code.PATTERN
    part_isolating = True

    def to_python(self, value: str) -> str:
        if len(value) > fields.Code.LONGEST:
            raise ValidationError
        return value


class DayConverter(BaseConverter):
    """A path segment that is a calendar day, YYYY-MM-DD."""

    regex = r"(?:19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise ValidationError from error

    def to_url(self, value: date) -> str:
        return value.isoformat()


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


class BillingApi(flask_smorest.Api):  # type: ignore[misc]
    """flask-smorest with problem+json as the documented and the real form of every error."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        errors.register(self._app)

    def _register_responses(self) -> None:
        """Refusals under names and words of our own: those of ``http.HTTPStatus`` differ between Python versions."""
        for name, description in _REFUSALS.items():
            answer: dict[str, Any] = {"description": description}
            if name != "NOT_MODIFIED":
                answer["content"] = {errors.PROBLEM: {"schema": self.ERROR_SCHEMA}}
            self.spec.components.response(name, answer, lazy=True)


def create_app(context: Context) -> flask.Flask:
    """The WSGI application over this context; it keeps no state but rate limits."""
    app = flask.Flask("billing_service.api", static_folder=None)
    app.config.update(
        API_TITLE="Billing service",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        MAX_CONTENT_LENGTH=context.limits.body_bytes,
        PROVIDE_AUTOMATIC_OPTIONS=False,
        PROPAGATE_EXCEPTIONS=False,
        API_SPEC_OPTIONS=_SPEC_OPTIONS,
    )
    app.extensions["billing"] = context
    app.extensions["billing_schema"] = schema.Watch()
    app.extensions["billing_rate_limits"] = RateLimits(context.limits.requests_per_minute)
    app.url_map.converters |= {"code": CodeConverter, "day": DayConverter}
    app.url_map.strict_slashes = True
    app.url_map.merge_slashes = False
    api = BillingApi(app)
    _describe(api)
    for routes in BLUEPRINTS:
        api.register_blueprint(routes)
    app.register_blueprint(system)
    app.register_blueprint(quote_page)
    app.register_blueprint(signed_in_page)
    app.register_blueprint(hooks_in)
    metrics.watch_connections(context)
    app.before_request(_begin)
    app.before_request(_refuse_other_schema)
    app.after_request(_finish)
    app.teardown_request(_forget)
    return app


_SPEC_OPTIONS: Final[dict[str, Any]] = {
    "servers": [{"url": "/"}],
    "info": {"description": "Questions in, decisions explained, invoices and PDFs out. Docs: /docs"},
}


def _describe(api: BillingApi) -> None:
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


def _begin() -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=errors.request_id())
    metrics.begin()


def _refuse_other_schema() -> None:
    """A migration or a restore may pass a running server by: nothing is answered from a schema that is not ours.

    What needs no database, and the health pages, answer on.
    """
    if flask.request.endpoint is not None and flask.request.blueprint != system.name:
        flask.current_app.extensions["billing_schema"].refuse_other(current_context().database)


def _forget(_error: BaseException | None) -> None:
    structlog.contextvars.clear_contextvars()


def _finish(response: flask.Response) -> flask.Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = errors.request_id()
    rate = flask.g.get("rate")
    if rate is not None:
        response.headers["RateLimit-Policy"] = f'"default";q={rate.quota};w=60'
        response.headers["RateLimit"] = f'"default";r={rate.remaining};t={rate.reset}'
    metrics.finish(response)
    return response
