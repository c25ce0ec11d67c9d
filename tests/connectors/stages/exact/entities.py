"""The resources with their fields: [E1] entity classes, [E8] field lists and resource list (accounting-apis 1).

A field is written ``Name:kind``: guid, text (with its length), int, long (Int64), double, day, flag, binary, lines.
``+`` may be written, ``!`` must be given when a record is made. Lengths of a sales entry are those of the sales invoice
in [E8]; which fields must be given is documented for accounts only, for others it is what cannot be missed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Field:
    kind: str
    longest: int | None
    writable: bool
    required: bool


@dataclass(frozen=True, slots=True)
class Resource:
    """``filtered``: there is a sync endpoint, so the normal one wants a filter (1.9 [E6][E7]).

    ``lines`` is the resource of the collection of lines inside a body, by the name of its field.
    """

    fields: dict[str, Field]
    methods: frozenset[str]
    key: str = "ID"
    filtered: bool = False
    lines: tuple[str, str] | None = None

    @property
    def is_sync(self) -> bool:
        return "Timestamp" in self.fields


def _fields(written: str) -> dict[str, Field]:
    made = {}
    for name, kind, longest, marks in re.findall(r"(\w+):([a-z]+)(\d*)([+!]*)", written):
        made[name] = Field(kind, int(longest) if longest else None, bool(marks), "!" in marks)
    return made


_STAMPS = "Created:day Creator:guid Modified:day Modifier:guid Division:int"
_ENTRY = f"""
EntryID:guid AmountDC:double AmountFC:double Currency:text3+ Customer:guid+! CustomerName:text Description:text60+
Document:guid+ DocumentNumber:int DocumentSubject:text DueDate:day+ EntryDate:day+ EntryNumber:int+ InvoiceNumber:int+
Journal:text10+! JournalDescription:text PaymentCondition:text10+ PaymentReference:text25+ ReportingPeriod:int+
ReportingYear:int+ Reversal:flag SalesEntryLines:lines+! Status:int StatusDescription:text Type:int+
TypeDescription:text VATAmountDC:double VATAmountFC:double YourRef:text40+ {_STAMPS}"""
_ENTRY_LINE = """
ID:guid EntryID:guid AmountDC:double AmountFC:double+! CostCenter:text10+ CostUnit:text10+ Description:text60+
From:day+ GLAccount:guid+! GLAccountCode:text LineNumber:int Notes:text+ Project:guid+ Quantity:double+ To:day+ Type:int
VATAmountDC:double VATAmountFC:double+ VATBaseAmountFC:double VATCode:text3+ VATPercentage:double Division:int"""
_ACCOUNT = f"""
ID:guid Code:text18+ Name:text50+! Status:text1+ Type:text1 AddressLine1:text60+ AddressLine2:text60+ City:text40+
Postcode:text20+ State:text40+ Country:text2+ Phone:text17+ Email:text100+ VATNumber:text20+ ChamberOfCommerce:text40+
SearchCode:text30+ IsSales:flag+ IsSupplier:flag+ Blocked:flag+ PaymentConditionSales:text10+ SalesVATCode:text3+
GLAR:guid+ Language:text2+ Remarks:text+ PeppolIdentifier:text+ {_STAMPS}"""
_TERM = f"""
ID:guid Account:guid AccountBankAccountNumber:text AccountCode:text AccountName:text AmountDC:double AmountFC:double
BankAccountNumber:text Currency:text Description:text DueDate:day EndDate:day EntryDate:day EntryID:guid EntryNumber:int
GLAccount:guid GLAccountCode:text InvoiceDate:day InvoiceNumber:int IsFullyPaid:flag Journal:text LastPaymentDate:day
PaymentCondition:text PaymentReference:text Source:int Status:int TransactionAmountDC:double TransactionAmountFC:double
TransactionDueDate:day TransactionEntryID:guid TransactionID:guid TransactionIsReversal:flag TransactionStatus:int
TransactionType:int YourRef:text {_STAMPS}"""
_BANK_ENTRY = f"""
EntryID:guid BankEntryLines:lines+! ClosingBalanceFC:double Currency:text3+ EntryNumber:int FinancialPeriod:int
FinancialYear:int JournalCode:text10+! JournalDescription:text OpeningBalanceFC:double Status:int {_STAMPS}"""
_BANK_LINE = f"""
ID:guid EntryID:guid EntryNumber:int Account:guid+ AccountCode:text AmountDC:double AmountFC:double+! CostCenter:text10+
Date:day+ Description:text60+ Document:guid+ GLAccount:guid+! GLAccountCode:text LineNumber:int Notes:text+
OffsetID:guid OurRef:int+ Quantity:double+ VATCode:text3+ {_STAMPS}"""
_DOCUMENT = f"""
ID:guid Account:guid+ AccountCode:text AmountFC:double Category:guid+ Currency:text DocumentDate:day+
FinancialTransactionEntryID:guid+ HID:int Subject:text+! Type:int+! TypeDescription:text {_STAMPS}"""
_GL_ACCOUNT = f"""
ID:guid Code:text24 Description:text60 Type:int TypeDescription:text BalanceSide:text1 BalanceType:text1 IsBlocked:flag
SearchCode:text30 VATCode:text3 {_STAMPS}"""
_JOURNAL = f"ID:guid Code:text Description:text Type:int IsBlocked:flag Currency:text GLAccount:guid {_STAMPS}"
_VAT_CODE = f"""
ID:guid Code:text Description:text Percentage:double Type:text IsBlocked:flag Charged:flag VATTransactionType:text
EUSalesListing:text GLToPay:guid {_STAMPS}"""
_DIVISION = """
Code:int Description:text Currency:text Country:text VATNumber:text ChamberOfCommerceNumber:text Status:int
BlockingStatus:int DivisionMoveDate:day DivisionHRLinkUnlinkDate:day Hid:int Current:flag Legislation:text"""

_READ, _ALL = frozenset({"GET"}), frozenset({"GET", "POST", "PUT", "DELETE"})

RESOURCES: Final[dict[str, Resource]] = {
    "crm/Accounts": Resource(_fields(_ACCOUNT), _ALL, filtered=True),
    "salesentry/SalesEntries": Resource(
        _fields(_ENTRY), _ALL, key="EntryID", lines=("SalesEntryLines", "salesentry/SalesEntryLines")
    ),
    "salesentry/SalesEntryLines": Resource(_fields(_ENTRY_LINE), _ALL),
    "documents/Documents": Resource(_fields(_DOCUMENT), _ALL, filtered=True),
    "documents/DocumentAttachments": Resource(
        _fields("ID:guid Attachment:binary+! Document:guid+! FileName:text+! FileSize:double Url:text"),
        frozenset({"GET", "POST", "DELETE"}),
        filtered=True,
    ),
    "cashflow/Receivables": Resource(_fields(_TERM), frozenset({"GET", "PUT"}), filtered=True),
    "sync/Cashflow/PaymentTerms": Resource(_fields("Timestamp:long LineType:int " + _TERM), _READ),
    "sync/Deleted": Resource(
        _fields("Timestamp:long ID:guid DeletedBy:guid DeletedDate:day Division:int EntityKey:guid EntityType:int"),
        _READ,
    ),
    "financialtransaction/BankEntries": Resource(
        _fields(_BANK_ENTRY),
        frozenset({"GET", "POST", "DELETE"}),
        key="EntryID",
        lines=("BankEntryLines", "financialtransaction/BankEntryLines"),
    ),
    "financialtransaction/BankEntryLines": Resource(_fields(_BANK_LINE), frozenset({"GET", "POST"})),
    "financial/GLAccounts": Resource(_fields(_GL_ACCOUNT), _ALL, filtered=True),
    "financial/Journals": Resource(_fields(_JOURNAL), _ALL),
    "vat/VATCodes": Resource(_fields(_VAT_CODE), _ALL),
    "hrm/Costcenters": Resource(_fields(f"ID:guid Code:text Description:text EndDate:day {_STAMPS}"), _ALL),
    "system/Divisions": Resource(_fields(_DIVISION), frozenset({"GET", "DELETE"}), key="Code"),
}
"""The sync and ``read`` endpoints are not in the resource list of [E8]; they are documented in [E1] (1.6)."""
