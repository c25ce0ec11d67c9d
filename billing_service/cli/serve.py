"""The web server: gunicorn with threads, the application loaded once before the workers fork."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from gunicorn import glogging
from gunicorn.app.base import BaseApplication
from sqlalchemy.orm import configure_mappers

from billing_service.cli.processes import refuse_taken_port
from billing_service.cli.program import Program
from billing_service.context import Context


def serve(program: Program) -> None:
    """Serve until SIGTERM or SIGINT. Raises ``WrongSchema`` and ``Conflict`` before anything listens."""
    settings = program.settings
    refuse_taken_port(settings.host, settings.port)
    with _shared_counters():
        _serve(program)


def _serve(program: Program) -> None:
    settings, context = program.settings, program.context
    app = program.web_app(context)
    _warm_up(app)
    context.database.close()  # a connection must not be shared by two processes
    _Server(
        app,
        {
            "bind": f"{settings.host}:{settings.port}",
            "workers": settings.web_workers,
            "threads": settings.web_threads,
            "worker_class": "gthread",
            "preload_app": True,
            "post_fork": lambda _arbiter, _worker: _forget_connections(context),
            "child_exit": lambda _arbiter, worker: _forget_counters(worker.pid),
            "graceful_timeout": 20,
            "keepalive": 15,
            "control_socket_disable": True,
            "proc_name": "billing",
            "logger_class": _Logger,
            # At debug gunicorn writes the path of every request, and a quote's link is a secret of its customer.
            "loglevel": "info" if settings.log_level == "debug" else settings.log_level,
        },
    ).run()


@contextmanager
def _shared_counters() -> Iterator[None]:
    """A folder through which the web processes share what they count for ``/metrics``."""
    folder, owner = tempfile.mkdtemp(prefix="billing-metrics-"), os.getpid()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # read when the application is first imported
    try:
        yield
    finally:
        if os.getpid() == owner:  # a forked process passes here too when it ends
            shutil.rmtree(folder, ignore_errors=True)


def _forget_counters(process_id: int) -> None:
    """A web process ended: what it held, it holds no more; what it counted stays counted."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(process_id)  # type: ignore[no-untyped-call]


def _warm_up(app: Flask) -> None:
    """Make what every worker would make for itself while its memory is still shared with theirs."""
    configure_mappers()
    client = app.test_client()
    for path in ("/openapi.json", "/docs"):
        client.get(path, environ_overrides={"billing.warm_up": True})
    gc.collect()
    gc.freeze()  # so that a collection in a worker does not touch, and thereby copy, these pages


def _forget_connections(context: Context) -> None:
    context.database.engine.dispose(close=False)


class _Logger(glogging.Logger):  # type: ignore[misc]
    """gunicorn's own lines take the way of all other logging of this process."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, app: Any, options: dict[str, Any]) -> None:
        self._app = app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._app
