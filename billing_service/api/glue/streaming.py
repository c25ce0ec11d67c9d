"""Answers that are written while they are read: a file of any size through little memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import flask

from billing_service.api.glue.answers import attachment
from billing_service.api.glue.identity import current_context, current_identity
from billing_service.store.scope import Scope


def streamed(
    produce: Callable[[Scope], Iterator[bytes]], media_type: str, file_name: str | None, size: int | None = None
) -> flask.Response:
    """A file to save, without ``file_name`` an answer to read, in a reading transaction of its own that lasts until the
    last byte is sent.

    What can be refused must be refused before: an error under way can only break the connection off, so that the
    caller sees an incomplete answer (without the last chunk, or short of Content-Length) and no wrong file.
    """
    context, identity = current_context(), current_identity()

    def body() -> Iterator[bytes]:
        with context.database.read() as session:
            scope = identity.scope(session, context.clock)
            assert isinstance(scope, Scope)  # noqa: S101 - operator keys have no scope that reads files
            yield from produce(scope)

    response = flask.Response(body(), content_type=media_type)
    if file_name is not None:
        response.headers["Content-Disposition"] = attachment(file_name)
    if size is not None:
        response.content_length = size
    return response
