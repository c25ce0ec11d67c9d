"""What every endpoint shares, written once. A routes module needs only ``Routes`` and a few helpers from here.

``routes``       one decorator per operation: key, scope, input, one transaction, idempotency, ETag, documentation
``reading``      JSON bodies and query parameters, read strictly
``fields``       field classes for texts, amounts, instants, dates
``answers``      what an operation returns; ETag and If-Match
``paging``       cursor pages
``idempotency``  the first answer to an Idempotency-Key, stored with its effect
``identity``     the key behind a request, its scopes and its rate limit
"""

from billing_service.api.glue.answers import Answer, accepted, attachment, check_version, created
from billing_service.api.glue.fields import (
    Amount,
    Choice,
    Code,
    Flag,
    Identifier,
    Instant,
    IsoDate,
    JsonObject,
    ListOf,
    MoneyField,
    Nested,
    Note,
    Text_,
    Whole,
)
from billing_service.api.glue.identity import current_currency, current_identity
from billing_service.api.glue.paging import PageQuery, page
from billing_service.api.glue.reading import InputSchema, OutputSchema, Upload, chosen_language
from billing_service.api.glue.routes import Routes

__all__ = [
    "Amount",
    "Answer",
    "Choice",
    "Code",
    "Flag",
    "Identifier",
    "InputSchema",
    "Instant",
    "IsoDate",
    "JsonObject",
    "ListOf",
    "MoneyField",
    "Nested",
    "Note",
    "OutputSchema",
    "PageQuery",
    "Routes",
    "Text_",
    "Upload",
    "Whole",
    "accepted",
    "attachment",
    "check_version",
    "chosen_language",
    "created",
    "current_currency",
    "current_identity",
    "page",
]
