"""Reconciliations with an accounting package over HTTP."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import fields

from billing_service.api.glue import (
    Choice,
    Identifier,
    InputSchema,
    Instant,
    IsoDate,
    MoneyField,
    OutputSchema,
    PageQuery,
)
from billing_service.api.schemas.common import LANGUAGES
from billing_service.api.schemas.exports import WrittenSchema
from billing_service.api.schemas.watching import WordingOut
from billing_service.core.reconciling import Class, Repair

CLASSES: Final = tuple(str(one) for one in Class)
REPAIRS: Final = tuple(str(one) for one in Repair)


def _about(text: str) -> dict[str, Any]:
    return {"metadata": {"description": text}}


class GroupAmountsOut(OutputSchema):
    taxable = MoneyField(required=True)
    tax = MoneyField(required=True)


class VatGroupOut(OutputSchema):
    group = fields.String(
        required=True,
        **_about("Category and rate as in a mapping (`S:21`, `AE`), or the package's code where nobody can tell."),
    )
    ours = fields.Nested(GroupAmountsOut, required=True, allow_none=True)
    theirs = fields.Nested(
        GroupAmountsOut, required=True, allow_none=True, **_about("null: the package's lists do not tell it.")
    )


class ReconciliationOut(OutputSchema):
    id = fields.UUID(required=True)
    connection_id = fields.UUID(required=True)
    job_id = fields.UUID(required=True)
    agrees = fields.Boolean(required=True, **_about("Nothing differs but what goes by itself."))
    since = IsoDate(required=True, **_about("Documents from this day on were compared."))
    started_at = Instant(required=True, **_about("When reading the package began."))
    created_at = Instant(required=True)
    documents_ours = fields.Integer(required=True)
    documents_theirs = fields.Integer(required=True, **_about("Those that count in the books there."))
    total_ours = MoneyField(required=True, **_about("Including VAT; credit notes count as less."))
    total_theirs = MoneyField(required=True)
    open_ours = MoneyField(required=True)
    open_theirs = MoneyField(required=True)
    unexplained = MoneyField(required=True, **_about("What is left of the totals' difference after every difference."))
    unexplained_open = MoneyField(required=True)
    vat = fields.List(fields.Nested(VatGroupOut), required=True)
    classes = fields.Dict(
        keys=fields.String(), values=fields.Integer(), required=True, **_about("How many differences of each class.")
    )
    differences = fields.Integer(required=True)
    on_their_way = fields.Integer(required=True, **_about("How many of these go by themselves."))
    digest = fields.String(required=True, **_about("SHA-256 that names exactly what was compared."))


class ReconciliationQuery(PageQuery):
    connection_id = Identifier()
    made_from = IsoDate(**_about("Made on this day or later."))


class DifferingFieldOut(OutputSchema):
    name = fields.String(required=True)
    ours = fields.String(required=True)
    theirs = fields.String(required=True)


_Difference = OutputSchema.from_dict({"class": fields.String(required=True, metadata={"enum": list(CLASSES)})})


class ReconciliationDifferenceOut(_Difference):  # type: ignore[misc,valid-type]
    id = fields.UUID(required=True)
    repair = fields.String(required=True, metadata={"enum": list(REPAIRS), "description": "What is proposed."})
    number = fields.String(required=True, allow_none=True)
    document_id = fields.UUID(required=True, allow_none=True, **_about("Our invoice or credit note."))
    remote_id = fields.String(required=True, allow_none=True, **_about("Its id there."))
    amount = MoneyField(required=True, **_about("By how much it makes their total larger."))
    open = MoneyField(required=True, **_about("By how much it makes their open amounts larger."))
    fields_ = fields.List(
        fields.Nested(DifferingFieldOut),
        required=True,
        attribute="fields",
        data_key="fields",
        **_about("What differs."),
    )
    problem = fields.Nested(WordingOut, required=True)
    next_action = fields.Nested(WordingOut, required=True)


_Filter = PageQuery.from_dict({"class": Choice(*CLASSES)})


class DifferenceQuery(_Filter):  # type: ignore[misc,valid-type]
    pass


class ReconciliationCsvQuery(WrittenSchema):
    pass


class ReconciliationPdfQuery(InputSchema):
    language = Choice(*LANGUAGES, **_about("Default nl."))
