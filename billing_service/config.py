"""Settings from the environment, all named ``BILLING_*``, checked at start: one line per wrong value.

docs/settings.md lists every setting with its default; a test compares that table with :class:`Settings`.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, cast
from urllib.parse import urlsplit

from environs import Env, EnvValidationError
from marshmallow import ValidationError, validate
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from billing_service.core.working_days import LIBERATION_DAYS, LiberationDay, service_hours
from billing_service.errors import BillingError, FieldError, InvalidInput

PREFIX = "BILLING_"
NOT_OURS = "BILLING_TEST_"
"""Variables with this prefix steer the tests and are no settings of the service."""

MEBIBYTE = 1024 * 1024
LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["auto", "json", "console"]
SECRETS = frozenset({"metrics_token", "secret_keys"})
"""Fields that are never shown."""


class InvalidSettings(BillingError):
    """The environment holds values that cannot be right; ``errors`` names each variable with a sentence."""

    code = "invalid_settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an entry point needs to know. The variable of a field is ``BILLING_`` and its name in capitals.

    Attributes:
        data_dir: folder for the SQLite file and the PDFs of the example; made when absent.
        database_url: ``sqlite:///…`` (one host) or ``postgresql://…``; holds a password, so it is printed masked.
        host, port: where ``billing serve`` listens.
        public_url: where customers reach the service, without a slash at the end: links on quotes begin with it.
        web_workers: processes that answer HTTP; ``web_threads``: threads in each.
        database_connections: connections each process keeps open; as many again for peaks.
        lease_seconds: how long work claimed by a worker that died stays claimed; extended every third of it.
        poll_seconds: how long a worker sleeps at most before it looks for due work itself.
        claim_batch: how many short pieces of work one claim takes.
        max_attempts: unexpected failures after which work ends as needs_attention.
        call_seconds: how long one call to an accounting package takes at most.
        body_bytes, bulk_body_bytes: largest body of a request, and of one that brings many questions at once.
        requests_per_minute: how many requests of one API key each web process answers.
        metrics: whether ``/metrics`` answers; ``metrics_token``: what it asks for, empty for nothing.
        secret_keys: encrypt the secrets of connections and webhooks: the first encrypts, all of them decrypt; without
            one neither can be made.
        webhook_networks: networks such as 10.0.0.0/8 that webhooks may go to besides the internet.
        service_hours: when somebody is there on working days, such as 09:00-17:00 (Amsterdam): what agreed hours are
            measured in; ``liberation_day``, ``good_friday``: whether 5 May and Good Friday are working days.
        log_level, log_format: ``auto`` is plain lines on a terminal and JSON elsewhere.
    """

    data_dir: Path
    database_url: str
    host: str
    port: int
    public_url: str
    web_workers: int
    web_threads: int
    database_connections: int
    lease_seconds: float
    poll_seconds: float
    claim_batch: int
    max_attempts: int
    call_seconds: float
    body_bytes: int
    bulk_body_bytes: int
    requests_per_minute: int
    metrics: Literal["on", "off"]
    metrics_token: str
    secret_keys: tuple[str, ...]
    webhook_networks: tuple[str, ...]
    service_hours: str
    liberation_day: LiberationDay
    good_friday: Literal["working_day", "holiday"]
    log_level: LogLevel
    log_format: LogFormat

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{name}={value}' for name, value in self.masked())})"

    def masked(self) -> Iterator[tuple[str, str]]:
        """Every variable with its value as text, secrets replaced by ``***``."""
        for field in fields(self):
            value = getattr(self, field.name)
            value = " ".join(value) if isinstance(value, tuple) else str(value)
            if field.name in SECRETS and value:
                value = "***"
            yield variable(field.name), masked_url(value) if field.name == "database_url" else value


def masked_url(text: str) -> str:
    """A database address without its password, wherever that stands."""
    url = make_url(text)
    secret = {name: "***" for name in url.query if "pass" in name.lower()}
    return url.update_query_dict(secret).render_as_string(hide_password=True)


def variable(field: str) -> str:
    """The name of the environment variable of a field of :class:`Settings`."""
    return PREFIX + field.upper()


def load() -> Settings:
    """Read and check the environment.

    Raises:
        InvalidSettings: naming every wrong value and every ``BILLING_*`` variable that is no setting.
    """
    env = Env(eager=False, prefix=PREFIX)
    data_dir = env.path("DATA_DIR", Path("data"))
    host = env.str("HOST", "127.0.0.1", validate=validate.Length(min=1))
    port = env.int("PORT", 8000, validate=validate.Range(1, 65535))
    settings = Settings(
        data_dir=data_dir,
        database_url=env.str("DATABASE_URL", f"sqlite:///{data_dir}/billing.sqlite3", validate=_database_url),
        host=host,
        port=port,
        public_url=env.str("PUBLIC_URL", f"http://{_in_address(host)}:{port}", validate=_web_address),
        web_workers=env.int("WEB_WORKERS", 2, validate=validate.Range(1, 64)),
        web_threads=env.int("WEB_THREADS", 4, validate=validate.Range(1, 64)),
        database_connections=env.int("DATABASE_CONNECTIONS", 5, validate=validate.Range(1, 100)),
        lease_seconds=env.float("LEASE_SECONDS", 6.0, validate=validate.Range(0.3, 3600)),
        poll_seconds=env.float("POLL_SECONDS", 1.0, validate=validate.Range(0.05, 60)),
        claim_batch=env.int("CLAIM_BATCH", 20, validate=validate.Range(1, 1000)),
        max_attempts=env.int("MAX_ATTEMPTS", 8, validate=validate.Range(1, 100)),
        call_seconds=env.float("CALL_SECONDS", 60.0, validate=validate.Range(1, 60)),
        body_bytes=env.int("BODY_BYTES", 5 * MEBIBYTE, validate=validate.Range(1024)),
        bulk_body_bytes=env.int("BULK_BODY_BYTES", 50 * MEBIBYTE, validate=validate.Range(1024)),
        requests_per_minute=env.int("REQUESTS_PER_MINUTE", 6000, validate=validate.Range(1)),
        metrics=cast(Literal["on", "off"], env.str("METRICS", "on", validate=_one_of("on", "off"))),
        metrics_token=env.str("METRICS_TOKEN", "", validate=_token),
        secret_keys=_words(env.str("SECRET_KEYS", "", validate=_secret_keys)),
        webhook_networks=_words(env.str("WEBHOOK_NETWORKS", "", validate=_networks)),
        service_hours=env.str("SERVICE_HOURS", "09:00-17:00", validate=_service_hours),
        liberation_day=cast(LiberationDay, env.str("LIBERATION_DAY", "lustrum", validate=_one_of(*LIBERATION_DAYS))),
        good_friday=cast(
            Literal["working_day", "holiday"],
            env.str("GOOD_FRIDAY", "working_day", validate=_one_of("working_day", "holiday")),
        ),
        log_level=cast(LogLevel, env.str("LOG_LEVEL", "info", validate=_one_of("debug", "info", "warning", "error"))),
        log_format=cast(LogFormat, env.str("LOG_FORMAT", "auto", validate=_one_of("auto", "json", "console"))),
    )
    errors = [*_wrong_values(env), *_unknown_variables()]
    if errors:
        raise InvalidSettings("The settings in the environment are wrong.", errors=errors)
    return settings


def _one_of(*words: str) -> Callable[[str], object]:
    return validate.OneOf(words, error=f"must be one of {', '.join(words)}")


def _token(text: str) -> None:
    if text and not (len(text) >= 16 and text.isascii() and text.isprintable() and " " not in text):
        raise ValidationError("must have at least 16 letters, digits or signs, without spaces")


def _secret_keys(text: str) -> None:
    # The form of a Fernet key; no message repeats one.
    wrong = [key for key in _words(text) if not re.fullmatch(r"[A-Za-z0-9_-]{43}=", key)]
    if wrong:
        raise ValidationError("must be keys as `billing connection new-key` makes them, with blanks between them")


def _networks(text: str) -> None:
    for word in _words(text):
        try:
            ipaddress.ip_network(word)
        except ValueError:
            raise ValidationError(f"{word!r} is no network such as 10.0.0.0/8") from None


def _service_hours(text: str) -> None:
    try:
        service_hours(text)
    except InvalidInput as error:
        raise ValidationError(error.detail) from None


def _words(text: str | None) -> tuple[str, ...]:
    """What stands between blanks and commas; nothing of a value that was refused."""
    return tuple((text or "").replace(",", " ").split())


def _in_address(host: str) -> str:
    """An IPv6 address stands in brackets there. A host that was refused is told about once, not twice."""
    return f"[{host}]" if ":" in (host or "") else host or "127.0.0.1"


def _web_address(text: str) -> None:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or text[-1] == "/":
        raise ValidationError("must be an address such as https://billing.example, without a slash at the end")


def _database_url(text: str) -> None:
    # The text may hold a password, so no message repeats it.
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValidationError("must be an address such as sqlite:///path or postgresql://user@host/name") from None
    _check_database(url)


def _check_database(url: URL) -> None:
    backend = url.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise ValidationError("must begin with sqlite: or postgresql:")
    if backend == "sqlite" and url.database in (None, "", ":memory:"):
        raise ValidationError("must name a file: web and worker are different processes and share it")
    if backend == "postgresql" and not url.database:
        raise ValidationError("must name a database")


def _wrong_values(env: Env) -> list[FieldError]:
    try:
        env.seal()
    except EnvValidationError as error:
        messages = cast("dict[str, list[str]]", error.error_messages)
        return [FieldError(name, _sentence(name, texts)) for name, texts in sorted(messages.items())]
    return []


def _sentence(name: str, texts: list[str]) -> str:
    text = " ".join(texts).rstrip(".").replace("Not a valid integer", "must be a whole number")
    text = text.replace("Not a valid number", "must be a number")
    given = os.environ.get(name, "")
    hidden = {variable(field) for field in ("database_url", *SECRETS)}
    shown = "" if name in hidden else f", not {given!r}"
    return f"{text[0].lower()}{text[1:]}{shown}"


def _unknown_variables() -> list[FieldError]:
    known = {variable(field.name) for field in fields(Settings)}
    return [
        FieldError(name, "there is no such setting; docs/settings.md lists them all")
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and not name.startswith(NOT_OURS) and name not in known
    ]
