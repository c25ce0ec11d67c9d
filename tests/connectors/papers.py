"""Documents and customers for the suite, and the service's part of a push: look, next step, again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from connectors.base import (
    Address,
    Attachment,
    Choice,
    Connector,
    Customer,
    Document,
    Kind,
    Line,
    Lists,
    Outcome,
    OutcomeUnknown,
    RemoteDocument,
    Rounding,
    Step,
    TryAgainLater,
    VatCategory,
    VatGroup,
    cents,
    next_step,
)
from tests.connectors.stages.stage import Stage

CUSTOMER = Customer(
    code="2001",
    name="Vereniging De Eik",
    address=Address("Kerkstraat 1", "1234 AB", "Utrecht"),
    email="administratie@eik.example",
    vat_number="NL001234567B01",
    kvk_number="12345678",
)
PDF = Attachment("20260101.pdf", "application/pdf", b"%PDF-1.7 " + bytes(range(256)))
VAT_KINDS: dict[str, tuple[VatCategory, str]] = {
    "standard": ("S", "21"),
    "reduced": ("S", "9"),
    "zero": ("Z", "0"),
    "exempt": ("E", "0"),
    "reverse charge": ("AE", "0"),
    "outside": ("O", "0"),
}


@lru_cache(maxsize=4)
def lists_of(connector: Connector) -> Lists:
    """Read once for each connector: what a mapping points to does not change while a test runs."""
    return connector.lists()


def vat_code(connector: Connector, kind: str) -> Choice:
    """What a bookkeeper maps this kind to; a package that does not tell categories has any code of its rate."""
    category, rate = VAT_KINDS[kind]
    codes = [one for one in lists_of(connector).vat_codes if one.active and one.rate == Decimal(rate)]
    told = [one for one in codes if one.category == category]
    return (told or [one for one in codes if one.category is None])[0]


def line(connector: Connector, amount: str, kind: str = "standard", **more: object) -> Line:
    code = vat_code(connector, kind)
    account = next(one for one in lists_of(connector).ledger_accounts if one.active)
    category, rate = VAT_KINDS[kind]
    made = Line("Hulp bij de ledenadministratie", Decimal(amount), code.id, category, Decimal(rate), account.id)
    return replace(made, **more)  # type: ignore[arg-type]


def document(connector: Connector, number: str, *lines: Line, **more: object) -> Document:
    groups: dict[str, list[Line]] = {}
    for one in lines:
        groups.setdefault(one.vat_code, []).append(one)
    vat = []
    for code, members in groups.items():
        taxable = sum((one.amount for one in members), Decimal())
        vat.append(VatGroup(code, taxable, cents(taxable * members[0].vat_rate / 100)))
    net, tax = sum((one.amount for one in lines), Decimal()), sum((one.tax for one in vat), Decimal())
    lists = lists_of(connector)
    made = Document(
        kind=Kind.INVOICE,
        number=number,
        customer="",
        issue_date=date(2026, 9, 1),
        due_date=date(2026, 9, 30),
        currency="EUR",
        lines=lines,
        vat=tuple(vat),
        net=net,
        tax=tax,
        total=net + tax,
        reference=number,
        journal=lists.journals[0].id if lists.journals else None,
        rounding=Rounding(lists.ledger_accounts[-1].id, vat_code(connector, "outside").id, "Afronding btw"),
    )
    if "customer" not in more:
        more["customer"] = customer_id(connector)
    return replace(made, **more)  # type: ignore[arg-type]


def customer_id(connector: Connector) -> str:
    found = connector.find_customer(CUSTOMER.code)
    if found.outcome is Outcome.ONE:
        return found.items[0].id
    return connector.upsert_customer(CUSTOMER, key="customer-2001").id


def invoice(connector: Connector, number: str = "20260101", **more: object) -> Document:
    """The invoice of the reference: 2 × 50.00 and 1 × 50.00 at 21 %, 181.50."""
    first = line(connector, "100.00", quantity=Decimal(2), unit_price=Decimal("50.00"))
    return document(connector, number, first, line(connector, "50.00"), **more)


class NeedsAPerson(Exception):
    """What broke off cannot be looked up, or is there several times: no machine may go on."""


@dataclass
class Delivery:
    """What the service does with one document, one step at a time; ``remote`` is all that it has recorded."""

    stage: Stage
    connector: Connector
    document: Document
    file: Attachment | None = PDF
    key: str = "delivery-1"
    remote: RemoteDocument | None = None
    attached: bool = False
    unsure: bool = False
    looks: int = 0

    def step(self) -> Step:
        """Looks if an earlier attempt may have come through, then takes the next step."""
        if self.unsure:
            self._look()
        capable = self.connector.capabilities
        file = self.file if capable.attachments.value else None
        step = next_step(capable, self.remote, attachment=file and file.name, attached=self.attached)
        self.unsure = True
        if step is Step.CREATE:
            self.remote = self.connector.create_document(self.document, key=self.key)
        elif step is Step.ATTACH:
            assert file is not None
            assert self.remote is not None
            self.connector.attach(self.remote.id, file, key=self.key)
            self.attached = True
            self.remote = self.connector.read_document(self.remote.id)
        elif step is Step.POST:
            assert self.remote is not None
            self.remote = self.connector.post(self.remote.id)
        self.unsure = False
        return step

    def _look(self) -> None:
        self.looks += 1
        self.stage.advance(self.connector.capabilities.settle.value)
        if self.remote is not None:
            self.remote = self.connector.read_document(self.remote.id)
            return
        found = self.connector.find_document(self.document.kind, self.document.number, customer=self.document.customer)
        if found.outcome in {Outcome.SEVERAL, Outcome.CANNOT_SEARCH}:
            raise NeedsAPerson(found.outcome)
        self.remote = found.items[0] if found.items else None

    def finish(self) -> RemoteDocument:
        """Until it is done, however often a step's outcome stays unknown."""
        for _ in range(20):
            try:
                if self.step() is Step.DONE:
                    assert self.remote is not None
                    return self.remote
            except (OutcomeUnknown, TryAgainLater):
                continue
        raise AssertionError("it never came to an end")
