"""The floor under HTTP: a Flask application whose one route does one INSERT and promises nothing else.

Served by gunicorn as ``bench.bare:app`` with the same workers and threads as ours; ``BENCH_BARE_DATABASE`` names its
database.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from typing import Any
from uuid import uuid4

import flask
import psycopg

app = flask.Flask("bare")
_DATABASE = os.environ["BENCH_BARE_DATABASE"]
_local = threading.local()


def _insert(values: tuple[str, str, str]) -> None:
    """One statement, committed by itself."""
    if _DATABASE.startswith("sqlite:"):
        _connection().execute("INSERT INTO bare VALUES (?, ?, ?)", values)
    else:
        _connection().execute("INSERT INTO bare VALUES (%s, %s, %s)", values)


def _connection() -> Any:
    """This thread's connection, opened once."""
    if not hasattr(_local, "connection"):
        if _DATABASE.startswith("sqlite:"):
            _local.connection = sqlite3.connect(_DATABASE.removeprefix("sqlite:///"), isolation_level=None, timeout=10)
            _local.connection.execute("PRAGMA synchronous=FULL")
        else:
            _local.connection = psycopg.connect(_DATABASE, autocommit=True)
    return _local.connection


@app.get("/livez")
def livez() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/questions")
def create() -> tuple[dict[str, str], int]:
    document = flask.request.get_json()
    identity = str(uuid4())
    _insert((identity, document["external_id"], document["subject"]))
    return {"id": identity}, 201
