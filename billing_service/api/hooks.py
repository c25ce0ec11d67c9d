"""Where accounting packages call us: ``POST /hooks/{key}``. The signature on the raw body is the only key.

An unknown key, a closed connection and a package without webhooks give the same answer. Refused ones are counted by
address; one that is believed is never stopped for them.
"""

from __future__ import annotations

from typing import Final

import flask
from werkzeug.exceptions import RequestEntityTooLarge

from billing_service.api.errors import SignatureRefused, Unavailable
from billing_service.api.glue.identity import current_context, rate_limits
from billing_service.connections import hooks
from billing_service.errors import Conflict, NotFound

hooks_in = flask.Blueprint("hooks_in", __name__)

ENDPOINTS: Final = frozenset({"hooks_in.hear"})
"""The route that needs no API key: the signature is the key."""

LARGEST: Final = 256 * 1024
"""Bytes of a hook; Moneybird sends the whole record along."""


@hooks_in.post(f"{hooks.PATH}<key>")
def hear(key: str) -> flask.Response:
    """Takes a hook; 200 with nothing in it, whatever there was to do."""
    try:
        believed = hooks.hear(current_context(), key, _body(), dict(flask.request.headers))
    except NotFound:
        rate_limits().count_guess(flask.request.remote_addr or "-")
        raise
    except Conflict as error:  # a key of ours is gone: no matter of whoever calls
        raise Unavailable("This cannot be taken now; try again later.") from error
    if not believed:
        rate_limits().count_guess(flask.request.remote_addr or "-")
        raise SignatureRefused("The signature is not that of this connection's package.")
    return flask.Response(status=200)


def _body() -> bytes:
    request = flask.request
    # Of a chunked body, whose length nobody told, werkzeug silently keeps what fits: ask for one byte too many.
    request.max_content_length = LARGEST + 1
    if (request.content_length or 0) > LARGEST or len(request.get_data(cache=True)) > LARGEST:
        raise RequestEntityTooLarge(f"The body is larger than {LARGEST} bytes.")
    return request.get_data(cache=True)
