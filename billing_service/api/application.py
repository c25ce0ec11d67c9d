"""Building the WSGI application from a context: blueprints, errors, headers."""

from __future__ import annotations

from typing import Final

import flask
import structlog

from billing_service.api import errors, metrics
from billing_service.api.glue.converters import CodeConverter, DayConverter
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


def create_app(context: Context) -> flask.Flask:
    """The WSGI application over this context; it keeps no state but rate limits."""
    app = flask.Flask("billing_service.api", static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=context.limits.body_bytes,
        PROVIDE_AUTOMATIC_OPTIONS=False,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.extensions["billing"] = context
    app.extensions["billing_schema"] = schema.Watch()
    app.extensions["billing_rate_limits"] = RateLimits(context.limits.requests_per_minute)
    app.url_map.converters |= {"code": CodeConverter, "day": DayConverter}
    app.url_map.strict_slashes = True
    app.url_map.merge_slashes = False
    errors.register(app)
    for routes in BLUEPRINTS:
        app.register_blueprint(routes)
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
