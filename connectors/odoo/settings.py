"""What can be set for a connection to Odoo, and what its connector declares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from connectors.base import (
    Attachments,
    Capabilities,
    Cause,
    Change,
    Fix,
    Pull,
    Push,
    Refused,
    Search,
    TextForm,
    Vat,
    Verified,
    known,
)
from connectors.package import Setting

_APIS: Final = ("json-2", "xml-rpc")
_ROUNDINGS: Final = ("per_line", "globally")
_COUNTS: Final = ("paid", "registered")

SETTINGS: Final = (
    Setting("base_url"),
    Setting("journal"),
    Setting("database", required=False),
    Setting("vat_rounding", required=False, choices=_ROUNDINGS),
    Setting("payments_count", required=False, choices=_COUNTS),
    Setting("api", required=False, choices=_APIS),
    Setting("login", required=False),
    Setting("api_key", secret=True),
)
"""
journal         the short code of the sales journal that holds our documents and nothing else (accounting-apis 11.4)
database        needed where the server has several, and always for XML-RPC (11.2)
vat_rounding    what the company in Odoo is set to
payments_count  see :func:`living_payments`
api             JSON-2 for Odoo 19 and later; XML-RPC for Odoo 18, and 19 until it is removed (needs ``login``)
"""

LARGEST_FILE: Final = 10 * 1024 * 1024

LONGEST_REQUEST: Final = timedelta(minutes=3)
"""Odoo ends a request after two minutes (``--limit-time-real``); a minute more for one that stood in line for a worker.

Until then a create whose connection broke off may still be carried out.
"""


def chosen(settings: Mapping[str, str], name: str) -> str:
    """The value of a setting with a fixed choice, the first one if it is absent; any other is a ``ValueError``."""
    choices = next(one.choices for one in SETTINGS if one.name == name)
    value = settings.get(name) or choices[0]
    if value not in choices:
        raise ValueError(f"{name} is {' or '.join(choices)}, not {value}.")
    return value


def needed_for_xml_rpc(settings: Mapping[str, str], name: str) -> str:
    """The value of a setting that XML-RPC cannot do without; ``Refused`` at the first call if it is absent."""
    value = settings.get(name)
    if not value:
        raise Refused(
            f"{name} is needed for the api xml-rpc.", fix=Fix.MAPPING, cause=Cause.REQUEST_REFUSED, field=name
        )
    return value


def living_payments(settings: Mapping[str, str]) -> tuple[str, ...]:
    """The states in which a payment there counts as money that came in (accounting-apis 11.6 leaves it to us).

    Community makes a registered payment ``paid`` at once. With the accountant app it is ``in_process`` until its bank
    line is matched, and may still be rejected: it counts before that only if the connection says ``registered``.
    """
    return ("paid",) if chosen(settings, "payments_count") == "paid" else ("in_process", "paid")


def capabilities(settings: Mapping[str, str]) -> Capabilities:
    """What the connector declares. The recording is of JSON-2 on Odoo 19; XML-RPC was only read about in detail.

    Raises ``ValueError`` for a setting that is none of its choices.
    """
    for setting in SETTINGS:
        if setting.choices:
            chosen(settings, setting.name)
    seen = Verified.RECORDING if chosen(settings, "api") == "json-2" else Verified.DOCUMENTATION
    read = Verified.DOCUMENTATION
    rounds = Vat.PER_LINE if chosen(settings, "vat_rounding") == "per_line" else Vat.PER_CODE
    files = Attachments(frozenset({"application/pdf"}), LARGEST_FILE)
    return Capabilities(
        number=known(TextForm(pattern="[A-Za-z0-9][A-Za-z0-9/-]*"), seen, "accounting-apis 11.4"),
        customer_code=known(TextForm(), seen, "accounting-apis 11.3"),
        description=known(TextForm(), seen, "accounting-apis 11.4: no form is given"),
        attachments=known(files, seen, "accounting-apis 11.4; the size is 14.3's, for no package in particular"),
        edits=known(Change.DRAFT, read, "accounting-apis 11.2, 11.4"),
        deletes=known(Change.DRAFT, seen, "accounting-apis 11.4, 11.7"),
        credit_link=known(True, seen, "accounting-apis 11.5"),
        search=known(Search.AT_ONCE, seen, "accounting-apis 11.7"),
        settle=known(LONGEST_REQUEST, read, "Odoo's limit-time-real (120 s), and a minute"),
        key_life=known(None, read, "accounting-apis 11.7"),
        vat=known(rounds, read, "accounting-apis 11.4, 14.11; tax_calculation_rounding_method of the company"),
        posts_separately=known(True, seen, "accounting-apis 11.4"),
        push_payment=known(Push.BOOKS_AND_MATCHES, seen, "accounting-apis 11.6"),
        payments=known(Pull.CHANGES, seen, "accounting-apis 11.6"),
        webhooks=known(None, read, "accounting-apis 11.8: poll"),
        cost_centres=known(True, read, "accounting-apis 11.4 (ran, not in the recording)"),
        limits=known((), read, "accounting-apis 11.8: none in the software"),
        error_budget=known(None, read, "accounting-apis 11.8: none in the software"),
    )
