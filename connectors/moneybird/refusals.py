"""What Moneybird means by a refusal (accounting-apis 2.10): 400 and 404 name a field under ``symbolic``, 422 under
``error``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from connectors.base import AlreadyThere, Cause, ConnectorError, Fix, Refused
from connectors.http import Answer

CAUSES: Final[dict[str, tuple[str, Fix, Cause]]] = {
    "contact_id": ("customer", Fix.DATA, Cause.CUSTOMER_UNKNOWN),
    "tax_rate_id": ("vat_code", Fix.MAPPING, Cause.VAT_CODE_UNKNOWN),
    "ledger_account_id": ("ledger_account", Fix.MAPPING, Cause.LEDGER_ACCOUNT_UNKNOWN),
    "project_id": ("cost_centre", Fix.MAPPING, Cause.COST_CENTRE_UNKNOWN),
    "financial_account_id": ("method", Fix.MAPPING, Cause.PAYMENT_METHOD_UNKNOWN),
    "reference": ("number", Fix.DATA, Cause.NUMBER_FORM),
    "date": ("issue_date", Fix.DATA, Cause.DATE_REFUSED),
    "due_date": ("due_date", Fix.DATA, Cause.DATE_REFUSED),
    "payment_date": ("paid_on", Fix.DATA, Cause.DATE_REFUSED),
    "currency": ("currency", Fix.DATA, Cause.CURRENCY),
    "customer_id": ("code", Fix.DATA, Cause.CUSTOMER_CODE_FORM),
    "company_name": ("name", Fix.DATA, Cause.CUSTOMER_REFUSED),
    "country": ("address.country", Fix.DATA, Cause.CUSTOMER_REFUSED),
    "zipcode": ("address.postal_code", Fix.DATA, Cause.CUSTOMER_REFUSED),
    "send_invoices_to_email": ("email", Fix.DATA, Cause.CUSTOMER_REFUSED),
    "tax_number": ("vat_number", Fix.DATA, Cause.CUSTOMER_REFUSED),
    "chamber_of_commerce": ("kvk_number", Fix.DATA, Cause.CUSTOMER_REFUSED),
}
SAID: Final = "Moneybird refused it."


def reads_error(answer: Answer, text: str) -> ConnectorError | None:
    """The error of a 400, 404 or 422; anything else means what its status says."""
    if answer.status not in {400, 404, 422}:
        return None
    complaints = dict(_complaints(answer))
    if "taken" in complaints.get("customer_id", ""):
        return AlreadyThere("A contact with this customer number stands there already.", detail=text)
    known = [CAUSES[name] for name in complaints if name in CAUSES]
    if known:
        field, fix, cause = known[0]
        return Refused(SAID, fix=fix, cause=cause, field=field, detail=text)
    if answer.status == 404:
        return Refused(SAID, fix=Fix.DATA, cause=Cause.DOCUMENT_UNKNOWN, detail=text)
    return Refused(SAID, fix=Fix.DATA, cause=Cause.REQUEST_REFUSED, detail=text)


def is_absent(answer: Answer, field: str) -> bool:
    """Whether it says that there is no record with this field. A 404 about anything else is raised."""
    if answer.status != 404:
        return False
    if dict(_complaints(answer)).get(field) == "not_found":
        return True
    raise Refused(SAID, fix=Fix.SUPPORT, cause=Cause.REQUEST_REFUSED)


def _complaints(answer: Answer) -> Iterator[tuple[str, str]]:
    """Each field that is complained of, without the object it is in, and the complaint."""
    try:
        value = json.loads(answer.body)
    except ValueError:
        return
    if not isinstance(value, dict):
        return
    yield from _leaves(value.get("error"))
    yield from _leaves(value.get("symbolic"))


def _leaves(value: Any) -> Iterator[tuple[str, str]]:
    for name, inside in value.items() if isinstance(value, dict) else ():
        if isinstance(inside, dict):
            yield from _leaves(inside)
        else:
            yield str(name).rpartition(".")[2], str(inside)
