"""How much of an invoice a credit note takes back: never more than the invoice, per line, per VAT group and in all.

Credits of one invoice follow each other. Of a line a credit takes a quantity, minutes or an amount; of quantities and
minutes it takes the value of all credited so far minus what was taken, so that equal parts differ by a cent at most
and the one that completes the line takes the remaining cents. VAT goes the same way per (category, rate): the VAT of
all credited so far minus the VAT credited before. The credits of an invoice that is credited whole therefore add up
to it to the cent, in net and in VAT, in every group. Category and rate are those of the invoice, whatever the rates are
on the day of the credit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypeAlias

from billing_service.core.document import InvoiceDocument, Line, VatGroup, make_line, vat_groups
from billing_service.core.money import ZERO, line_amount, time_amount, vat_amount
from billing_service.errors import Conflict, FieldError, InvalidInput

Group: TypeAlias = tuple[str, Decimal | None]
"""VAT category and rate."""


class ExceedsInvoice(Conflict):
    """More than is left of the invoice would be credited."""

    code = "credit_exceeds_invoice"


class NothingToCredit(Conflict):
    """Everything was credited before, or the invoice has no amount."""

    code = "nothing_to_credit"


@dataclass(frozen=True, slots=True)
class Taken:
    """What credits took of one line."""

    amount: Decimal = ZERO
    quantity: Decimal = Decimal(0)
    minutes: int = 0

    def __add__(self, other: Taken) -> Taken:
        return Taken(self.amount + other.amount, self.quantity + other.quantity, self.minutes + other.minutes)


@dataclass(frozen=True, slots=True)
class Part:
    """What to credit of the invoice's line ``line``: a ``quantity``, ``minutes``, or an ``amount`` with the sign of the
    line; all that is left when none is given. ``detail`` replaces the small text under the description."""

    line: int
    quantity: Decimal | None = None
    minutes: int | None = None
    amount: Decimal | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class CreditedLine:
    """A line of the credit note, with the line of the invoice that it credits and what it takes of it."""

    line: Line
    credits_line: int
    taken: Taken


@dataclass(frozen=True, slots=True)
class Before:
    """What earlier credit notes took: by line, and their VAT by group."""

    lines: Mapping[int, Taken]
    tax: Mapping[Group, Decimal]

    def of(self, line: int) -> Taken:
        return self.lines.get(line, Taken())


def left_of(line: Line, taken: Taken) -> Decimal:
    """The amount of the line that is not credited yet."""
    return line.amount - taken.amount


def credit_lines(
    invoice: InvoiceDocument, before: Before, parts: Sequence[Part] | None = None
) -> tuple[CreditedLine, ...]:
    """The lines of the next credit note; without ``parts`` everything that is left.

    Raises:
        InvalidInput: a part names no line, a line twice, or a figure that the line does not have.
        ExceedsInvoice: more than is left of a line.
        NothingToCredit: nothing is left.
    """
    if parts is None:
        parts = [Part(line.number) for line in invoice.lines if left_of(line, before.of(line.number))]
    lines = {line.number: line for line in invoice.lines}
    found: list[CreditedLine] = []
    seen: set[int] = set()
    for at, part in enumerate(parts):
        if part.line not in lines or part.line in seen:
            raise _wrong(f"/lines/{at}/line", "is no line of the invoice, or stands there twice")
        seen.add(part.line)
        line, taken = lines[part.line], before.of(part.line)
        amount = _amount(line, taken, part, f"/lines/{at}")
        found.append(_credited(len(found) + 1, line, taken, part, amount))
    if not any(one.taken.amount for one in found):
        raise NothingToCredit("Nothing is left of this invoice to be credited.")
    return tuple(found)


def credit_vat(invoice: InvoiceDocument, before: Before, lines: Iterable[CreditedLine]) -> tuple[VatGroup, ...]:
    """The VAT groups of the credit note that follows ``before``.

    Raises:
        ExceedsInvoice: more than is left of a VAT group, or of the invoice as a whole.
    """
    of_line = {line.number: (line.vat_category, line.vat_rate) for line in invoice.lines}
    sums: dict[Group, Decimal] = {}
    for number, taken in before.lines.items():
        sums[of_line[number]] = sums.get(of_line[number], ZERO) + taken.amount
    wholes = {(group.category, group.rate): group for group in invoice.vat}
    net = gross = ZERO
    groups = []
    for group in vat_groups([one.line for one in lines]):
        key = (group.category, group.rate)
        whole, taxable = wholes[key], sums.get(key, ZERO) + group.taxable
        if not _within(taxable, whole.taxable):
            raise ExceedsInvoice(
                f"Of VAT group {group.category} {group.rate or ''} {whole.taxable - sums.get(key, ZERO)} is left;"
                f" {group.taxable} would be credited."
            )
        total = vat_amount(taxable, group.rate) if group.rate else ZERO
        groups.append(replace(group, tax=total - before.tax.get(key, ZERO)))
        net, gross = net + group.taxable, gross + groups[-1].taxable + groups[-1].tax
    credited = sum((taken.amount for taken in before.lines.values()), ZERO) + sum(before.tax.values(), ZERO)
    if gross < ZERO or not _within(credited + gross, invoice.totals.gross):
        left = invoice.totals.gross - credited
        raise ExceedsInvoice(f"Of the invoice {left} is left; {gross} would be credited.")
    return tuple(groups)


def _within(credited: Decimal, whole: Decimal) -> bool:
    return min(ZERO, whole) <= credited <= max(ZERO, whole)


def _amount(line: Line, taken: Taken, part: Part, pointer: str) -> Decimal:
    """What the part takes of the line, checked against what is left."""
    left = left_of(line, taken)
    given = [name for name in ("quantity", "minutes", "amount") if getattr(part, name) is not None]
    if len(given) > 1:
        raise _wrong(f"{pointer}/{given[1]}", "give a quantity, minutes or an amount, not two of them")
    if part.amount is not None:
        amount, pointer = part.amount, f"{pointer}/amount"
        if amount == ZERO or (amount < ZERO) != (line.amount < ZERO):
            raise _wrong(pointer, "has another sign than the line")
    elif part.quantity is not None:
        amount, pointer = _by_quantity(line, taken, part.quantity, f"{pointer}/quantity"), f"{pointer}/quantity"
    elif part.minutes is not None:
        amount, pointer = _by_minutes(line, taken, part.minutes, f"{pointer}/minutes"), f"{pointer}/minutes"
    else:
        amount = left
    if not _within(taken.amount + amount, line.amount):
        problem = f"credits {amount}, of which {left} is left on line {line.number}"
        raise ExceedsInvoice(f"Line {line.number}: {problem}.", errors=[FieldError(pointer, problem)])
    return amount


def _by_quantity(line: Line, taken: Taken, quantity: Decimal, pointer: str) -> Decimal:
    if line.quantity is None or line.unit_price is None:
        raise _wrong(pointer, "the line has no quantity with a price: give an amount")
    if quantity == 0 or (quantity < 0) != (line.quantity < 0):
        raise _wrong(pointer, "has another sign than the quantity of the line")
    total = taken.quantity + quantity
    if abs(total) > abs(line.quantity):
        raise _too_much(pointer, line, line.quantity - taken.quantity)
    if total == line.quantity:
        return left_of(line, taken)
    return line_amount(total, line.unit_price) - line_amount(taken.quantity, line.unit_price)


def _by_minutes(line: Line, taken: Taken, minutes: int, pointer: str) -> Decimal:
    if line.minutes is None or line.unit_price is None:
        raise _wrong(pointer, "the line has no minutes with a price: give an amount")
    if minutes <= 0:
        raise _wrong(pointer, "must be more than nothing")
    total = taken.minutes + minutes
    if total > line.minutes:
        raise _too_much(pointer, line, line.minutes - taken.minutes)
    if total == line.minutes:
        return left_of(line, taken)
    return time_amount(total, line.unit_price) - time_amount(taken.minutes, line.unit_price)


def _credited(number: int, line: Line, taken: Taken, part: Part, amount: Decimal) -> CreditedLine:
    """The printed line: by quantity or time where its figures multiply out to the amount, else a plain amount."""
    quantity, minutes = part.quantity, part.minutes
    if amount == left_of(line, taken):  # also said as an amount: the line is credited whole now
        quantity = None if line.quantity is None or line.included else line.quantity - taken.quantity
        minutes = None if line.minutes is None or line.included else line.minutes - taken.minutes
    figures: list[dict[str, Any]] = [{"minutes": minutes}] if minutes else []
    figures += [{"quantity": quantity, "unit": line.unit or "C62"}] if quantity else []
    printed = _line(number, line, part, amount=amount)
    for by in figures if line.unit_price is not None else []:
        multiplied = _line(number, line, part, unit_price=line.unit_price, **by)
        printed = multiplied if multiplied.amount == amount else printed
    return CreditedLine(printed, line.number, Taken(amount, quantity or Decimal(0), minutes or 0))


def _line(number: int, line: Line, part: Part, **figures: Any) -> Line:
    return make_line(
        number,
        line.description,
        detail=part.detail or line.detail,
        vat_category=line.vat_category,
        vat_rate=line.vat_rate,
        vat_text=line.vat_text,
        revenue_group=line.revenue_group,
        **figures,
    )


def _wrong(pointer: str, problem: str) -> InvalidInput:
    return InvalidInput(f"The credit cannot be made: {pointer} {problem}.", errors=[FieldError(pointer, problem)])


def _too_much(pointer: str, line: Line, left: Decimal | int) -> ExceedsInvoice:
    problem = f"is more than the {left} that is left of line {line.number}"
    return ExceedsInvoice(f"The credit {problem}.", errors=[FieldError(pointer, problem)])
