"""Subscriptions over HTTP."""

from __future__ import annotations

from decimal import Decimal

from marshmallow import fields

from billing_service.api.glue import (
    Amount,
    Choice,
    Code,
    Flag,
    Identifier,
    InputSchema,
    Instant,
    IsoDate,
    ListOf,
    MoneyField,
    Nested,
    OutputSchema,
    PageQuery,
    Text_,
)
from billing_service.api.schemas.common import VersionedOut
from billing_service.api.schemas.decisions import DescriptionSchema, LanguageQuery
from billing_service.core.subscriptions import ANCHORS, PERIODS, POLICIES, TIMINGS
from billing_service.core.vat import VAT_CLASSES

_ZERO = Decimal(0)
_PRICE_DIGITS, _QUANTITY_DIGITS, _PERCENT_DIGITS = 8, 6, 3
MOST_CONTRACTS = 10_000


def _amount(example: str | None) -> Amount:
    said = {"description": "Of one piece, for one period, without VAT.", "example": example}
    return Amount(places=4, minimum=_ZERO, integer_digits=_PRICE_DIGITS, allow_none=True, metadata=said)


def _rate(description: str) -> Amount:
    said = {"description": description, "example": None}
    return Amount(places=4, minimum=_ZERO, integer_digits=_PERCENT_DIGITS, allow_none=True, metadata=said)


class SubscriptionPriceIn(InputSchema):
    """One of them: an amount a period, or a percentage or per mille a year of an investment."""

    amount = _amount("30.00")
    percentage = _rate("A year, of the investment; the periods of a year share it.")
    per_mille = _rate("The same, per thousand.")
    investment = MoneyField(metadata={"description": "What a percentage or per mille is of."})


def _quantity() -> Amount:
    return Amount(
        places=4,
        minimum=_ZERO,
        integer_digits=_QUANTITY_DIGITS,
        metadata={"description": "How many pieces. Default 1.", "example": "1"},
    )


def _policy(which: str) -> Choice:
    said = f"What the {which} period costs where it is covered in part. Default days."
    return Choice(*POLICIES, metadata={"description": said})


_LABEL = {"description": "What several can be found and indexed together by.", "example": "financial-app"}


class SubscriptionIn(InputSchema):
    contract_id = Identifier(required=True)
    title = Nested(DescriptionSchema, required=True, metadata={"description": "What the lines say."})
    starts_on = IsoDate(required=True, metadata={"description": "Within the contract.", "example": "2026-03-01"})
    ends_on = IsoDate(
        allow_none=True,
        metadata={
            "description": "The last day; null: goes on. It ends with the contract at the latest.",
            "example": "2098-12-31",
        },
    )
    price = Nested(
        SubscriptionPriceIn,
        required=True,
        metadata={"description": "Of a period.", "example": {"amount": "30.00"}},
    )
    quantity = _quantity()
    once_amount = MoneyField(
        allow_none=True,
        metadata={
            "description": "Charged once, on starts_on, without VAT.",
            "example": {"amount": "300.00", "currency": "EUR"},
        },
    )
    period = Choice(*PERIODS, metadata={"description": "Default month."})
    anchor = Choice(
        *ANCHORS,
        metadata={"description": "Whether periods follow the calendar (default) or begin on the day of the start."},
    )
    timing = Choice(
        *TIMINGS, metadata={"description": "Charged on the first day of a period (default) or on its last."}
    )
    first_policy = _policy("first")
    last_policy = _policy("last")
    vat_class = Choice(*VAT_CLASSES, metadata={"description": "Default standard."})
    revenue_group = Text_(max_length=100, allow_none=True)
    label = Code(allow_none=True, metadata=_LABEL)


class SubscriptionPatch(InputSchema):
    """What is charged from now on says the new texts."""

    title = Nested(DescriptionSchema)
    label = Code(allow_none=True, metadata=_LABEL)
    revenue_group = Text_(max_length=100, allow_none=True)


class SubscriptionTermIn(SubscriptionPriceIn):
    """Another price, an indexation or another quantity."""

    valid_from = IsoDate(
        required=True,
        metadata={"description": "It holds from the first period that begins then.", "example": "2098-01-01"},
    )
    amount = _amount(None)
    index = Amount(
        places=4,
        allow_none=True,
        integer_digits=_PERCENT_DIGITS,
        metadata={"description": "Per cent that the price, or the investment, rises.", "example": "2.5"},
    )
    quantity = _quantity()


class SubscriptionEndIn(InputSchema):
    ends_on = IsoDate(
        required=True,
        allow_none=True,
        metadata={"description": "The last day, earlier or later than before; null: goes on.", "example": "2098-12-31"},
    )


class SubscriptionPriceOut(OutputSchema):
    amount = Amount(places=4, required=True, allow_none=True)
    percentage = Amount(places=4, required=True, allow_none=True)
    per_mille = Amount(places=4, required=True, allow_none=True)
    investment = MoneyField(required=True, allow_none=True)
    a_year = MoneyField(required=True, allow_none=True, metadata={"description": "Of a part of an investment."})
    quantity = Amount(places=4, required=True)


class SubscriptionTermOut(OutputSchema):
    valid_from = IsoDate(required=True)
    kind = fields.String(required=True, metadata={"description": "amount, percentage, per_mille, index or quantity"})
    value = Amount(places=4, required=True)
    base = MoneyField(required=True, allow_none=True, metadata={"description": "The investment."})
    actor = fields.String(required=True, metadata={"description": "Who recorded it."})
    created_at = Instant(required=True)


class SubscriptionOut(VersionedOut):
    contract_id = fields.UUID(required=True)
    title = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    label = fields.String(required=True, allow_none=True)
    state = fields.String(required=True, metadata={"description": "to_begin, active, ended or cancelled, today."})
    starts_on = IsoDate(required=True)
    ends_on = IsoDate(required=True, allow_none=True)
    once_amount = MoneyField(required=True, allow_none=True)
    period = fields.String(required=True)
    anchor = fields.String(required=True)
    timing = fields.String(required=True)
    first_policy = fields.String(required=True)
    last_policy = fields.String(required=True)
    vat_class = fields.String(required=True)
    revenue_group = fields.String(required=True, allow_none=True)
    cancelled_at = Instant(required=True, allow_none=True)
    billed_until = IsoDate(
        required=True, allow_none=True, metadata={"description": "The last day of the last period that was billed."}
    )
    next_due = IsoDate(
        required=True, allow_none=True, metadata={"description": "The date of the next charge; null: none to come."}
    )
    price = fields.Nested(
        SubscriptionPriceOut, required=True, metadata={"description": "In force today, or at the start."}
    )
    terms = fields.List(fields.Nested(SubscriptionTermOut), required=True)


class BilledPeriodOut(OutputSchema):
    part = fields.String(required=True, metadata={"description": "once or periodic"})
    first_day = IsoDate(required=True)
    last_day = IsoDate(required=True, metadata={"description": "Where it ended when this was charged."})
    correction = fields.Boolean(required=True, metadata={"description": "Of what was charged for it before."})
    date = IsoDate(required=True, allow_none=True)
    amount = MoneyField(required=True, allow_none=True, metadata={"description": "Null: it cost nothing."})
    charge_id = fields.UUID(required=True, allow_none=True)
    state = fields.String(required=True, allow_none=True, metadata={"description": "Of the charge."})
    invoice_id = fields.UUID(required=True, allow_none=True)


class UpcomingPeriodOut(OutputSchema):
    part = fields.String(required=True)
    first_day = IsoDate(required=True)
    last_day = IsoDate(required=True)
    date = IsoDate(required=True, metadata={"description": "When it is charged."})
    amount = MoneyField(required=True)
    sentences = fields.List(fields.String(), required=True, metadata={"description": "How it comes to its amount."})


class WholeSubscriptionOut(SubscriptionOut):
    billed = fields.List(fields.Nested(BilledPeriodOut), required=True)
    upcoming = fields.List(
        fields.Nested(UpcomingPeriodOut), required=True, metadata={"description": "The next twelve."}
    )


class SubscriptionQuery(PageQuery):
    contract_id = Identifier()
    customer_id = Identifier()
    label = Code()
    due_until = IsoDate(metadata={"description": "Only those with a charge to come up to this day."})


class UpcomingQuery(LanguageQuery):
    until = IsoDate(metadata={"description": "Ten years ahead at most; default a year.", "example": "2027-12-31"})


class UpcomingOut(OutputSchema):
    upcoming = fields.List(fields.Nested(UpcomingPeriodOut), required=True)
    total = MoneyField(required=True, metadata={"description": "Of all of these, without VAT."})


class IndexIn(InputSchema):
    """All limits hold together."""

    valid_from = IsoDate(
        required=True,
        metadata={"description": "Only those that began before it and run on it.", "example": "2027-01-01"},
    )
    percentage = Amount(
        required=True, places=4, integer_digits=_PERCENT_DIGITS, metadata={"description": "Rise.", "example": "2.5"}
    )
    label = Code(metadata=_LABEL)
    title = Text_(
        max_length=500, metadata={"description": "The whole title, Dutch or English.", "example": "Onderhoud"}
    )
    contract_ids = ListOf(
        Identifier(),
        min_items=1,
        max_items=MOST_CONTRACTS,
        metadata={"description": "Only those of these contracts."},
    )


class IndexedOut(OutputSchema):
    subscription_id = fields.UUID(required=True)
    contract = fields.String(required=True)
    title = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    label = fields.String(required=True, allow_none=True)
    before = Amount(places=4, required=True, metadata={"description": "The price of a period, or the investment."})
    after = Amount(places=4, required=True)
    skipped = Flag(required=True, metadata={"description": "It was indexed from that very day before, and stays."})
    billed = Flag(
        required=True,
        metadata={"description": "Billed beyond that day: open charges follow, what is on a document gets a finding."},
    )


class IndexOut(OutputSchema):
    indexed = fields.Integer(required=True)
    skipped = fields.Integer(required=True)
    subscriptions = fields.List(fields.Nested(IndexedOut), required=True)
