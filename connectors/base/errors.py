"""Errors named after the next step, so that whoever catches one knows what to do (accounting-apis 14.10).

No error carries a secret or an address with personal data in it: texts of a package pass through the redaction of
``connectors.http`` first, and an error never keeps the request or the exception it came from.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum


class ConnectorError(Exception):
    """Whatever a connector raises. ``detail`` is the package's own sentence, redacted and cut to 500 characters."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail[:500]


class Wait(StrEnum):
    """Why to wait."""

    LIMIT = "limit"
    """The package's limit of calls is used up, or our share of it."""
    ERROR_BUDGET = "error_budget"
    """So many calls were refused that the package would block the connection (accounting-apis 1.8)."""
    UNREACHABLE = "unreachable"
    """No connection, or the question broke off before anything could have happened."""
    UNAVAILABLE = "unavailable"
    """It answered that it cannot work now, or something unreadable to a question that changes nothing."""
    SIGN_IN = "sign_in"
    """The sign-in cannot be renewed just now, but it is not lost."""


class TryAgainLater(ConnectorError):
    """Nothing happened there. The same call may be made again, ``after`` this long (``None``: choose yourself)."""

    def __init__(self, message: str, *, wait: Wait, after: timedelta | None = None, detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.wait = wait
        self.after = after


class OutcomeUnknown(ConnectorError):
    """It may have happened, or may still happen. Look after the settle time; never simply send again.

    ``after`` is how long the package asked to leave it alone, where it did.
    """

    def __init__(self, message: str, *, after: timedelta | None = None, detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.after = after


class Fix(StrEnum):
    """What has to be repaired before the same thing may be sent again."""

    DATA = "fix_data"
    """The document or customer itself."""
    MAPPING = "fix_mapping"
    """What the connection maps to: a VAT code, ledger account, journal, cost centre or payment method."""
    RIGHTS = "fix_rights"
    """What the package allows the user or subscription behind the connection."""
    SUPPORT = "fix_support"
    """None of these: the connector and the package do not understand each other."""


class Cause(StrEnum):
    """Why it was refused. The service words each in Dutch and English for a bookkeeper."""

    NUMBER_FORM = "number_form"
    NUMBER_TOO_LONG = "number_too_long"
    CUSTOMER_CODE_FORM = "customer_code_form"
    CUSTOMER_CODE_TOO_LONG = "customer_code_too_long"
    CUSTOMER_UNKNOWN = "customer_unknown"
    CUSTOMER_REFUSED = "customer_refused"
    DESCRIPTION_TOO_LONG = "description_too_long"
    ATTACHMENT_TOO_LARGE = "attachment_too_large"
    ATTACHMENT_TYPE = "attachment_type"
    CURRENCY = "currency"
    DATE_REFUSED = "date_refused"
    PERIOD_CLOSED = "period_closed"
    TOTAL_DIFFERS = "total_differs"
    VAT_DIFFERENCE_TOO_LARGE = "vat_difference_too_large"
    ROUNDING_NOT_MAPPED = "rounding_not_mapped"
    VAT_CODE_UNKNOWN = "vat_code_unknown"
    LEDGER_ACCOUNT_UNKNOWN = "ledger_account_unknown"
    JOURNAL_UNKNOWN = "journal_unknown"
    COST_CENTRE_UNKNOWN = "cost_centre_unknown"
    PAYMENT_METHOD_UNKNOWN = "payment_method_unknown"
    DOCUMENT_UNKNOWN = "document_unknown"
    DOCUMENT_LOCKED = "document_locked"
    NOTHING_OPEN = "nothing_open"
    CREDITED_INVOICE_UNKNOWN = "credited_invoice_unknown"
    NO_PERMISSION = "no_permission"
    SUBSCRIPTION = "subscription"
    REQUEST_REFUSED = "request_refused"
    """Refused, and the package gives no reason that we know; ``detail`` holds its sentence."""
    ANSWER_NOT_UNDERSTOOD = "answer_not_understood"


class Refused(ConnectorError):
    """It was not done, and will not be until somebody repairs it. ``field`` is ours: ``lines.0.vat_code``."""

    def __init__(self, message: str, *, fix: Fix, cause: Cause, field: str | None = None, detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.fix = fix
        self.cause = cause
        self.field = field


class AlreadyThere(ConnectorError):
    """The package has it already: compare, and count it as done if it is the same (accounting-apis 14.10).

    ``remote_id`` is its id there, ``None`` where the package does not say which it is: then look it up.
    """

    def __init__(self, message: str, *, remote_id: str | None = None, detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.remote_id = remote_id


class SignInAgain(ConnectorError):
    """The connection stands still until a person signs in again; nothing was done."""


class NotSupported(ConnectorError):
    """The package cannot do this, or it is not certain that it can; nothing was sent. ``capability`` names it."""

    def __init__(self, message: str, *, capability: str) -> None:
        super().__init__(message)
        self.capability = capability


class InvalidSignature(ConnectorError):
    """A webhook that does not come from the package, or is too old; nothing of it may be used."""
