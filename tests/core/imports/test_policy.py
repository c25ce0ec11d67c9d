"""Policy documents are read strictly, and every setting is told in words."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from string import Formatter
from typing import Any

import pytest

from billing_service.core.formats import LANGUAGES
from billing_service.core.imports import POLICY_SETTINGS, ImportPolicy, parse_policy, policy_sentences
from billing_service.core.imports.conditions import SENTENCES
from billing_service.errors import InvalidInput

NBSP = "\u00a0"


def wrong(document: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidInput) as refusal:
        parse_policy(document, "")
    return sorted(error.pointer for error in refusal.value.errors)


def test_an_empty_document_is_the_published_policy() -> None:
    assert parse_policy({}, "Importbeleid 2026") == ImportPolicy(label="Importbeleid 2026")
    policy = ImportPolicy()
    assert (policy.most_columns_free, policy.moments_with_website, policy.moments_without_website) == (30, 2, 1)
    assert (policy.free_further_moment, policy.free_new_structure) == (Decimal("90.00"), Decimal("180.00"))
    assert (policy.further_moment_percentage, policy.new_structure_percentage) == (Decimal(50), Decimal(100))
    assert policy.quote_valid_days == 30


def test_every_setting_is_known_with_its_default_and_every_silent_point_has_one() -> None:
    assert [field.name for field in fields(ImportPolicy)] == ["label", *POLICY_SETTINGS]
    assert {setting.point for setting in POLICY_SETTINGS.values()} == {"", *"abcdefghijklmn"}
    for name, setting in POLICY_SETTINGS.items():
        assert setting.default == getattr(ImportPolicy(), name)
        if setting.kind == "choice":
            assert setting.default in setting.choices


def test_a_document_holds_only_what_differs() -> None:
    policy = parse_policy(
        {"free_further_moment": "95", "most_extra_fields": 10, "quoted_stays_quoted": False, "free_returns": None}, "A"
    )
    assert policy == replace(
        ImportPolicy(),
        label="A",
        free_further_moment=Decimal("95.00"),
        most_extra_fields=10,
        quoted_stays_quoted=False,
    )


def test_all_errors_are_named_at_once() -> None:
    document = {
        "free_further_moment": 90.0,
        "free_new_structure": "-1.00",
        "further_moment_percentage": "1000.01",
        "half_rounding": "half_even",
        "same_structure": "similar",
        "quoted_stays_quoted": "yes",
        "most_columns_free": 0,
        "quote_valid_days": None,
        "vat_class": "high",
        "unknown": 1,
    }
    assert wrong(document) == sorted(f"/{name}" for name in document)


def test_settings_that_contradict_each_other_are_refused() -> None:
    assert wrong({"moments_with_website": 1, "moments_without_website": 2}) == ["/moments_with_website"]
    assert wrong({"return_fee": "10.00"}) == ["/return_fee"]
    assert parse_policy({"return_fee": "10.00", "free_returns": 0}, "").free_returns == 0


OTHER_VALUES: dict[str, Any] = {"amount": "12.34", "percentage": "12.34", "whole": 7, "text": "import"}


TOGETHER: dict[str, dict[str, Any]] = {  # what must be set for the setting to say anything
    "moments_without_website": {"moments_with_website": 9},
    "free_returns": {"return_fee": "5.00", "free_returns": 3},
    "return_fee": {"free_returns": 2},
}


@pytest.mark.parametrize("name", [name for name in POLICY_SETTINGS if name != "revenue_group"])
def test_every_setting_is_told_on_the_quote(name: str) -> None:
    """Another value reads otherwise, in both languages; the revenue group is the bookkeeper's, not the customer's."""
    setting = POLICY_SETTINGS[name]
    values: list[Any] = [OTHER_VALUES.get(setting.kind)]
    if setting.kind in ("choice", "yes_no"):
        values = [value for value in setting.choices or (True, False) if value != setting.default]
    assert values
    together = TOGETHER.get(name, {})
    for language in LANGUAGES:
        told = [policy_sentences(parse_policy({**together, name: value}, ""), language) for value in values]
        before = policy_sentences(parse_policy(together, ""), language)
        assert all(sentences != before for sentences in told)
        assert len({tuple(sentences) for sentences in told}) == len(values)


def test_the_published_numbers_stand_on_the_quote() -> None:
    dutch = " ".join(policy_sentences(ImportPolicy(), "nl")).replace(NBSP, " ")
    for number in ("30 kolommen", "twee momenten", "één moment", "€ 90,00", "€ 180,00", "50%", "30 dagen"):
        assert number in dutch
    english = " ".join(policy_sentences(ImportPolicy(), "en"))
    for number in ("30 columns", "two moments", "one moment", "€90.00", "€180.00", "50%", "30 days"):
        assert number in english


def test_the_sentences_of_a_policy_have_the_same_keys_and_numbers_in_both_languages() -> None:
    assert list(SENTENCES["nl"]) == list(SENTENCES["en"])
    for key, sentence in SENTENCES["nl"].items():
        slots = [
            {name for _, name, _, _ in Formatter().parse(text) if name} for text in (sentence, SENTENCES["en"][key])
        ]
        assert slots[0] == slots[1], key
        assert sentence.endswith(".")
