"""Number patterns: what they print, and that one which could print a number twice is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_service.core.numbering import InvalidPattern, NumberSeries, parse_pattern, refuse_repeats
from billing_service.core.references import reference_body

YEARS = ("2025", "2026", "2027")


def series(text: str, *, per_book_year: bool = True) -> NumberSeries:
    return NumberSeries(parse_pattern(text), per_book_year)


@pytest.mark.parametrize(
    ("pattern", "number", "printed"),
    [
        ("{year}-{number:5}", 42, "2026-00042"),
        ("{year}{number:4}", 42, "20260042"),
        ("{year}{number:4}", 12345, "202612345"),
        ("F{number}", 7, "F7"),
        ("{number:6}/{year}", 1, "000001/2026"),
        ("VF.{year}.{number:3}-A", 999, "VF.2026.999-A"),
    ],
)
def test_a_pattern_prints_the_book_year_and_the_counter(pattern: str, number: int, printed: str) -> None:
    assert parse_pattern(pattern).format("2026", number) == printed


def test_a_broken_book_year_prints_its_own_label() -> None:
    assert parse_pattern("{year}-{number:4}").format("2025/2026", 3) == "2025/2026-0003"


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "2026",
        "{year}",
        "{number}{number}",
        "{year:4}-{number}",
        "{number:0}",
        "{number:13}",
        "{number:}",
        "{Number}",
        "{month}{number}",
        "F {number}",
        "é{number}",
        "F{number",
        "F{number}\x00",
        "{number:٣}",
    ],
)
def test_a_pattern_that_cannot_be_read_is_refused_with_a_pointer(pattern: str) -> None:
    with pytest.raises(InvalidPattern) as refused:
        parse_pattern(pattern)
    assert refused.value.code == "invalid_number_pattern"
    assert [error.pointer for error in refused.value.errors] == ["/pattern"]


def test_a_counter_starts_at_one() -> None:
    with pytest.raises(InvalidPattern, match="counts from 1"):
        parse_pattern("F{number}").format("2026", 0)


def test_digits_only_depends_on_the_labels_of_the_book_years_too() -> None:
    assert parse_pattern("{year}{number:5}").is_digits_only(["2025", "2026"])
    assert not parse_pattern("{year}{number:5}").is_digits_only(["2025", "2025/2026"])
    assert not parse_pattern("F{number:5}").is_digits_only(["2026"])


@pytest.mark.parametrize(
    ("many", "years"),
    [
        ([series("{year}-{number:5}")], YEARS),
        ([series("F{number}", per_book_year=False)], YEARS),
        ([series("{number}", per_book_year=False)], YEARS),
        ([series("{year}-{number:5}"), series("C{year}-{number:5}")], YEARS),
        ([series("{year}1{number:4}"), series("{year}2{number:4}")], ("2026",)),
        ([series("{year}{number:5}")], ("2025/2026", "2026/2027")),
        ([series("{year}-{number}")], ("25", "26")),
        ([series("{year}-{number}", per_book_year=False)], ()),
    ],
)
def test_series_that_can_never_print_one_number_twice_are_accepted(
    many: list[NumberSeries], years: tuple[str, ...]
) -> None:
    refuse_repeats(many, years)


@pytest.mark.parametrize(
    ("many", "years", "because"),
    [
        ([series("F{number}")], YEARS, "starts again every book year"),
        ([series("{year}-{number}"), series("{year}{number:4}")], YEARS, "both become"),
        ([series("{number}", per_book_year=False), series("{year}{number:5}")], YEARS, "both become"),
        ([series("{year}-{number}")], ("2026", "20261"), "both become"),
        ([series("f{number}", per_book_year=False), series("F{number}", per_book_year=False)], YEARS, "both become"),
        ([series("A{number:5}", per_book_year=False)] * 2, YEARS, "both become"),
        ([series("{year}{number:12}-ABCDEF")], YEARS, "a payment reference carries 21"),
        ([series("{year}-{number}")], ("boekjaar 1",), "book-year labels"),
        ([series("{year}-{number}")], ("jaar-één",), "book-year labels"),
        ([series("{year}-{number}")], ("-",), "book-year labels"),
    ],
)
def test_series_that_could_print_one_number_twice_are_refused(
    many: list[NumberSeries], years: tuple[str, ...], because: str
) -> None:
    with pytest.raises(InvalidPattern, match=because):
        refuse_repeats(many, years)


TEXTS = st.sampled_from(["", "", "1", "2", "12", "A", "-", "1-"])
LABELS = st.lists(
    st.sampled_from(["1", "2", "11", "12", "21", "1/2", "111"]),
    min_size=1,
    max_size=4,
    unique_by=lambda label: label.replace("/", ""),
)


@st.composite
def patterns(draw: st.DrawFn) -> NumberSeries:
    year, number = draw(st.sampled_from(["{year}", "{year}", ""])), f"{{number:{draw(st.integers(1, 3))}}}"
    core = [year, draw(TEXTS), number] if draw(st.booleans()) else [number, draw(TEXTS), year]
    return series("".join([draw(TEXTS), *core, draw(TEXTS)]), per_book_year=bool(year))


@given(many=st.lists(patterns(), min_size=1, max_size=3), years=LABELS)
def test_a_refusal_is_right_and_so_is_an_acceptance(many: list[NumberSeries], years: list[str]) -> None:
    """Accepted series print nothing twice up to 1,200; what a refusal names is really printed by two of them."""
    forms = [(one, year) for one in many for year in (years if one.per_book_year else ["never printed"])]
    try:
        refuse_repeats(many, years)
    except InvalidPattern as refused:
        example = re.search(r"both become (\w+)\.", refused.detail)
        assert example is not None
        counters = [re.fullmatch(_expression(one, year), example[1]) for one, year in forms]
        assert len([1 for counter in counters if counter and int(counter[1]) > 0]) >= 2
    else:
        bodies = [reference_body(one.pattern.format(year, at)) for one, year in forms for at in range(1, 1200)]
        assert len(set(bodies)) == len(bodies)


def _expression(one: NumberSeries, year: str) -> str:
    width = one.pattern.width
    counter = rf"([0-9]{{{width}}}|[1-9][0-9]{{{width},}})"
    sides = [
        re.sub(r"[./_-]", "", side.replace("{year}", year)).upper() for side in (one.pattern.before, one.pattern.after)
    ]
    return counter.join(map(re.escape, sides))
