"""The first answer to an Idempotency-Key, stored in the transaction of its effect and given again.

The row is inserted as the first statement of the business transaction and filled in as the last one. A twin that still
runs therefore holds the row: the database makes us wait for it (at most ``LOCK_WAIT_SECONDS``, then 409). A request
that fails leaves no row, so its key is free again. The worker's schedule deletes rows after 30 days.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import flask
from sqlalchemy import Table, Update, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from billing_service.api.errors import KeyRequired
from billing_service.errors import Conflict, InvalidInput, KeyReused
from billing_service.store.access import IdempotencyKey, OperatorIdempotencyKey
from billing_service.store.scope import OperatorScope, Scope

LONGEST: Final = 255
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_ALLOWED: Final = re.compile(r"[\x21-\x7e]{1,255}")
_REMEMBERED_HEADERS: Final = ("Location", "ETag", "Content-Type")


@dataclass(frozen=True, slots=True)
class Repeatable:
    """A request under its key: ``operation`` is method and address, ``body_sha256`` covers the body as it came."""

    key: str
    operation: str
    body_sha256: str


def read_key() -> str:
    """The key of this request, quoted or bare.

    Raises:
        KeyRequired: there is none.
        InvalidInput: longer than 255 characters, or with spaces or characters outside ASCII.
    """
    given = flask.request.headers.get("Idempotency-Key", "").strip()
    if not given:
        raise KeyRequired("Idempotency-Key is required: a new unique text per intended effect, such as a UUID.")
    quoted = _QUOTED.fullmatch(given)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else given
    if not _ALLOWED.fullmatch(key):
        raise InvalidInput(
            f"Idempotency-Key must have 1 to {LONGEST} visible ASCII characters.", code="malformed_idempotency_key"
        )
    return key


def repeatable() -> Repeatable:
    request = flask.request
    digest = hashlib.sha256(request.get_data(cache=True))
    return Repeatable(read_key(), f"{request.method} {request.full_path.rstrip('?')}"[:500], digest.hexdigest())


def begin(scope: Scope | OperatorScope, wanted: Repeatable) -> flask.Response | None:
    """Claim the key, or give the answer of the first request that had it.

    Raises:
        KeyReused: the key was used for something else.
        Conflict: the first answer held a secret and was not kept; the detail names what it made.
    """
    table, owner = _table(scope)
    values = {
        **owner,
        "key": wanted.key,
        "operation": wanted.operation,
        "body_sha256": wanted.body_sha256,
        "created_at": scope.now,
    }
    claimed = scope.session.execute(_claim(table, scope.session.get_bind().dialect.name), values)
    if claimed.one_or_none() is not None:
        return None
    return _replay(scope.session, table, owner, wanted)


def known(scope: Scope | OperatorScope, wanted: Repeatable) -> flask.Response | None:
    """The answer of the first request that had this key, where there is one; claims nothing. Raises as ``begin``."""
    table, owner = _table(scope)
    found = scope.session.execute(select(table.c.key).where(*_is(table, owner, wanted))).one_or_none()
    return None if found is None else _replay(scope.session, table, owner, wanted)


def finish(scope: Scope | OperatorScope, wanted: Repeatable, response: flask.Response, secret_id: Any) -> None:
    """Keep the answer beside its effect; of an answer with a secret only the id of what was made."""
    table, owner = _table(scope)
    kept: dict[str, Any] = {"status": response.status_code}
    if secret_id is not None:
        kept["secret_id"] = secret_id
    else:
        kept["headers"] = {name: response.headers[name] for name in _REMEMBERED_HEADERS if name in response.headers}
        kept["body"] = response.get_data(as_text=True)
    scope.session.execute(_keep(table), kept | {"of_key": wanted.key} | {f"of_{name}": owner[name] for name in owner})


def _replay(session: Session, table: Table, owner: dict[str, Any], wanted: Repeatable) -> flask.Response:
    first = session.execute(select(table).where(*_is(table, owner, wanted))).one()
    if (first.operation, first.body_sha256) != (wanted.operation, wanted.body_sha256):
        raise KeyReused("This Idempotency-Key was used for another request.")
    if first.secret_id is not None:
        raise Conflict(
            f"This was done before and its answer, which held a secret, was not kept. It made {first.secret_id}.",
            code="answer_not_kept",
        )
    response = flask.Response(first.body, status=first.status)
    response.headers.update(first.headers)
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _table(scope: Scope | OperatorScope) -> tuple[Table, dict[str, Any]]:
    if isinstance(scope, Scope):
        table, owner = IdempotencyKey.__table__, {"administration_id": scope.administration_id}
    else:
        table, owner = OperatorIdempotencyKey.__table__, {}
    assert isinstance(table, Table)  # noqa: S101 for the type checker
    return table, owner


# Built once: every request that changes something runs them.


@cache
def _claim(table: Table, dialect: str) -> ReturningInsert[Any]:
    insert = sqlite_insert if dialect == "sqlite" else postgresql_insert
    return insert(table).on_conflict_do_nothing().returning(table.c.key)


@cache
def _keep(table: Table) -> Update:
    return update(table).where(*(column == bindparam(f"of_{column.name}") for column in table.primary_key))


def _is(table: Table, owner: dict[str, Any], wanted: Repeatable) -> list[Any]:
    return [table.c.key == wanted.key, *(table.c[name] == value for name, value in owner.items())]
