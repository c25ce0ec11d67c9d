"""Service reports over HTTP."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from billing_service.api.glue import (
    Amount,
    Choice,
    Flag,
    Identifier,
    InputSchema,
    Instant,
    IsoDate,
    MoneyField,
    OutputSchema,
)
from billing_service.api.schemas.common import LANGUAGES
from billing_service.core.service_report import AUDIENCES


def _about(text: str) -> dict[str, Any]:
    return {"metadata": {"description": text}}


class ServiceReportQuery(InputSchema):
    contract_id = Identifier(
        metadata={
            "description": "About this contract; else customer_id.",
            "example": "01993b6c-8f00-7000-8000-000000000001",
        }
    )
    customer_id = Identifier(**_about("About all contracts of this customer, unless contract_id names one."))
    organisation_id = Identifier(**_about("Only questions of this organisation; the report for askers needs it."))
    date_from = IsoDate(required=True, **_about("The first day of the period."))
    date_until = IsoDate(required=True, **_about("The last day of the period, itself included."))
    audience = Choice(
        *AUDIENCES,
        **_about(
            "Who reads it; default customer. system_owner needs a contract that names one; asker shows one "
            "organisation its own questions only."
        ),
    )
    amounts = Flag(**_about("Whether the reader sees money; default true, for askers false."))
    explain = Flag(**_about("With the explanation of every decision; only where amounts are shown. Default false."))
    language = Choice(*LANGUAGES, **_about("Of words and explanations; default nl."))


class ServiceReportIn(ServiceReportQuery):
    format = Choice("xlsx", "csv", "pdf", **_about("Of the file; default xlsx."))
    decimal = Choice("comma", "point", **_about("CSV: comma (semicolons, for Dutch Excel; default) or point."))


class ServiceReportCsvQuery(ServiceReportQuery):
    decimal = Choice("comma", "point", **_about("comma (semicolons, for Dutch Excel; default) or point."))


class TimingOut(OutputSchema):
    minutes = fields.Integer(
        required=True, allow_none=True, **_about("Working time; null: it has not happened, or nobody noted it.")
    )
    agreed_hours = fields.Integer(required=True, allow_none=True)
    within = fields.Boolean(
        required=True, allow_none=True, **_about("Null: nothing was agreed, or it cannot be told yet.")
    )


class ServiceReportQuestionOut(OutputSchema):
    question_id = fields.UUID(required=True)
    source = fields.String(required=True)
    external_id = fields.String(required=True)
    contract = fields.String(required=True, **_about("Its reference."))
    organisation = fields.String(required=True, allow_none=True)
    asker = fields.String(required=True, allow_none=True)
    subject = fields.String(required=True)
    solution_summary = fields.String(required=True, allow_none=True)
    channel = fields.String(required=True, allow_none=True)
    state = fields.String(required=True, **_about("At the end of the period: closed or open."))
    opened_at = Instant(required=True)
    picked_up_at = Instant(required=True, allow_none=True)
    solved_at = Instant(required=True, allow_none=True, **_about("Of the answer, else of closing."))
    closed_at = Instant(required=True, allow_none=True)
    raw_minutes = fields.Integer(required=True)
    corrected_minutes = fields.Integer(required=True, allow_none=True)
    billed_minutes = fields.Integer(required=True, allow_none=True)
    drawn_minutes = fields.Integer(required=True, **_about("Of prepaid time."))
    drawn_from = fields.List(fields.String(), required=True, **_about("Cards and allowances, in that language."))
    decision = fields.String(
        required=True, allow_none=True, **_about("The disposition; needs_decision or blocked; null while open.")
    )
    amount = MoneyField(required=True, allow_none=True)
    waived_value = MoneyField(required=True, allow_none=True, **_about("What was written off."))
    pickup = fields.Nested(TimingOut, required=True)
    solve = fields.Nested(TimingOut, required=True)
    within_one_working_day = fields.Boolean(required=True, allow_none=True)
    explanation = fields.List(fields.String(), required=True, allow_none=True)


class ShareOut(OutputSchema):
    within = fields.Integer(required=True)
    of = fields.Integer(required=True)
    percentage = Amount(
        places=1, required=True, allow_none=True, **_about("One decimal, cut off; null of no questions.")
    )


class SumOut(OutputSchema):
    what = fields.String(required=True, allow_none=True, **_about("Null: nobody noted it."))
    questions = fields.Integer(required=True)
    raw_minutes = fields.Integer(required=True)
    billed_minutes = fields.Integer(required=True)
    amount = MoneyField(required=True, allow_none=True)


class ReportContractOut(OutputSchema):
    reference = fields.String(required=True)
    title = fields.String(required=True)
    pickup_hours = fields.Integer(required=True, allow_none=True)
    solve_hours = fields.Integer(required=True, allow_none=True)


class ServiceReportTotalsOut(OutputSchema):
    closed = fields.Nested(SumOut, required=True)
    open = fields.Integer(required=True, **_about("Opened in the period and open at its end."))
    open_late = fields.Integer(required=True, **_about("Of these: for longer than the agreed time to solve."))
    picked_up = fields.Nested(ShareOut, required=True, **_about("Of closed ones with agreed hours and noted pick-up."))
    pickup_unknown = fields.Integer(required=True, **_about("Closed ones without a noted pick-up."))
    solved = fields.Nested(ShareOut, required=True, **_about("Of closed ones with agreed hours."))
    one_working_day = fields.Nested(ShareOut, required=True, **_about("Of all closed ones."))
    dispositions = fields.List(fields.Nested(SumOut), required=True)
    channels = fields.List(fields.Nested(SumOut), required=True)
    subjects = fields.List(fields.Nested(SumOut), required=True, **_about("The 100 most asked."))
    other_subjects = fields.Nested(SumOut, required=True)
    waived_questions = fields.Integer(required=True)
    waived_value = MoneyField(required=True, allow_none=True)
    drawn_questions = fields.Integer(required=True)
    drawn_minutes = fields.Integer(required=True)


class ServiceReportHeaderOut(OutputSchema):
    audience = fields.String(required=True)
    reader = fields.String(required=True)
    customer_name = fields.String(required=True)
    customer_number = fields.String(required=True)
    contracts = fields.List(fields.Nested(ReportContractOut), required=True)
    organisation = fields.String(required=True, allow_none=True)
    date_from = IsoDate(required=True)
    date_until = IsoDate(required=True)
    made_at = Instant(required=True)
    amounts = fields.Boolean(required=True)
    service_hours = fields.String(required=True, **_about("On working days, in Amsterdam."))


class ServiceReportOut(OutputSchema):
    report = fields.Nested(ServiceReportHeaderOut, required=True)
    questions = fields.List(fields.Nested(ServiceReportQuestionOut), required=True)
    totals = fields.Nested(ServiceReportTotalsOut, required=True)
