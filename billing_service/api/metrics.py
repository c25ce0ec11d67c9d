"""``/metrics`` in Prometheus' text format: requests of all web processes of this machine, and what the database says.

What is counted in processes is shared through files in ``PROMETHEUS_MULTIPROC_DIR``, which ``billing serve`` makes;
everything else is read from the database when it is asked for. Every request is logged here too, by its route, never
by its path: paths hold the codes of callers.
"""

from __future__ import annotations

import hmac
import os
import platform
import time
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import version
from typing import Any, Final

import flask
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from billing_service import monitoring
from billing_service.api.glue.identity import current_context
from billing_service.context import Context
from billing_service.errors import BillingError, NotFound, NotSignedIn
from billing_service.store import schema

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
WARM_UP: Final = "billing.warm_up"
"""In the environment of a request that the server makes itself before it forks; it is no request of anybody."""
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PROBES: Final = frozenset({"/livez", "/readyz", "/metrics"})
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_PROCESS: Final = CollectorRegistry()
_REQUESTS: Final = Counter(
    "billing_http_requests", "Requests answered.", ("method", "route", "status"), registry=_PROCESS
)
_DURATION: Final = Histogram(
    "billing_http_request_duration_seconds",
    "From the first look at a request to its answer.",
    ("method", "route"),
    buckets=_SECONDS,
    registry=_PROCESS,
)
_CONNECTIONS: Final = Gauge(
    "billing_database_connections_in_use",
    "Connections to the database that requests hold.",
    multiprocess_mode="livesum",
    registry=_PROCESS,
)


def begin() -> None:
    """A request begins."""
    flask.g.began = time.perf_counter()


def finish(response: flask.Response) -> None:
    """A request was answered."""
    request = flask.request
    if WARM_UP in request.environ:
        return
    method = request.method if request.method in _METHODS else "other"
    route = _template(request.url_rule.rule) if request.url_rule else "none"
    seconds = time.perf_counter() - flask.g.get("began", time.perf_counter())
    _REQUESTS.labels(method, route, str(response.status_code)).inc()
    _DURATION.labels(method, route).observe(seconds)
    identity = flask.g.get("identity")
    tell = log.debug if route in _PROBES else log.info
    tell(
        "api.request",
        method=method,
        route=route,
        status=response.status_code,
        seconds=round(seconds, 4),
        actor=identity.actor if identity else None,
    )


@lru_cache(maxsize=1024)
def _template(rule: str) -> str:
    """``/v1/customers/<uuid:customer_id>`` as OpenAPI writes it."""
    parts = rule.replace(">", "<").split("<")
    return "".join(f"{{{part.rpartition(':')[2]}}}" if at % 2 else part for at, part in enumerate(parts))


def watch_connections(context: Context) -> None:
    """Count the connections that are in use."""
    event.listen(context.database.engine, "checkout", lambda *_: _CONNECTIONS.inc())
    event.listen(context.database.engine, "checkin", lambda *_: _CONNECTIONS.dec())


def answer() -> flask.Response:
    """The metrics, for whoever may see them.

    Raises:
        NotFound: they are switched off.
        NotSignedIn: a token is asked for and another one, or none, came.
    """
    context = current_context()
    if not context.metrics.shown:
        raise NotFound("Metrics are switched off (BILLING_METRICS).")
    wanted, given = context.metrics.token, flask.request.headers.get("Authorization", "")
    if wanted and not hmac.compare_digest(given.encode(), f"Bearer {wanted}".encode()):
        raise NotSignedIn("The metrics need their token: Authorization: Bearer and BILLING_METRICS_TOKEN.")
    return flask.Response(_text(context), content_type=CONTENT_TYPE)


def _text(context: Context) -> bytes:
    counted = _PROCESS
    if FOLDER in os.environ:
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    stored = CollectorRegistry()
    stored.register(_Stored(context))
    return generate_latest(counted) + generate_latest(stored)


class _Stored(Collector):
    """What the database says; where it does not answer, just that."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def collect(self) -> Iterable[Any]:
        yield _gauge("billing_build_info", "This program.", {"version": version("billing-service"), **_PYTHON}, 1)
        yield _gauge("billing_schema_info", "The schema this program needs.", {"revision": schema.head()}, 1)
        try:
            with self._context.database.read() as session:
                schema.refuse_other(session.connection())
                figures = list(monitoring.figures(session))
        except (SQLAlchemyError, BillingError) as error:
            log.warning("metrics.database_unreadable", reason=str(error).splitlines()[0])
            yield _gauge("billing_database_up", "1 where the database answers and has this schema.", {}, 0)
            return
        yield _gauge("billing_database_up", "1 where the database answers and has this schema.", {}, 1)
        for figure in figures:
            family = GaugeMetricFamily(figure.name, figure.meaning, labels=figure.labels)
            for labels, value in figure.values:
                family.add_metric(labels, value)
            yield family


_PYTHON: Final = {"python": platform.python_version()}


def _gauge(name: str, meaning: str, labels: dict[str, str], value: float) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family
