"""Exports over HTTP: what to leave out, and how to write it."""

from __future__ import annotations

from typing import Any, Final

from billing_service.api.glue import Choice, Identifier, InputSchema, IsoDate
from billing_service.api.schemas.common import LANGUAGES
from billing_service.api.schemas.decisions import CHARGE_STATES, STATES
from billing_service.api.schemas.receivables import METHODS

INVOICE_STATES: Final = ("released", "issued", "withdrawn")
INVOICE_KINDS: Final = ("invoice", "credit_note", "zero_statement")


def _about(text: str) -> dict[str, Any]:
    return {"metadata": {"description": text}}


class WrittenSchema(InputSchema):
    """How the file is written."""

    language = Choice(*LANGUAGES, **_about("Of titles and words; default nl."))
    decimal = Choice(
        "comma", "point", **_about("CSV: comma (semicolons, for Dutch Excel; default) or point (commas, for programs).")
    )


class _PeriodSchema(WrittenSchema):
    """What every export can be limited to."""

    date_from = IsoDate(**_about("From this day on."))
    date_until = IsoDate(**_about("Up to and including this day."))
    customer_id = Identifier()


class LimitedSchema(_PeriodSchema):
    """What exports of work and documents can be limited to besides."""

    contract_id = Identifier()
    billing_run_id = Identifier()


class _InvoicesSchema(LimitedSchema):
    state = Choice(*INVOICE_STATES)
    kind = Choice(*INVOICE_KINDS)


class _ChargesSchema(LimitedSchema):
    state = Choice(*CHARGE_STATES)


class _DecisionsSchema(LimitedSchema):
    state = Choice(*STATES)


class _ReceiptsSchema(_PeriodSchema):
    method = Choice(*METHODS)


class _Streamed:
    format = Choice("csv", **_about("Only csv is streamed; ask for xlsx with POST."))


class _Made:
    format = Choice("xlsx", "csv", **_about("Of the file; default xlsx."))


class InvoiceExportQuery(_InvoicesSchema, _Streamed):
    """The period is that of invoice dates."""


class InvoiceExportIn(_InvoicesSchema, _Made):
    """The period is that of invoice dates."""


class ChargeExportQuery(_ChargesSchema, _Streamed):
    """The period is that of the charges' dates."""


class ChargeExportIn(_ChargesSchema, _Made):
    """The period is that of the charges' dates."""


class DecisionExportQuery(_DecisionsSchema, _Streamed):
    """The period is that of the days on which questions were closed."""


class DecisionExportIn(_DecisionsSchema, _Made):
    """The period is that of the days on which questions were closed."""


class ReceiptExportQuery(_ReceiptsSchema, _Streamed):
    """The period is that of the days on which money came in."""


class ReceiptExportIn(_ReceiptsSchema, _Made):
    """The period is that of the days on which money came in."""
