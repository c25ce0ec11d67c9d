"""One decorator per operation: key and scope, strict input, one transaction, idempotency, ETag, documentation."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

import flask
import flask_smorest
import marshmallow as ma
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from billing_service.access import Identity
from billing_service.api.glue import answers, idempotency
from billing_service.api.glue.answers import Answer
from billing_service.api.glue.identity import current_context, sign_in
from billing_service.api.glue.reading import OutputSchema, StrictParser, Upload
from billing_service.context import Context
from billing_service.errors import BillingError
from billing_service.store.scope import OperatorScope, Scope

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
View = Callable[..., Any]

_KEY_HEADER: Final = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    # Without a type: whatever a client puts into a header arrives as text.
    "schema": {"minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "A new unique text per intended effect. The same key with the same body gives the first answer"
    " again (kept 30 days); with another body it is refused.",
}
_IF_MATCH: Final = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
    "description": "The ETag of what you read before.",
}
_IF_NONE_MATCH: Final = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
    "description": "The ETag you already have; answers 304 when nothing changed.",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """What is promised about one operation; tests walk these through ``OPERATIONS``."""

    method: str
    scopes: tuple[str, ...]
    writes: bool
    repeatable: bool
    conditional: bool
    bulk: bool
    status: int
    secret: bool


OPERATION_ATTRIBUTE: Final = "_billing_operation"


def operation_of(view: View) -> Operation | None:
    """The promise of a view function; None for a route that was not made by ``Routes.operation``."""
    return getattr(view, OPERATION_ATTRIBUTE, None)


class Routes(flask_smorest.Blueprint):  # type: ignore[misc]
    """The operations of one noun, all under ``/v1``.

    ``operation`` is the only way to add one, and it cannot be called without a scope.
    """

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, noun: str, description: str) -> None:
        super().__init__(noun, f"billing_service.api.routes.{noun}", url_prefix="/v1", description=description)

    def operation(
        self,
        method: Method,
        path: str,
        *,
        scope: str | tuple[str, ...],
        body: type[ma.Schema] | ma.Schema | None = None,
        upload: Mapping[str, str] | None = None,
        query: type[ma.Schema] | None = None,
        before: View | None = None,
        on_refusal: View | None = None,
        out: type[ma.Schema] | None = None,
        page_of: type[ma.Schema] | None = None,
        file: str | None = None,
        status: int = 200,
        also: Mapping[int, str] | None = None,
        writes: bool | None = None,
        repeatable: bool | None = None,
        conditional: bool | None = None,
        secret: bool = False,
    ) -> Callable[[View], View]:
        """Make ``function(scope, body=…, query=…, **path)`` the operation ``method path``.

        The function runs inside one transaction (``database.write()`` unless it only reads) that is committed after its
        answer was built; any exception undoes everything. It returns a value for ``out`` (a row with a ``version`` gets
        an ETag), a ``page(...)`` for ``page_of``, or an ``Answer``.

        Args:
            scope: what the key must be allowed; of a tuple one is enough. ``operator`` gives an ``OperatorScope``.
            body: schema of the JSON body, handed over as ``body``; on PATCH every field may be left out.
            upload: instead of ``body``: accepted content types with a description each; handed over as ``upload``.
            query: schema of the query, handed over as ``query``.
            before: ``before(reading, …)`` with the function's other arguments, for work of seconds that must hold no
                transaction: it runs before that is opened, and ``reading()`` opens a short one to look around. What it
                returns is handed over as ``prepared``.
            on_refusal: ``on_refusal(scope, error, …)`` with the function's other arguments, in a transaction of its own
                after the function refused and everything was undone: for what must be remembered of a refusal.
            out, page_of, file: what it answers: one value, a page of values, or a file of this content type.
            status: of a success; ``also`` names further successes with their description.
            writes: False for a POST that only previews, True for a GET that may store something.
            repeatable: whether Idempotency-Key is required; by default on every POST that writes.
            conditional: whether If-Match is required; by default on PATCH.
            secret: the answer shows a secret once, so it is never stored.
        """
        scopes = (scope,) if isinstance(scope, str) else scope
        does_write = method != "GET" if writes is None else writes
        promise = Operation(
            method,
            scopes,
            does_write,
            (method == "POST" and does_write) if repeatable is None else repeatable,
            method == "PATCH" if conditional is None else conditional,
            upload is not None,
            status,
            secret,
        )
        schema = _page_schema(page_of) if page_of else out

        def decorate(function: View) -> View:
            view = _in_transaction(function, promise, schema() if schema else None, before)
            if on_refusal is not None:
                view = _remembering(view, on_refusal)
            if query is not None:
                view = self.arguments(query, location="query", arg_name="query")(view)
            if body is not None:
                given = body(partial=True) if method == "PATCH" and isinstance(body, type) else body
                view = self.arguments(given, location="json", arg_name="body")(view)
            if upload is not None:
                view = _reading_upload(view, upload)
            view = self._documented(view, function, promise, schema, file, also, upload)
            view = _guarded(view, promise)
            setattr(view, OPERATION_ATTRIBUTE, promise)
            self.route(path, methods=[method], endpoint=function.__name__)(view)
            return function

        return decorate

    def _documented(
        self,
        view: View,
        function: View,
        promise: Operation,
        schema: type[ma.Schema] | None,
        file: str | None,
        also: Mapping[int, str] | None,
        upload: Mapping[str, str] | None,
    ) -> View:
        if not function.__doc__:
            raise ValueError(f"{function.__name__} needs a docstring: it is the operation's summary")
        answer_schema: Any = {"type": "string", "format": "binary"} if file else schema
        headers = {"ETag": {"schema": {"type": "string"}, "description": "The version of what is answered."}}
        tagged = schema is not None and hasattr(schema, "_declared_fields") and "version" in schema._declared_fields
        described = {"headers": headers} if tagged else {}
        view = self.response(promise.status, answer_schema, content_type=file, **described)(view)
        for code, description in (also or {}).items():
            view = self.alt_response(
                code, schema=answer_schema, content_type=file, description=description, success=True
            )(view)
        for code, name in _refusals(promise, tagged).items():
            view = self.alt_response(code, name)(view)
        parameters = []
        if promise.repeatable:
            parameters.append(_KEY_HEADER)
        if promise.conditional:
            parameters.append(_IF_MATCH)
        if promise.method == "GET" and tagged:
            parameters.append(_IF_NONE_MATCH)
        manual: dict[str, Any] = {
            "operationId": function.__name__,
            "security": [{"ApiKey": []}],
            "x-scopes": list(promise.scopes),
        }
        if parameters:
            manual["parameters"] = parameters
        if upload:
            manual["requestBody"] = {
                "required": True,
                "content": {
                    kind: {"schema": {"type": "string", "description": description}}
                    for kind, description in upload.items()
                },
            }
        return self.doc(**manual)(view)  # type: ignore[no-any-return]


def _refusals(promise: Operation, tagged: bool) -> dict[int, str]:
    """The refusals every operation of this kind may give, by name of the shared response."""
    names = {
        401: "UNAUTHORIZED",
        403: "FORBIDDEN",
        404: "NOT_FOUND",
        422: "UNPROCESSABLE_ENTITY",
        429: "TOO_MANY_REQUESTS",
    }
    if promise.method == "GET" and tagged:
        names[304] = "NOT_MODIFIED"
    if promise.writes:
        names |= {400: "BAD_REQUEST", 409: "CONFLICT", 413: "CONTENT_TOO_LARGE", 415: "UNSUPPORTED_MEDIA_TYPE"}
    if promise.conditional:
        names |= {412: "PRECONDITION_FAILED", 428: "PRECONDITION_REQUIRED"}
    return names


def _guarded(view: View, promise: Operation) -> View:
    @functools.wraps(view)
    def guarded(**path: Any) -> Any:
        sign_in(promise.scopes)
        _refuse_too_large(promise)
        if promise.conditional:
            answers.require_if_match()
        if promise.repeatable:
            idempotency.read_key()
        return view(**path)

    return guarded


def _refuse_too_large(promise: Operation) -> None:
    limits, request = current_context().limits, flask.request
    most = limits.bulk_body_bytes if promise.bulk else limits.body_bytes
    # Of a chunked body, whose length nobody told, werkzeug silently keeps what fits: ask for one byte too many.
    request.max_content_length = most + 1
    if (request.content_length or 0) > most or len(request.get_data(cache=True)) > most:
        raise RequestEntityTooLarge(f"The body is larger than {most} bytes.")


def _reading_upload(view: View, kinds: Mapping[str, str]) -> View:
    @functools.wraps(view)
    def read(**arguments: Any) -> Any:
        request = flask.request
        if request.mimetype not in kinds:
            raise UnsupportedMediaType(f"The body must be one of {', '.join(kinds)}.")
        upload = Upload(request.get_data(cache=True), request.mimetype, request.mimetype_params.get("charset"))
        return view(upload=upload, **arguments)

    return read


def _remembering(view: View, on_refusal: View) -> View:
    @functools.wraps(view)
    def remember(**arguments: Any) -> Any:
        try:
            return view(**arguments)
        except BillingError as error:
            context = current_context()
            with context.database.write() as session:
                on_refusal(flask.g.identity.scope(session, context.clock), error, **arguments)
            raise

    return remember


def _in_transaction(function: View, promise: Operation, schema: ma.Schema | None, before: View | None = None) -> View:
    @functools.wraps(function)
    def transact(**arguments: Any) -> flask.Response:
        context = current_context()
        identity: Identity = flask.g.identity
        wanted = idempotency.repeatable() if promise.repeatable else None
        if before is not None:
            reading = functools.partial(_reading, context, identity)
            with reading() as scope:
                known = idempotency.known(scope, wanted) if wanted else None
            if known is not None:
                return known
            arguments["prepared"] = before(reading, **arguments)
        with context.database.write() if promise.writes else context.database.read() as session:
            scope = identity.scope(session, context.clock)
            first = idempotency.begin(scope, wanted) if wanted else None
            if first is not None:
                return first
            answer = _as_answer(function(scope, **arguments))
            session.flush()  # versions and what the database fills in are known before the answer is built
            response = _render(answer, promise, schema)
            if wanted:
                idempotency.finish(scope, wanted, response, answer.secret_id)
        return response

    return transact


@contextmanager
def _reading(context: Context, identity: Identity) -> Iterator[Scope | OperatorScope]:
    with context.database.read() as session:
        yield identity.scope(session, context.clock)


def _as_answer(result: Any) -> Answer:
    return result if isinstance(result, Answer) else Answer(result)


def _render(answer: Answer, promise: Operation, schema: ma.Schema | None) -> flask.Response:
    if isinstance(answer.value, flask.Response):
        return answer.value
    version = _version_of(answer.value)
    if version is not None and promise.method == "GET" and answers.not_modified(version):
        return flask.Response(status=304, headers={"ETag": answers.etag(version)})
    body = "" if schema is None else flask.json.dumps(schema.dump(answer.value))
    response = flask.Response(body, status=answer.status or promise.status, content_type="application/json")
    if schema is None:
        del response.headers["Content-Type"]
    if version is not None:
        response.headers["ETag"] = answers.etag(version)
    response.headers.update(answer.headers)
    return response


def _version_of(value: Any) -> int | None:
    return value.get("version") if isinstance(value, Mapping) else getattr(value, "version", None)


@functools.cache
def _page_schema(item: type[ma.Schema]) -> type[ma.Schema]:
    name = item.__name__.removesuffix("Out") + "Page"
    return type(
        f"{name}Schema",
        (OutputSchema,),
        {
            "items": ma.fields.List(ma.fields.Nested(item), required=True),
            "next_cursor": ma.fields.String(
                required=True,
                allow_none=True,
                metadata={"description": "Ask for the next page with this; null on the last page."},
            ),
        },
    )


__all__ = ["OperatorScope", "Routes", "Scope", "operation_of"]
