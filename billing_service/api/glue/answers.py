"""What an operation returns, and the version of what it returns (ETag, If-Match, If-None-Match)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import flask

from billing_service.api.errors import PreconditionRequired
from billing_service.errors import InvalidInput, StaleVersion

_TAG: Final = re.compile(r'(?:W/)?"([^"]*)"|(\*)')


@dataclass(frozen=True, slots=True)
class Answer:
    """A value with its own status or headers. ``secret_id``: it holds a secret, so only this id may be remembered."""

    value: Any
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    secret_id: Any = None


def created(value: Any, location: str) -> Answer:
    """201 with the address of what was made, such as ``/v1/customers/<id>``."""
    return Answer(value, 201, {"Location": location})


def accepted(job: Any) -> Answer:
    """202 with the address of the job to follow."""
    return Answer(job, 202, {"Location": f"/v1/jobs/{job.id}"})


def attachment(name: str) -> str:
    """The Content-Disposition of a file to save (RFC 6266): a plain name for old clients, the real one in UTF-8."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_").replace("\\", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def etag(version: int) -> str:
    return f'"{version}"'


def check_version(row: Any) -> None:
    """Refuse a change that was made on another version than the current one.

    Raises:
        StaleVersion: If-Match names other versions.
    """
    wanted = flask.request.headers.get("If-Match")
    if wanted is not None and not _names(wanted, row.version):
        raise StaleVersion(f"Somebody changed this since you read it; it now has version {row.version}.")


def require_if_match() -> None:
    """Raises ``PreconditionRequired`` without If-Match; ``InvalidInput`` where it is no entity tag."""
    wanted = flask.request.headers.get("If-Match")
    if wanted is None:
        raise PreconditionRequired("If-Match is required: the ETag of what you read before.")
    if not _TAG.search(wanted):
        raise InvalidInput('If-Match must hold an entity tag such as "3".', code="malformed_precondition")


def not_modified(version: int) -> bool:
    """Whether the caller already has this version (If-None-Match)."""
    known = flask.request.headers.get("If-None-Match")
    return known is not None and _names(known, version)


def _names(header: str, version: int) -> bool:
    return any(star or tag == str(version) for tag, star in _TAG.findall(header))
