"""Errors as answers: the one table from error class to status, and ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

import json
from typing import Any, Final
from uuid import uuid4

import flask
import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from billing_service import errors
from billing_service.errors import BillingError

PROBLEM: Final = "application/problem+json"
log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class TooManyRequests(BillingError):
    """The caller asked too often; ``retry_after`` in seconds."""

    code = "too_many_requests"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class KeyRequired(errors.InvalidInput):
    """A POST came without an Idempotency-Key."""

    code = "idempotency_key_required"


class PreconditionRequired(BillingError):
    """A change came without If-Match."""

    code = "precondition_required"


class SignatureRefused(BillingError):
    """A webhook that its package did not sign, or long ago."""

    code = "signature_refused"


class Unavailable(BillingError):
    """The database cannot be reached."""

    code = "unavailable"


STATUS: Final[dict[type[BillingError], int]] = {
    errors.InvalidInput: 422,
    KeyRequired: 400,
    SignatureRefused: 400,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.StaleVersion: 412,
    errors.NotAllowed: 403,
    errors.NotSignedIn: 401,
    errors.KeyReused: 422,
    errors.Busy: 409,
    errors.WrongSchema: 503,
    TooManyRequests: 429,
    PreconditionRequired: 428,
    Unavailable: 503,
}
"""The nearest class in an error's ancestry decides; an error class that nobody put here is a defect and gives 500."""

_STATUS_BY_CODE: Final = {"malformed_json": 400}

HTTP_CODES: Final = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
    500: "internal_error",
}

_DETAILS: Final = {
    404: "There is nothing at this address.",
    405: "This address does not know that method.",
    500: "Something went wrong on our side; nothing was changed. Tell us the request_id.",
}

# SQLSTATE: lock not available, serialization failure, deadlock, statement cancelled by its time-out.
_BUSY_STATES: Final = frozenset({"55P03", "40001", "40P01", "57014"})


def status_of(error: BillingError) -> int:
    if error.code in _STATUS_BY_CODE:
        return _STATUS_BY_CODE[error.code]
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def register(app: flask.Flask) -> None:
    app.register_error_handler(BillingError, answer)
    app.register_error_handler(StaleDataError, _stale)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(PoolTimeout, _database)
    app.register_error_handler(HTTPException, http_answer)
    app.register_error_handler(Exception, _unexpected)


def answer(error: BillingError) -> flask.Response:
    """The problem answer to an expected error."""
    headers = {}
    status = status_of(error)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="billing"'
    if isinstance(error, TooManyRequests):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.Busy | Unavailable):
        headers["Retry-After"] = "1"
    if isinstance(error, errors.WrongSchema):
        headers["Retry-After"] = "30"
    fields = [{"pointer": found.pointer, "detail": found.detail} for found in error.errors]
    return problem(status, error.code, error.detail, fields, headers)


def http_answer(error: HTTPException) -> flask.Response:
    """The problem answer to what Flask and werkzeug refuse; their headers (Allow) are kept."""
    status = error.code or 500
    if error.response is not None or status < 400:
        return flask.make_response(error.get_response())
    headers = {name: value for name, value in error.get_headers() if name.lower() != "content-type"}
    detail = _DETAILS.get(status) or error.description or error.name
    return problem(status, HTTP_CODES.get(status, "bad_request"), detail, [], headers)


def problem(
    status: int, code: str, detail: str, fields: list[dict[str, str]], headers: dict[str, str]
) -> flask.Response:
    from billing_service.api.problems import title_of

    body: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": title_of(code),
        "status": status,
        "detail": _printable(detail),
        "instance": _printable(flask.request.path),
        "request_id": request_id(),
    }
    if fields:
        body["errors"] = [{name: _printable(value) for name, value in field.items()} for field in fields]
    response = flask.Response(json.dumps(body, ensure_ascii=False), status=status, content_type=PROBLEM)
    response.headers.update(headers)
    return response


def request_id() -> str:
    """The id of this request: the caller's X-Request-Id where it is a sensible one, else a new one."""
    if "request_id" not in flask.g:
        given = flask.request.headers.get("X-Request-Id", "")
        sensible = 0 < len(given) <= 64 and given.isascii() and given.replace("-", "").replace("_", "").isalnum()
        flask.g.request_id = given if sensible else uuid4().hex
    found: str = flask.g.request_id
    return found


def translate(error: DBAPIError | PoolTimeout) -> BillingError | None:
    """A database error as one of ours, or None where it is a defect."""
    if isinstance(error, PoolTimeout):
        return errors.Busy("The service is busy; try again.")
    state = str(getattr(error.orig, "sqlstate", "") or "")
    text = str(error.orig)
    if isinstance(error, IntegrityError):
        return _broken_promise(state, text)
    if state in _BUSY_STATES or "database is locked" in text:
        return errors.Busy("Something else is working on the same thing; try again.")
    if isinstance(error, OperationalError):
        return Unavailable("The database cannot be reached; try again.")
    return None


def _broken_promise(state: str, text: str) -> BillingError | None:
    if state == "23505" or "UNIQUE constraint failed" in text:
        return errors.AlreadyExists("Something with the same identity exists already.")
    if state == "23503" or "FOREIGN KEY constraint failed" in text:
        return errors.Conflict("What this refers to does not exist (any more), or something still refers to it.")
    if state == "23000":
        return errors.Conflict(text.splitlines()[0])
    if "constraint failed" not in text and not state:
        return errors.Conflict(text)  # a guard of ours on SQLite
    return None


def _stale(_: StaleDataError) -> flask.Response:
    return answer(errors.StaleVersion("Somebody else changed this at the same moment; read it again."))


def _database(error: DBAPIError | PoolTimeout) -> flask.Response:
    known = translate(error)
    return answer(known) if known else _unexpected(error)


def _unexpected(error: Exception) -> flask.Response:
    log.error("api.unexpected_error", exc_info=error)
    return problem(500, HTTP_CODES[500], _DETAILS[500], [], {})


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
