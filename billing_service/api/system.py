"""What needs no key: health, the API description, its pages, the problem types."""

from __future__ import annotations

from typing import Any, Final

import flask
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from billing_service import monitoring
from billing_service.api import hooks, metrics, openapi, quote_page, signed_in_page
from billing_service.api.docs import operation_groups
from billing_service.api.errors import Unavailable
from billing_service.api.glue.identity import current_context
from billing_service.api.problems import PROBLEM_TYPES
from billing_service.errors import NotFound
from billing_service.store import schema

system = flask.Blueprint("system", __name__, template_folder="templates")

UNSCOPED: Final = (
    frozenset(
        f"system.{name}"
        for name in ("livez", "readyz", "metrics_page", "description", "docs", "problems", "problem_type")
    )
    | quote_page.ENDPOINTS
    | signed_in_page.ENDPOINTS
    | hooks.ENDPOINTS
)
"""The routes that need no key; a test refuses any other without a scope."""

_PAGE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"


@system.get("/livez")
def livez() -> Any:
    """The process answers."""
    return {"status": "ok"}


@system.get("/readyz")
def readyz() -> Any:
    """The database answers and has the schema of this program; what a person should know stands beside it."""
    database = current_context().database
    try:
        schema.check(database)
        concerns = monitoring.concerns(database)
    except (SQLAlchemyError, PoolTimeout) as error:
        raise Unavailable("The database cannot be reached.") from error
    warnings = [{"code": found.code, "detail": found.detail} for found in concerns]
    return {"status": "ok", "schema": schema.head(), "warnings": warnings}


@system.get("/metrics")
def metrics_page() -> Any:
    """Figures for Prometheus."""
    return metrics.answer()


@system.get("/openapi.json")
def description() -> Any:
    """The OpenAPI 3.1 description."""
    return flask.Response(openapi.text(_app()), content_type="application/json")


@system.get("/docs")
def docs() -> Any:
    """The API for reading: one page, no script, nothing from elsewhere."""
    spec = openapi.document(_app())
    return _page("docs.html", title="Billing service API", spec=spec, groups=operation_groups(spec))


@system.get("/problems")
def problems() -> Any:
    """All problem types."""
    return _page("problems.html", title="Problem types", types=sorted(PROBLEM_TYPES.items()))


@system.get("/problems/<code>")
def problem_type(code: str) -> Any:
    """One problem type."""
    found = PROBLEM_TYPES.get(code)
    if found is None:
        raise NotFound("There is no such problem type.")
    return _page("problems.html", title=found.title, types=[(code, found)])


def _page(template: str, **values: Any) -> flask.Response:
    response = flask.make_response(flask.render_template(template, **values))
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response


def _app() -> flask.Flask:
    return flask.current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]
