"""Lists, customers, the division and refusals as Exact writes them (accounting-apis 1.2 to 1.4, 1.10)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, Final

from connectors.base import (
    Cause,
    Choice,
    Company,
    ConnectorError,
    Customer,
    Fix,
    Lists,
    Refused,
    RemoteCustomer,
    VatCategory,
)
from connectors.base import Document as OurDocument
from connectors.exact.capabilities import CODE
from connectors.exact.division import Row, day_of
from connectors.http import Answer

SELECT_DIVISION: Final = "BlockingStatus,ChamberOfCommerceNumber,Code,Currency,Description,Status,VATNumber"
SELECT_ACCOUNT: Final = "ChamberOfCommerce,Code,Email,ID,Name,Postcode,SearchCode,VATNumber"
SELECT_VAT_CODE: Final = "Charged,Code,Description,IsBlocked,Percentage,Type,VATTransactionType"
ACTIVE: Final = 1
LONGEST: Final = {"Name": 50, "AddressLine1": 60, "Postcode": 20, "City": 40}
"""What is longer is cut: an account is refused as a whole else ([E8] Account.fields)."""


def company_of(row: Row) -> tuple[Company, bool, bool]:
    """A division, whether it is active, and whether it is blocked for a while (a backup, a conversion)."""
    company = Company(
        id=str(row["Code"]),
        name=row["Description"],
        currency=row["Currency"],
        vat_number=row["VATNumber"] or None,
        kvk_number=row["ChamberOfCommerceNumber"] or None,
    )
    return company, row["Status"] == ACTIVE, bool(row["BlockingStatus"])


# --- lists ----------------------------------------------------------------------------------------------------------


def choice_of(row: Row, key: str = "Code") -> Choice:
    """A ledger account is meant by its GUID; a journal, VAT code or cost centre by its code (1.4)."""
    code = row["Code"].strip()
    active = not row["IsBlocked"]
    return Choice(id=code if key == "Code" else row[key], code=code, name=row["Description"], active=active)


def cost_centre_of(row: Row, today: date) -> Choice:
    """Inactive after its end date."""
    code, ends = row["Code"].strip(), row["EndDate"]
    return Choice(id=code, code=code, name=row["Description"], active=ends is None or day_of(ends) >= today)


def vat_code_of(row: Row) -> Choice:
    """Exact writes 21 % as 0.21. What is exempt, zero or outside the scope it does not tell apart: a person does."""
    code, rate = row["Code"].strip(), Decimal(row["Percentage"] or 0) * 100
    category: VatCategory | None = "AE" if row["Charged"] else "S" if rate else None
    active = not row["IsBlocked"]
    return Choice(id=code, code=code, name=row["Description"], active=active, rate=rate, category=category)


def by_code(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    """In the order in which people look for them."""
    return tuple(sorted(choices, key=lambda one: one.code))


# --- customers ------------------------------------------------------------------------------------------------------


def padded(code: str, field: str) -> str:
    """As the field holds it: ``Code`` has 18 characters, filled up on the left, in filters too (1.3)."""
    return code.rjust(18) if field == CODE else code


def account_of(customer: Customer, field: str) -> dict[str, Any]:
    """The body of an account; our code goes into ``field``."""
    body = {
        field: padded(customer.code, field),
        "Name": customer.name,
        "Status": "C",
        "IsSales": True,
        "AddressLine1": customer.address.street,
        "Postcode": customer.address.postal_code,
        "City": customer.address.city,
        "Country": customer.address.country,
        "Email": customer.email,
        "VATNumber": customer.vat_number,
        "ChamberOfCommerce": customer.kvk_number,
    }
    return body | {name: str(body[name])[:most] for name, most in LONGEST.items()}


def customer_of(row: Row, field: str) -> RemoteCustomer:
    """An account there."""
    return RemoteCustomer(
        id=row["ID"],
        name=row["Name"],
        code=(row[field] or "").strip() or None,
        vat_number=row["VATNumber"] or None,
        kvk_number=row["ChamberOfCommerce"] or None,
        postal_code=row["Postcode"] or None,
        email=row["Email"] or None,
    )


# --- refusals -------------------------------------------------------------------------------------------------------


def reads_error(answer: Answer, text: str) -> ConnectorError | None:
    """A refusal with the sentence of Exact; it is in the user's language and mostly without a code (1.10)."""
    if answer.status not in {400, 403, 404}:
        return None
    try:
        said = str(json.loads(text)["error"]["message"]["value"])
    except (KeyError, TypeError, ValueError):
        said = text
    is_right = answer.status == 403
    fix, cause = (Fix.RIGHTS, Cause.NO_PERMISSION) if is_right else (Fix.DATA, Cause.REQUEST_REFUSED)
    return Refused("Exact Online refused it.", fix=fix, cause=cause, detail=said)


def why(document: OurDocument, journal: str, lists: Lists, refused: Refused) -> Refused:
    """What a refused document points to that is not there or blocked; else the refusal as it was."""
    if journal not in _usable(lists.journals):
        return unknown(refused, Cause.JOURNAL_UNKNOWN, "journal")
    for place, line in enumerate(document.lines):
        if line.vat_code not in _usable(lists.vat_codes):
            return unknown(refused, Cause.VAT_CODE_UNKNOWN, f"lines.{place}.vat_code")
        if line.ledger_account not in _usable(lists.ledger_accounts):
            return unknown(refused, Cause.LEDGER_ACCOUNT_UNKNOWN, f"lines.{place}.ledger_account")
        if line.cost_centre is not None and line.cost_centre not in _usable(lists.cost_centres):
            return unknown(refused, Cause.COST_CENTRE_UNKNOWN, f"lines.{place}.cost_centre")
    return refused


def unknown(refused: Refused, cause: Cause, field: str, fix: Fix = Fix.MAPPING) -> Refused:
    """The same refusal with what was found out about it."""
    said = "Exact Online refused it: it points to what is not there."
    return Refused(said, fix=fix, cause=cause, field=field, detail=refused.detail)


def _usable(choices: tuple[Choice, ...]) -> set[str]:
    return {one.id for one in choices if one.active}
