"""The settings of an import policy: the numbers of the rules, and a choice for every point where the rules are silent.

The rules R1–R8 and the silent points a–n are those of the published import conditions; ``fees`` applies them. Each
setting has the default of domain.md ("Import fees"). A policy document (JSON) holds only the settings that differ.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal, get_args

from billing_service.core import money
from billing_service.core.money import CENT_ROUNDINGS, CentRounding
from billing_service.core.tariff.reading import Fields
from billing_service.core.vat import VAT_CLASSES, VatClass
from billing_service.errors import FieldError, InvalidInput

SecondMoment = Literal["further_moment", "included"]
NewStructureAtFurtherMoment = Literal["instead_of_half", "on_top"]
NewStructureNotFree = Literal["quote", "fixed_price"]
SecondFeedback = Literal["refused", "free", "further_moment"]
ColumnsCounted = Literal["titled", "imported"]
OwnMistake = Literal["free", "moment"]
ChargedAt = Literal["delivered", "accepted"]
WebsiteAddedLater = Literal["counts", "ignored"]
SameStructure = Literal["exact", "any_order"]


@dataclass(frozen=True, slots=True)
class ImportPolicy:
    """One version of an administration's import policy. Amounts are without VAT; the letters are the silent points."""

    label: str = ""
    # R1, R3, R7, R8: the numbers
    most_columns_free: int = 30
    moments_with_website: int = 2
    moments_without_website: int = 1
    free_further_moment: Decimal = Decimal("90.00")
    free_new_structure: Decimal = Decimal("180.00")
    further_moment_percentage: Decimal = Decimal("50")
    new_structure_percentage: Decimal = Decimal("100")
    # the silent points
    second_moment_without_website: SecondMoment = "further_moment"  # a
    new_structure_restarts_moments: bool = False  # b
    new_structure_at_further_moment: NewStructureAtFurtherMoment = "instead_of_half"  # c
    feedback_after_new_structure: bool = True  # d
    new_structure_not_free: NewStructureNotFree = "quote"  # e
    quoted_stays_quoted: bool = True  # e, the reverse
    new_quote_sets_price: bool = False  # e: what a further moment costs after a quoted new structure
    feedback_after_further_moment: bool = False  # f
    second_feedback: SecondFeedback = "refused"  # g
    columns_counted: ColumnsCounted = "titled"  # h
    most_extra_fields: int | None = None  # h
    free_returns: int | None = None  # i: None means any number
    return_fee: Decimal = Decimal("0.00")  # i: of each return after the free ones
    own_mistake: OwnMistake = "free"  # j
    half_rounding: CentRounding = "half_up"  # k
    charged_at: ChargedAt = "delivered"  # l: the accepted quote's own price only
    quote_valid_days: int = 30  # l
    vat_class: VatClass = "standard"  # l
    revenue_group: str | None = None
    website_added_later: WebsiteAddedLater = "counts"  # m
    same_structure: SameStructure = "exact"  # n


@dataclass(frozen=True, slots=True)
class Setting:
    """What one setting may be. ``point`` is the letter of the silent point it decides, empty for a published number.

    ``kind`` amount: euros with at most 2 decimals; percentage: at most 2 decimals, up to 1000; whole: ``least`` to
    ``most``, where ``optional`` also null for "no limit"; choice: one of ``choices``; yes_no; text.
    """

    kind: Literal["amount", "percentage", "whole", "choice", "yes_no", "text"]
    point: str = ""
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 0
    optional: bool = False
    default: object = None


_MOST_PERCENT: Final = 1000
_SETTINGS: Final[dict[str, Setting]] = {
    "most_columns_free": Setting("whole", least=1, most=16384),
    "moments_with_website": Setting("whole", least=1, most=99),
    "moments_without_website": Setting("whole", least=1, most=99),
    "free_further_moment": Setting("amount"),
    "free_new_structure": Setting("amount"),
    "further_moment_percentage": Setting("percentage"),
    "new_structure_percentage": Setting("percentage"),
    "second_moment_without_website": Setting("choice", "a", get_args(SecondMoment)),
    "new_structure_restarts_moments": Setting("yes_no", "b"),
    "new_structure_at_further_moment": Setting("choice", "c", get_args(NewStructureAtFurtherMoment)),
    "feedback_after_new_structure": Setting("yes_no", "d"),
    "new_structure_not_free": Setting("choice", "e", get_args(NewStructureNotFree)),
    "quoted_stays_quoted": Setting("yes_no", "e"),
    "new_quote_sets_price": Setting("yes_no", "e"),
    "feedback_after_further_moment": Setting("yes_no", "f"),
    "second_feedback": Setting("choice", "g", get_args(SecondFeedback)),
    "columns_counted": Setting("choice", "h", get_args(ColumnsCounted)),
    "most_extra_fields": Setting("whole", "h", least=0, most=16384, optional=True),
    "free_returns": Setting("whole", "i", least=0, most=99, optional=True),
    "return_fee": Setting("amount", "i"),
    "own_mistake": Setting("choice", "j", get_args(OwnMistake)),
    "half_rounding": Setting("choice", "k", CENT_ROUNDINGS),
    "charged_at": Setting("choice", "l", get_args(ChargedAt)),
    "quote_valid_days": Setting("whole", "l", least=1, most=365),
    "vat_class": Setting("choice", "l", VAT_CLASSES),
    "revenue_group": Setting("text", optional=True),
    "website_added_later": Setting("choice", "m", get_args(WebsiteAddedLater)),
    "same_structure": Setting("choice", "n", get_args(SameStructure)),
}
_DEFAULTS: Final = ImportPolicy()
POLICY_SETTINGS: Final[dict[str, Setting]] = {
    name: dataclasses.replace(setting, default=getattr(_DEFAULTS, name)) for name, setting in _SETTINGS.items()
}


def parse_policy(document: Mapping[str, Any], label: str) -> ImportPolicy:
    """The policy that ``document`` describes: the defaults, but for the settings it names. ``label`` names the version.

    Raises ``InvalidInput`` with the JSON pointer of every wrong or unknown setting, all at once.
    """
    errors: list[FieldError] = []
    fields = Fields(dict(document), "", errors, POLICY_SETTINGS)
    values = {name: _read(fields, name, setting) for name, setting in POLICY_SETTINGS.items() if name in fields}
    if not errors:
        policy = ImportPolicy(label=label, **values)
        _check_together(policy, fields)
    if errors:
        raise InvalidInput(
            f"the import policy has {len(errors)} error{'s' if len(errors) > 1 else ''}", errors=tuple(errors)
        )
    return policy


def _read(fields: Fields, name: str, setting: Setting) -> Any:
    if setting.optional and fields.raw(name) is None:
        return None
    if setting.kind == "amount":
        return fields.number(name, money.amount)
    if setting.kind == "percentage":
        return _percentage(fields, name)
    if setting.kind == "whole":
        return fields.whole(name, setting.least, setting.most)
    if setting.kind == "choice":
        return fields.choice(name, setting.choices)
    return fields.yes_no(name) if setting.kind == "yes_no" else fields.text(name)


def _percentage(fields: Fields, name: str) -> Decimal | None:
    value = fields.number(name, money.to_decimal)
    if value is not None and value > _MOST_PERCENT:
        fields.fail(name, f"must be at most {_MOST_PERCENT}")
    return value


def _check_together(policy: ImportPolicy, fields: Fields) -> None:
    """Settings that contradict each other would quietly charge something else than their words say."""
    if policy.moments_with_website < policy.moments_without_website:
        fields.fail("moments_with_website", "must not be less than moments_without_website")
    if policy.return_fee and policy.free_returns is None:
        fields.fail("return_fee", "is never charged while free_returns is null: say how many returns are free")
