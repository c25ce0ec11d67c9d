"""What stands in the administration, and what booking, paying, matching and undoing do to it.

**Terms.** Every entry on a debtor has payment terms: the rows of ``cashflow/Receivables`` and, with a timestamp, of
``sync/Cashflow/PaymentTerms``; so has every line of a bank entry on a debtor (1.6 [E1]: ``TransactionID``). Matching
sets both to status 50 and writes the invoice's ``YourRef`` on that of the bank line. What is matched in part is split
(the field list says that a term can be split). Which sign a term has is not documented: ``sign`` is that of an
invoice's term; where it was seen (TimPelgrim/exactonline-mcp, unverified) it is negative, the opposite of
``TransactionAmountFC``, so that what matches sums to nothing.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from tests.connectors.stages.exact.entities import RESOURCES
from tests.connectors.stages.exact.odata import Fault, Row

DIVISION: Final = 1234567
OPEN, MATCHED = 20, 50
SALES, CREDIT, CASH_FLOW = 20, 21, 40  # types of transactions [E1]
CENT: Final = Decimal("0.01")
RECEIVABLES: Final = "cashflow/Receivables"

VAT_CODES: Final[list[Row]] = [
    {"Code": "0", "Description": "Geen btw", "Percentage": 0.0, "Type": "N", "VATTransactionType": "B"},
    {"Code": "1", "Description": "BTW laag tarief, inclusief", "Percentage": 0.09, "Type": "I"},
    {"Code": "2", "Description": "BTW hoog tarief, inclusief", "Percentage": 0.21, "Type": "I"},
    {"Code": "3", "Description": "BTW laag tarief, exclusief", "Percentage": 0.09, "Type": "E"},
    {"Code": "4", "Description": "BTW hoog tarief, exclusief", "Percentage": 0.21, "Type": "E"},
    {"Code": "5", "Description": "BTW 0%", "Percentage": 0.0, "Type": "B"},
    {"Code": "6", "Description": "BTW verlegd", "Percentage": 0.0, "Type": "B", "Charged": True},
    {"Code": "9", "Description": "BTW hoog tarief 19%", "Percentage": 0.19, "Type": "E", "IsBlocked": True},
    {"Code": "20", "Description": "BTW inkoop", "Percentage": 0.21, "Type": "E", "VATTransactionType": "P"},
]
GL_ACCOUNTS: Final[list[Row]] = [
    {"Code": "1100", "Description": "Rabobank", "Type": 12, "BalanceType": "B"},
    {"Code": "1300", "Description": "Debiteuren", "Type": 20, "BalanceType": "B"},
    {"Code": "1500", "Description": "Af te dragen btw", "Type": 24, "BalanceType": "B"},
    {"Code": "2100", "Description": "Vooruitontvangen", "Type": 27, "BalanceType": "B"},
    {"Code": "8000", "Description": "Omzet helpdesk", "Type": 110, "BalanceType": "W"},
    {"Code": "8100", "Description": "Omzet import", "Type": 110, "BalanceType": "W"},
    {"Code": "8900", "Description": "Omzet oud", "Type": 110, "BalanceType": "W", "IsBlocked": True},
    {"Code": "9990", "Description": "Afrondingsverschillen", "Type": 120, "BalanceType": "W"},
]
JOURNALS: Final[list[Row]] = [
    {"Code": "10", "Description": "Kas", "Type": 10},
    {"Code": "20", "Description": "Rabobank", "Type": 12},
    {"Code": "25", "Description": "Mollie", "Type": 16},
    {"Code": "60", "Description": "Inkoop", "Type": 22},
    {"Code": "70", "Description": "Verkoop", "Type": 20},
    {"Code": "71", "Description": "Verkoop webwinkel", "Type": 20},
]


class Books:
    """One administration. ``today`` gives the present day."""

    def __init__(self, today: Callable[[], date], sign: int = -1) -> None:
        self._today, self.sign = today, sign
        self._made, self._version = 0, 2**53 + 1
        self.rows: dict[str, list[Row]] = {name: [] for name in RESOURCES if name != RECEIVABLES}
        defaults = {"IsBlocked": False, "Charged": False, "VATTransactionType": "S"}
        for entry in VAT_CODES:
            self.add("vat/VATCodes", {**defaults, **entry})
        for entry in GL_ACCOUNTS:
            self.add("financial/GLAccounts", {"IsBlocked": False, **entry})
        for entry in JOURNALS:
            self.add("financial/Journals", {"IsBlocked": False, "Currency": "EUR", **entry})
        self.add("hrm/Costcenters", {"Code": "KP1", "Description": "Helpdesk", "EndDate": None})
        self.division = self.add("system/Divisions", {"Code": DIVISION, "Description": "Voorbeeld Helpdesk B.V."})
        self.division |= {"Currency": "EUR", "ChamberOfCommerceNumber": "12345678", "Status": 1, "BlockingStatus": 0}
        self.nobody = self.add("crm/Accounts", {"Code": "8".rjust(18), "Name": "Onbekende betalers"})
        supplier = self.add("crm/Accounts", {"Code": "9".rjust(18), "Name": "Leverancier", "IsSupplier": True})
        self._term(
            LineType=22, Account=supplier["ID"], AmountFC=-99.0, TransactionType=30, YourRef="INK-1", Journal="60"
        )

    def table(self, name: str) -> list[Row]:
        """The rows of a resource; those of the terms without the side of the suppliers for receivables."""
        if name == RECEIVABLES:
            return [row for row in self.table("sync/Cashflow/PaymentTerms") if row["LineType"] == 20]
        return self.rows[name]

    def add(self, name: str, row: Row, key: str = "ID") -> Row:
        """A record with an id of its own; ids, numbers and timestamps are never given twice."""
        self._made += 1
        made = {
            key: str(uuid.uuid5(uuid.NAMESPACE_OID, str(self._made))),
            **row,
            "_no": self._made,
            "Division": DIVISION,
        }
        self.table(name).append(made)
        return made

    def one(self, name: str, wanted: str | None, key: str = "ID") -> Row:
        """The record with this key; a reference to nothing is refused with the name of what it is to (1.4 [E2 #31])."""
        for row in self.table(name):
            if row.get(key) == wanted:
                return row
        raise Fault(400, f"Ongeldige referentie: {name.rpartition('/')[2]}")

    # --- customers --------------------------------------------------------------------------------------------------

    def account(self, given: Row, known: Row | None) -> Row:
        """Creates or changes one. ``Code`` is unique, numeric and padded to 18 (1.3); without one Exact counts on."""
        code = given.get("Code") or (known or {}).get("Code") or str(max(self._codes(), default=0) + 1)
        if not re.fullmatch(r" *\d+", code):
            raise Fault(400, "Ongeldige waarde: Code")
        given["Code"] = code.strip().rjust(18)
        if any(row["Code"] == given["Code"] and row is not known for row in self.table("crm/Accounts")):
            raise Fault(400, "Bestaat reeds: Relatie - Code")  # which status and words: unverified
        if known is None:
            return self.add("crm/Accounts", given)
        known.update(given)
        return known

    def _codes(self) -> list[int]:
        return [int(row["Code"]) for row in self.table("crm/Accounts")]

    # --- sales entries ----------------------------------------------------------------------------------------------

    def book(self, given: Row) -> Row:
        """A sales entry, at once in the books as open (20); its debtor gets a term."""
        lines = [self._line(line) for line in given.pop("SalesEntryLines")]
        account = self.one("crm/Accounts", given["Customer"])
        self._journal(given["Journal"], {20, 21})
        self._linked(given)
        if given.setdefault("Type", SALES) not in {SALES, CREDIT}:
            raise Fault(400, "Ongeldige waarde: Type")
        today = self._today()
        number = self._number(given["Journal"], given.get("EntryDate") or today)
        vat = sum(line["VATAmountFC"] for line in lines)
        entry = {
            "Currency": "EUR",
            "EntryDate": today,
            "DueDate": given.get("EntryDate") or today,
            **given,
            "CustomerName": account["Name"],
            "EntryNumber": number,
            "InvoiceNumber": number,
            "Status": OPEN,
            "VATAmountFC": vat,
            "AmountFC": sum(line["AmountFC"] for line in lines) + vat,
        }
        made = self.add("salesentry/SalesEntries", entry, key="EntryID")
        for place, line in enumerate(lines, 1):
            self.add("salesentry/SalesEntryLines", {**line, "EntryID": made["EntryID"], "LineNumber": place})
        if made["AmountFC"]:
            self._term_of(made, account, made["AmountFC"])
        return made

    def _line(self, line: Row) -> Row:
        account = self.one("financial/GLAccounts", line["GLAccount"])
        code = self.one("vat/VATCodes", line.get("VATCode") or "0", key="Code")
        if account["IsBlocked"] or code["IsBlocked"] or code["VATTransactionType"] == "P":
            raise Fault(400, "Geblokkeerd")
        if line.get("CostCenter") is not None:
            self.one("hrm/Costcenters", line["CostCenter"], key="Code")
        computed = Decimal(str(line["AmountFC"])) * Decimal(str(code["Percentage"]))
        vat = line.get("VATAmountFC")
        vat = float(computed.quantize(CENT, rounding=ROUND_HALF_UP)) if vat is None else vat
        return {**line, "VATCode": code["Code"], "VATAmountFC": vat, "VATPercentage": code["Percentage"]}

    def _journal(self, code: str, types: set[int]) -> Row:
        journal = self.one("financial/Journals", code, key="Code")
        if journal["Type"] not in types or journal["IsBlocked"]:
            raise Fault(400, "Ongeldige referentie: Journals")
        return journal

    def _number(self, journal: str, day: date) -> int:
        """The default form of free numbers: YYJJ0001 (1.4 [E3])."""
        first = int(f"{day:%y}{int(journal):02}0000")
        there = [row["EntryNumber"] for row in self._numbered() if first < row["EntryNumber"] < first + 10000]
        return max(there, default=first) + 1

    def _numbered(self) -> list[Row]:
        return [*self.table("salesentry/SalesEntries"), *self.table("financialtransaction/BankEntries")]

    def change(self, entry: Row, given: Row) -> Row:
        """Changes the header; what that does to amounts is not documented, so that is not taken."""
        if given.keys() - {"Document", "Description", "PaymentReference", "YourRef", "DueDate"}:
            raise Fault(400, "Reeds verwerkt")
        self._linked(given)
        entry.update(given)
        return entry

    def _linked(self, given: Row) -> None:
        if given.get("Document") is not None:
            self.one("documents/Documents", given["Document"])

    def delete(self, entry: Row) -> None:
        """Refused once something was matched with it (what exactly forbids it is not documented)."""
        terms = self.terms_of(entry["EntryID"])
        if any(term["Status"] == MATCHED for term in terms):
            raise Fault(400, "Verwijderen is niet mogelijk: afgeletterd")
        for term in terms:
            self._remove(term)
        self.table("salesentry/SalesEntries").remove(entry)

    # --- terms ------------------------------------------------------------------------------------------------------

    def _term(self, **fields: Any) -> Row:
        term = self.add("sync/Cashflow/PaymentTerms", {"LineType": 20, "Status": OPEN, "IsFullyPaid": False, **fields})
        return self._touched(term)

    def _touched(self, row: Row) -> Row:
        """Every change gives a higher timestamp than any there is."""
        self._version += 1
        row["Timestamp"] = self._version
        return row

    def _term_of(self, entry: Row, account: Row, total: float) -> Row:
        return self._term(
            Account=account["ID"],
            AccountCode=account["Code"],
            AmountFC=self.sign * total,
            TransactionAmountFC=total,
            Currency=entry["Currency"],
            Description=entry.get("Description"),
            DueDate=entry["DueDate"],
            EntryNumber=entry["EntryNumber"],
            InvoiceNumber=entry["InvoiceNumber"],
            GLAccount=self.one("financial/GLAccounts", "1300", key="Code")["ID"],
            InvoiceDate=entry["EntryDate"],
            Journal=entry["Journal"],
            PaymentReference=entry.get("PaymentReference"),
            TransactionEntryID=entry["EntryID"],
            TransactionType=entry["Type"],
            YourRef=entry.get("YourRef"),
        )

    def terms_of(self, entry: str) -> list[Row]:
        return [term for term in self.table(RECEIVABLES) if term.get("TransactionEntryID") == entry]

    def _remove(self, term: Row) -> None:
        self.table("sync/Cashflow/PaymentTerms").remove(term)
        gone = {"EntityType": 10, "EntityKey": term["ID"], "DeletedDate": self._today()}
        self._touched(self.add("sync/Deleted", gone))

    # --- money ------------------------------------------------------------------------------------------------------

    def bank(self, given: Row) -> Row:
        """A bank entry; a line on a debtor is matched by itself only with an invoice of exactly its amount (1.6)."""
        self._journal(given["JournalCode"], {12})
        lines = given.pop("BankEntryLines")
        for line in lines:
            self.one("financial/GLAccounts", line["GLAccount"])
        day = lines[0].get("Date") or self._today()
        number = self._number(given["JournalCode"], day)
        entry = {"Currency": "EUR", **given, "EntryNumber": number, "Status": OPEN}
        made = self.add("financialtransaction/BankEntries", entry, key="EntryID")
        for place, line in enumerate(lines, 1):
            kept = {"Date": day, **line, "EntryID": made["EntryID"], "LineNumber": place, "EntryNumber": number}
            row = self.add("financialtransaction/BankEntryLines", kept)
            if row.get("Account") is not None:
                self._paid(made, row)
        return made

    def _paid(self, entry: Row, line: Row) -> Row:
        account = self.one("crm/Accounts", line["Account"])
        term = self._term(
            Account=account["ID"],
            AmountFC=-self.sign * line["AmountFC"],
            TransactionAmountFC=line["AmountFC"],
            AccountBankAccountNumber="NL91ABNA0417164300",
            Currency=entry["Currency"],
            Description=line.get("Description"),
            EntryNumber=entry["EntryNumber"],
            GLAccount=line["GLAccount"],
            InvoiceDate=line["Date"],
            InvoiceNumber=line.get("OurRef"),
            Journal=entry["JournalCode"],
            TransactionEntryID=entry["EntryID"],
            TransactionID=line["ID"],
            TransactionType=CASH_FLOW,
            YourRef=None,
        )
        same = [one for one in self._open_terms(account["ID"]) if one["AmountFC"] == -term["AmountFC"]]
        if len(same) == 1:
            self.match(term, same[0])
        return term

    def _open_terms(self, account: str) -> list[Row]:
        there = self.table(RECEIVABLES)
        return [one for one in there if one["Account"] == account and one["Status"] == OPEN]

    def match(self, paid: Row, owed: Row) -> None:
        """The bookkeeper matches a receipt, or a credit note, with an invoice; the larger of both is split."""
        covered = min(abs(Decimal(str(paid["AmountFC"]))), abs(Decimal(str(owed["AmountFC"]))))
        for term in (paid, owed):
            if rest := abs(Decimal(str(term["AmountFC"]))) - covered:
                signed = 1 if term["AmountFC"] > 0 else -1
                other = {name: value for name, value in term.items() if name not in {"ID", "_no", "Timestamp"}}
                self._term(**{**other, "AmountFC": float(signed * rest)})
                term["AmountFC"] = float(signed * covered)
            self._touched(term)
            term.update(Status=MATCHED, IsFullyPaid=True, LastPaymentDate=paid["InvoiceDate"])
        if paid["TransactionType"] == CASH_FLOW:
            paid["YourRef"] = owed["YourRef"]

    def unmatch(self, paid: Row, owed: Row) -> None:
        """The bookkeeper takes that back."""
        for term in (paid, owed):
            self._touched(term).update(Status=OPEN, IsFullyPaid=False, LastPaymentDate=None)
        paid["YourRef"] = None

    def undo(self, payment: str) -> None:
        """The bank entry is deleted, with everything that was matched by it."""
        paid = next(term for term in self.table(RECEIVABLES) if term["ID"] == payment)
        ours = [term for term in self.table(RECEIVABLES) if term["YourRef"] == paid["YourRef"]]
        owed = [term for term in ours if term["TransactionType"] != CASH_FLOW and term["Status"] == MATCHED]
        if owed:
            self.unmatch(paid, next(term for term in owed if term["AmountFC"] == -paid["AmountFC"]))
        for term in self.terms_of(paid["TransactionEntryID"]):
            self._remove(term)
