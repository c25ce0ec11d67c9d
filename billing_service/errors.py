"""One tree of errors with stable codes; no HTTP in here (api/errors.py has the one table of status codes).

BillingError
├── InvalidInput        the caller sent something that cannot be right; names every field
│   ├── InvalidTariff   a tariff document that cannot be used
│   └── UnreadableFile  a file that cannot be read (encoding, format, size)
├── NotFound            no such thing in this administration (or it belongs to another one)
├── Conflict            the thing exists but its state forbids this
│   ├── StaleVersion    somebody changed it since you read it
│   ├── AlreadyExists   an identifier that must be unique is taken
│   └── IssueRefused    an invoice that cannot be issued (date order, future date, series)
├── NotAllowed          the key is known but may not do this
├── NotSignedIn         no key, or one that is unknown, expired or revoked
├── KeyReused           an Idempotency-Key that was used for another body
├── Busy                a twin of this request is still running, or a lock was not free in time
└── WrongSchema         the database has another schema version than this program
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field: a JSON pointer (``/lines/0/amount``) or ``line 12: minutes``, and a sentence."""

    pointer: str
    detail: str


class BillingError(Exception):
    """Base of all expected errors. ``code`` is stable and documented; ``detail`` is one sentence for a person."""

    code = "billing_error"

    def __init__(self, detail: str, *, code: str | None = None, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        if code is not None:
            self.code = code


class InvalidInput(BillingError):
    code = "invalid_input"


class InvalidTariff(InvalidInput):
    code = "invalid_tariff"


class UnreadableFile(InvalidInput):
    code = "unreadable_file"


class NotFound(BillingError):
    code = "not_found"


class Conflict(BillingError):
    code = "conflict"


class StaleVersion(Conflict):
    code = "stale_version"


class AlreadyExists(Conflict):
    code = "already_exists"


class IssueRefused(Conflict):
    code = "issue_refused"


class NotAllowed(BillingError):
    code = "not_allowed"


class NotSignedIn(BillingError):
    code = "not_signed_in"


class KeyReused(BillingError):
    code = "idempotency_key_reused"


class Busy(BillingError):
    code = "busy"


class WrongSchema(BillingError):
    code = "wrong_schema"
