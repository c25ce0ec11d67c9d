"""Logging: JSON lines on standard error, or plain lines on a terminal; keys and secrets never reach it.

A value is hidden by its name (``authorization``, ``password`` …) and by its look (an API key, a password in an
address, an e-mail address, the row that a database refused), in our own events as well as in those of libraries. The
id of a request is bound with ``structlog.contextvars`` and travels with the work it asks for, see ``store.outbox``.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.types import Processor

HIDDEN = "***"
_SECRET_NAME = re.compile(r"passw|secret|token|authori[sz]ation|cookie|api_?key|credential|private_?key", re.IGNORECASE)
_NO_SECRET = frozenset({"idempotency_key", "lease_token"})
_SECRET_VALUE = re.compile(
    r"(?P<key>\bbk_[A-Za-z0-9_\-.]+)"
    r"|(?P<scheme>\b(?:Bearer|Basic)\s+)[A-Za-z0-9+/=_\-.~]{8,}"
    r"|(?P<address>://[^\s:/@]+:)[^\s@/]+(?=@)"
    r"|(?P<row>Failing row contains |Key \([^)]*\)=)\(.*\)"  # what PostgreSQL adds in its DETAIL
    r"|(?<![/\w.%+\-])[\w.%+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63})+"  # an e-mail address
)


def configure(level: str = "info", form: str = "auto") -> None:
    """Send all logging of this process to standard error; ``form`` is ``json``, ``console`` or ``auto``."""
    plain = form == "console" or (form == "auto" and sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        structlog.processors.UnicodeDecoder(),
        redact,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = _StandardError()
    handler.setFormatter(_formatter(plain, shared))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("alembic", "fontTools", "sqlalchemy"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what standard error is now, not to what it was when logging was set up."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def _formatter(plain: bool, shared: list[Processor]) -> logging.Formatter:
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
        if plain
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor that hides secrets, at any depth."""
    for name, value in event.items():
        if not name.startswith("_"):
            event[name] = HIDDEN if _is_secret(name) and value is not None else _clean(value)
    return event


def _is_secret(name: str) -> bool:
    return name.lower() not in _NO_SECRET and _SECRET_NAME.search(name) is not None


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _SECRET_VALUE.sub(_hide, value)
    if isinstance(value, bytes):
        return _clean(value.decode("utf-8", "replace"))
    if isinstance(value, Mapping):
        return {
            key: HIDDEN if isinstance(key, str) and _is_secret(key) and item is not None else _clean(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _clean(str(value))


def _hide(match: re.Match[str]) -> str:
    if match["key"]:
        return "bk_" + HIDDEN
    return (match["scheme"] or match["address"] or match["row"] or "") + HIDDEN
