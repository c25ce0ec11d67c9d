"""What an administration asks for consults, and from which facts one is proposed to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from billing_service.core.calendar import PERIOD_KINDS, PeriodKind
from billing_service.core.consult.pricing import ConsultPricing, read_pricing
from billing_service.core.tariff.reading import Fields
from billing_service.core.vat import VAT_CLASSES, VatClass
from billing_service.errors import FieldError, InvalidInput

Per = Literal["contract", "organisation"]

_PERS: Final[tuple[Per, ...]] = get_args(Per)
_MOST_WORDS: Final = 20
_MOST_CONTRACTS: Final = 1_000
_KNOWN: Final = (
    "import_not_one_dimensional",
    "many_questions",
    "several_administrations",
    "urgent",
    "urgent_days",
    "pricing",
    "contracts",
    "vat_class",
    "revenue_group",
)


@dataclass(frozen=True, slots=True)
class ManyQuestions:
    """Propose where more than ``more_than`` questions were asked in one period, counted per contract or per
    organisation of the askers under it."""

    more_than: int = 10
    period: PeriodKind = "calendar_month"
    per: Per = "contract"


@dataclass(frozen=True, slots=True)
class ConsultPolicy:
    """The settings; None or empty switches a rule off.

    ``several_administrations``: propose where a contract covers at least so many organisations. ``urgent``: propose
    for a question with one of these urgencies, asked at most ``urgent_days`` ago. ``pricing`` is what a consult costs
    unless it says otherwise, ``contracts`` the same by the reference of a contract, which goes first.
    """

    import_not_one_dimensional: bool = True
    many_questions: ManyQuestions | None = ManyQuestions()
    several_administrations: int | None = 2
    urgent: tuple[str, ...] = ("urgent", "spoed")
    urgent_days: int = 31
    pricing: ConsultPricing | None = None
    contracts: Mapping[str, ConsultPricing] = field(default_factory=dict)
    vat_class: VatClass = "standard"
    revenue_group: str | None = None

    def pricing_for(self, contract: str) -> ConsultPricing | None:
        """What a consult under the contract with this reference costs, where nothing else was said."""
        return self.contracts.get(contract, self.pricing)

    def to_plain(self) -> dict[str, Any]:
        """As ``parse_policy`` reads it, every setting said."""
        many = self.many_questions
        return {
            "import_not_one_dimensional": self.import_not_one_dimensional,
            "many_questions": many and {"more_than": many.more_than, "period": many.period, "per": many.per},
            "several_administrations": self.several_administrations,
            "urgent": list(self.urgent),
            "urgent_days": self.urgent_days,
            "pricing": self.pricing and self.pricing.to_plain(),
            "contracts": {reference: pricing.to_plain() for reference, pricing in self.contracts.items()},
            "vat_class": self.vat_class,
            "revenue_group": self.revenue_group,
        }


_DEFAULTS: Final = ConsultPolicy()


def parse_policy(document: Mapping[str, Any], pointer: str = "") -> ConsultPolicy:
    """The policy that ``document`` (JSON) says: the defaults, but for the settings it names.

    Raises ``InvalidInput`` with a pointer for everything wrong, all at once.
    """
    errors: list[FieldError] = []
    fields = Fields(dict(document), pointer, errors, _KNOWN)
    imports = fields.yes_no("import_not_one_dimensional")
    policy = ConsultPolicy(
        import_not_one_dimensional=_DEFAULTS.import_not_one_dimensional if imports is None else imports,
        many_questions=_many_questions(fields),
        several_administrations=_at_least(fields),
        urgent=_urgent(fields),
        urgent_days=fields.whole("urgent_days", 1, 366, _DEFAULTS.urgent_days) or _DEFAULTS.urgent_days,
        pricing=None
        if fields.raw("pricing") is None
        else read_pricing(fields.raw("pricing"), fields.at("pricing"), errors),
        contracts=_contracts(fields, errors),
        vat_class=fields.choice("vat_class", VAT_CLASSES, _DEFAULTS.vat_class),
        revenue_group=None if fields.raw("revenue_group") is None else fields.text("revenue_group"),
    )
    if errors:
        raise InvalidInput("The consult policy cannot be right.", errors=errors)
    return policy


def _many_questions(fields: Fields) -> ManyQuestions | None:
    if "many_questions" not in fields:
        return _DEFAULTS.many_questions
    if fields.raw("many_questions") is None:
        return None
    many = fields.child("many_questions", ("more_than", "period", "per"))
    default = ManyQuestions()
    if many is None:
        return default
    return ManyQuestions(
        many.whole("more_than", 1, 100_000, default.more_than) or default.more_than,
        many.choice("period", PERIOD_KINDS, default.period),
        many.choice("per", _PERS, default.per),
    )


def _at_least(fields: Fields) -> int | None:
    if "several_administrations" in fields and fields.raw("several_administrations") is None:
        return None
    return fields.whole("several_administrations", 2, 10_000, _DEFAULTS.several_administrations)


def _urgent(fields: Fields) -> tuple[str, ...]:
    if "urgent" not in fields:
        return _DEFAULTS.urgent
    return () if fields.raw("urgent") == [] else fields.words("urgent", _MOST_WORDS)


def _contracts(fields: Fields, errors: list[FieldError]) -> dict[str, ConsultPricing]:
    given = fields.child("contracts", None)
    if given is None:
        return {}
    found = {reference: read_pricing(value, given.at(reference), errors) for reference, value in given.items()}
    if len(found) > _MOST_CONTRACTS:
        given.fail(None, f"has more than {_MOST_CONTRACTS} contracts")
    return {reference: pricing for reference, pricing in found.items() if pricing is not None}
