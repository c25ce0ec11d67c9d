"""Where an accounting package sends the person back to who signed in there (OAuth).

The single-use state in the address is the only key. Without it nothing is told, and nothing is shown but a sentence.
"""

from __future__ import annotations

from typing import Final

import flask

from billing_service.api.errors import TooManyRequests
from billing_service.api.glue.identity import current_context, rate_limits
from billing_service.api.quote_texts import TOO_MANY
from billing_service.connections import signing_in
from billing_service.errors import NotFound
from billing_service.vault import Vault

signed_in_page = flask.Blueprint("signed_in_page", __name__, template_folder="templates")

ENDPOINTS: Final = frozenset({"signed_in_page.signed_in"})
"""The route that needs no API key: the state in the address is the key."""

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
_LONGEST: Final = 4000
DONE: Final = (
    ("nl", "U bent aangemeld", "De koppeling wordt nu gelezen. U kunt dit venster sluiten."),
    ("en", "You are signed in", "The connection is being read now. You may close this window."),
)
REFUSED: Final = (
    (
        "nl",
        "Er is geen toestemming gegeven",
        "De koppeling is niet gewijzigd. Begin opnieuw als dat niet de bedoeling was.",
    ),
    ("en", "No access was given", "The connection was not changed. Begin again if that was not what you meant."),
)
UNKNOWN: Final = (
    (
        "nl",
        "Deze aanmelding is niet (meer) bekend",
        "Begin het aanmelden opnieuw; het moet binnen een kwartier klaar zijn.",
    ),
    (
        "en",
        "This sign-in is not known (any more)",
        "Begin signing in again; it has to be done within a quarter of an hour.",
    ),
)


@signed_in_page.get(signing_in.RETURN_PATH)
def signed_in() -> flask.Response:
    """Takes the code that the package gave, or hears that the person declined (RFC 6749, 4.1.2)."""
    asked, context = flask.request.args, current_context()
    state, code = asked.get("state", ""), asked.get("code", "")
    if not code or max(len(state), len(code)) > _LONGEST:
        return _page(REFUSED if asked.get("error") else UNKNOWN, 400)
    vault = Vault(context.secret_keys)
    with context.database.write() as session:
        signing_in.answered(session, vault, state, code, context.public_url, context.clock())
    return _page(DONE, 200)


@signed_in_page.errorhandler(NotFound)
def _unknown(_: NotFound) -> flask.Response:
    try:
        rate_limits().count_guess(flask.request.remote_addr or "-")
    except TooManyRequests as error:
        answer = _page(TOO_MANY, 429)
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    return _page(UNKNOWN, 404)


def _page(texts: tuple[tuple[str, str, str], ...], status: int) -> flask.Response:
    body = flask.render_template("quote_gone.html", language="nl", title=texts[0][1], texts=texts)
    response = flask.Response(body, status=status, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _POLICY
    return response
