"""Tryton's parties and our customers: field mapping, both ways (accounting-apis 12.3)."""

from __future__ import annotations

import re
from typing import Any, Final

from stdnum.eu import vat as eu_vat

from connectors.base import Address, Cause, Company, Customer, Fix, Refused, RemoteCustomer
from connectors.tryton.records import Row

FIELDS: Final = (
    "code",
    "name",
    "addresses.postal_code",
    "addresses.invoice",
    "identifiers.type",
    "identifiers.code",
    "contact_mechanisms.type",
    "contact_mechanisms.value",
)


def new_party(customer: Customer, country: int | None) -> dict[str, Any]:
    """A customer that is not there yet (12.3)."""
    values: dict[str, Any] = {
        "code": customer.code,
        "name": customer.name,
        "addresses": [["create", [_address(customer.address, country)]]],
    }
    if customer.email:
        values["contact_mechanisms"] = [["create", [{"type": "email", "value": customer.email}]]]
    if identifiers := list(_identifiers(customer).values()):
        values["identifiers"] = [["create", identifiers]]
    return values


def changed_party(customer: Customer, country: int | None, there: Row) -> dict[str, Any]:
    """The same for one that is there. Its code cannot be changed (ran on 8.2); what it has more than ours stays."""
    address = _invoice_address(there)
    written = _address(customer.address, country)
    values: dict[str, Any] = {
        "name": customer.name,
        "addresses": [["write", [address["id"]], written] if address else ["create", [written]]],
    }
    if customer.email:
        email = next((one for one in there["contact_mechanisms."] if one["type"] == "email"), None)
        value = {"type": "email", "value": customer.email}
        values["contact_mechanisms"] = [["write", [email["id"]], value] if email else ["create", [value]]]
    had = {_identifies(one): one["id"] for one in there["identifiers."]}
    values["identifiers"] = [
        ["write", [had[what]], identifier] if what in had else ["create", [identifier]]
        for what, identifier in _identifiers(customer).items()
    ]
    return values


def customer_of(row: Row) -> RemoteCustomer:
    """A party as it stands there."""
    address = _invoice_address(row)
    emails = [one["value"] for one in row["contact_mechanisms."] if one["type"] == "email"]
    known = _known(row)
    return RemoteCustomer(
        id=str(row["id"]),
        name=row["name"] or "",
        code=row["code"],
        vat_number=known.get("vat"),
        kvk_number=known.get("kvk"),
        postal_code=address["postal_code"] if address else None,
        email=emails[0] if emails else None,
    )


def company_of(row: Row, party: Row) -> Company:
    """The company whose books these are."""
    known = _known(party)
    return Company(
        id=str(row["id"]),
        name=party["name"] or "",
        currency=row["currency."]["code"],
        vat_number=known.get("vat"),
        kvk_number=known.get("kvk"),
    )


def _address(address: Address, country: int | None) -> dict[str, Any]:
    values = {"street": address.street, "postal_code": address.postal_code, "city": address.city}
    return values if country is None else {**values, "country": country}


def _invoice_address(row: Row) -> Row | None:
    addresses: list[Row] = row["addresses."]
    return next((one for one in addresses if one["invoice"]), addresses[0] if addresses else None)


def address_id(row: Row) -> int:
    """Where this party gets its invoices; ``Refused`` without an address."""
    address = _invoice_address(row)
    if address is None:
        raise Refused("The party has no address.", fix=Fix.DATA, cause=Cause.CUSTOMER_REFUSED, field="customer")
    return int(address["id"])


def _identifiers(customer: Customer) -> dict[str, dict[str, Any]]:
    """VAT number and KvK number. Tryton checks what it calls a VAT number, and has no type for the KvK's."""
    values: dict[str, dict[str, Any]] = {}
    if customer.vat_number:
        kind = "eu_vat" if eu_vat.is_valid(customer.vat_number) else None
        values["vat"] = {"type": kind, "code": customer.vat_number}
    if customer.kvk_number:
        values["kvk"] = {"type": None, "code": customer.kvk_number}
    return values


def _identifies(identifier: Row) -> str | None:
    if identifier["type"]:
        return "vat" if identifier["type"].endswith("_vat") else None
    if re.fullmatch(r"\d{8}", identifier["code"] or ""):
        return "kvk"
    return "vat" if re.match(r"[A-Z]{2}", identifier["code"] or "") else None


def _known(row: Row) -> dict[str, str]:
    told = {_identifies(one): one["code"] for one in reversed(row["identifiers."])}
    return {what: code for what, code in told.items() if what is not None}
