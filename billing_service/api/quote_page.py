"""The customer's page of a quote: read it, accept it or decline it, with nothing but the link.

The token in the address is the only key, and single-use: what it decided never changes, and the same request again
shows what was decided. A link that leads nowhere always gives the same page, whether it ever worked or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import flask
import orjson
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from billing_service import imports
from billing_service.api.errors import TooManyRequests
from billing_service.api.glue.answers import attachment
from billing_service.api.glue.identity import current_context, rate_limits
from billing_service.api.quote_texts import GONE, TEXTS, TOO_MANY
from billing_service.core import formats
from billing_service.core.imports.quote import from_plain
from billing_service.errors import Conflict, InvalidInput, NotFound
from billing_service.store.imports import ImportQuote
from billing_service.store.scope import Scope

quote_page = flask.Blueprint("quote_page", __name__, template_folder="templates", url_prefix="/quotes")

ENDPOINTS: Final = frozenset(
    {"quote_page.show_quote", "quote_page.quote_pdf", "quote_page.accept_quote", "quote_page.decline_quote"}
)
"""The routes of the page, which need no API key: the token in the address is the key."""

_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_ACTOR: Final = "customer link"
_FIELDS: Final = {"name": 200, "reason": 500}
_LARGEST_FORM: Final = 16 * 1024


@quote_page.get("/<token>")
def show_quote(token: str) -> flask.Response:
    """The quote, with the choice while it is open and the outcome afterwards."""
    with _reading(token) as (scope, quote):
        return _page(scope, quote, token)


@quote_page.get("/<token>/pdf")
def quote_pdf(token: str) -> flask.Response:
    """The quote as PDF."""
    with _reading(token) as (scope, quote):
        content, name = imports.quote_pdf(scope, quote).content, imports.quote_file_name(quote)
    return flask.Response(content, headers={"Content-Disposition": attachment(name)}, content_type="application/pdf")


@quote_page.post("/<token>/accept")
def accept_quote(token: str) -> flask.Response:
    """The customer accepts, by name."""
    return _decide(token, "accepted", ("name",))


@quote_page.post("/<token>/decline")
def decline_quote(token: str) -> flask.Response:
    """The customer declines, by name and with a reason."""
    return _decide(token, "declined", ("name", "reason"))


@quote_page.errorhandler(NotFound)
def _gone(_: NotFound) -> flask.Response:
    """The same bytes for every link that leads nowhere."""
    return _answer(flask.render_template("quote_gone.html", language="nl", title=GONE[0][1], texts=GONE), 404)


@quote_page.errorhandler(TooManyRequests)
def _too_many(error: TooManyRequests) -> flask.Response:
    answer = _answer(flask.render_template("quote_gone.html", language="nl", title=TOO_MANY[0][1], texts=TOO_MANY), 429)
    answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _decide(token: str, decision: Any, wanted: tuple[str, ...]) -> flask.Response:
    given = _form(wanted)
    try:
        with current_context().database.write() as session:
            scope, quote = _found(session, token)
            missing = next((name for name in wanted if not 0 < len(given[name]) <= _FIELDS[name]), None)
            if missing is None and imports.state_on(quote, scope.today) == "open":
                imports.decide(scope, quote, decision, how="link", by=given["name"], reason=given.get("reason"))
                return flask.redirect(flask.url_for("quote_page.show_quote", token=token), 303)  # type: ignore[return-value]
    except (Conflict, InvalidInput):
        missing = None  # decided, withdrawn or changed at this very moment: the page tells how it stands now
    with _reading(token) as (scope, quote):
        state = imports.state_on(quote, scope.today)
        if state == decision:
            return flask.redirect(flask.url_for("quote_page.show_quote", token=token), 303)  # type: ignore[return-value]
        if state != "open":
            return _page(scope, quote, token, problem="decided_already", status=409)
        problem, status = (f"{missing}_needed", 422) if missing else ("not_possible", 409)
        return _page(scope, quote, token, problem=problem, status=status, given=given, declining="reason" in wanted)


def _form(wanted: tuple[str, ...]) -> dict[str, str]:
    request = flask.request
    request.max_content_length = _LARGEST_FORM
    try:
        given = {name: request.form.get(name, "") for name in wanted}
    except RequestEntityTooLarge:
        given = dict.fromkeys(wanted, "")
    return {name: " ".join(_printable(text).split()) for name, text in given.items()}


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


@contextmanager
def _reading(token: str) -> Iterator[tuple[Scope, ImportQuote]]:
    with current_context().database.read() as session:
        yield _found(session, token)


def _found(session: Session, token: str) -> tuple[Scope, ImportQuote]:
    """The quote of this link. Guesses are counted by address and links by themselves; raises ``NotFound`` and
    ``TooManyRequests``."""
    context, limits = current_context(), rate_limits()
    try:
        quote = imports.quote_by_token(session, token)
    except NotFound:
        limits.count_guess(flask.request.remote_addr or "-")
        raise
    limits.count_link(str(quote.id))
    return Scope(session, quote.administration_id, _ACTOR, context.clock(), context.clock), quote


def _page(
    scope: Scope,
    quote: ImportQuote,
    token: str,
    *,
    problem: str | None = None,
    status: int = 200,
    given: dict[str, str] | None = None,
    declining: bool = False,
) -> flask.Response:
    document = from_plain(orjson.loads(quote.document))
    language, texts = document.language, TEXTS[document.language]
    state = imports.state_on(quote, scope.today)
    told: dict[str, Any] = {"decided": None, "reason": None}
    if state in ("accepted", "declined") and quote.decided_by and quote.decided_on:
        day = formats.long_date(quote.decided_on, language)
        told["decided"] = texts["decided_by"].format(name=quote.decided_by, day=day)
    if state == "declined" and quote.reason:
        told["reason"] = texts["reason_given"].format(reason=quote.reason)
    body = flask.render_template(
        "quote.html",
        **told,
        title=f"{texts['quote']} {document.number}",
        language=language,
        t=texts,
        quote=document,
        state=state,
        token=token,
        problem=texts[problem] if problem else None,
        given=given or {},
        declining=declining,
        charged_at=imports.pinned_policy(imports.get_project(scope, quote.project_id)).charged_at,
        money=lambda amount: formats.money(amount, document.currency, language),
        percent=lambda rate: formats.number(rate, language),
        day=lambda day: formats.long_date(day, language),
    )
    return _answer(body, status)


def _answer(body: str, status: int) -> flask.Response:
    response = flask.Response(body, status=status, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _POLICY
    return response
