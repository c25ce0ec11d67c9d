"""Wiring: the only place that builds the database, the clock and the edges. Entry points are handed what they need."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from billing_service import cli, logs
from billing_service.cli.program import Program
from billing_service.config import Settings
from billing_service.context import Context, Limits, Metrics, utc_now
from billing_service.core.working_days import WorkingTime, service_hours
from billing_service.store.session import Database

if TYPE_CHECKING:
    from flask import Flask

    from billing_service.worker.process import Worker


def main() -> None:
    """The command ``billing``."""
    cli.main(obj=PROGRAM, prog_name="billing")


def open_context(settings: Settings) -> Context:
    """The context of one process."""
    logs.configure(settings.log_level, settings.log_format)
    limits = Limits(settings.body_bytes, settings.bulk_body_bytes, settings.requests_per_minute)
    database = Database(settings.database_url, pool_size=settings.database_connections)
    metrics = Metrics(settings.metrics == "on", settings.metrics_token)
    return Context(
        database,
        utc_now,
        limits,
        settings.public_url,
        metrics,
        settings.secret_keys,
        call_seconds=settings.call_seconds,
        webhook_networks=settings.webhook_networks,
        working_time=WorkingTime(
            *service_hours(settings.service_hours), settings.liberation_day, settings.good_friday == "holiday"
        ),
    )


def web_app(context: Context) -> Flask:
    """The API, ready to be served."""
    from billing_service.api import create_app  # here, so that a worker does not load the web

    return create_app(context)


def make_worker(context: Context, settings: Settings) -> Worker:
    """A worker that does all kinds of work."""
    from billing_service.worker.process import Worker  # here, so that the web does not load it
    from billing_service.worker.work import Pace

    pace = Pace(
        lease=timedelta(seconds=settings.lease_seconds),
        poll=timedelta(seconds=settings.poll_seconds),
        batch=settings.claim_batch,
        max_attempts=settings.max_attempts,
    )
    return Worker(context, pace)


PROGRAM = Program(open_context, web_app, make_worker)
