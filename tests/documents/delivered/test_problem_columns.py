"""Columns that an import must skip: named with their notations and counts, in plain Dutch and English."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from billing_service.documents.delivered import DeliveredColumn, Problem, describe_problem, read_delivered
from billing_service.documents.delivered.columns import judge
from billing_service.documents.delivered.kinds import see
from billing_service.documents.delivered.wording import PROBLEMS, WORDS
from tests.documents.delivered.samples import (
    column,
    csv_of,
    ods_cell,
    ods_of_rows,
    ods_row,
    xls_of,
    xlsx_of,
    xlsx_of_cells,
)


def judged(title: str, *values: object) -> DeliveredColumn:
    """The column of these cells, in this process."""
    return judge(1, title, Counter(cell for value in values if (cell := see(value)) is not None))


def test_dates_in_two_notations_are_named_with_their_counts():
    rows = [("Geboren",), *[("31-12-1980",)] * 240, *[("1980/12/31",)] * 12]
    born = column(read_delivered(csv_of(rows), "leden.csv"), "Geboren")
    assert born.problem == Problem.DATES
    assert describe_problem(born, "en") == (
        "Column 1, “Geboren”: 2 notations of dates: DD-MM-YYYY 240×, YYYY/MM/DD 12×."
    )
    assert describe_problem(born, "nl") == (
        "Kolom 1, “Geboren”: 2 schrijfwijzen van datums: DD-MM-JJJJ 240×, JJJJ/MM/DD 12×."
    )


@pytest.mark.parametrize(
    ("one", "other", "notations"),
    [
        ("31-12-1980", "12/31/1980", {"DD-MM-YYYY", "MM/DD/YYYY"}),
        ("31/12/1980", "12/31/1980", {"DD/MM/YYYY", "MM/DD/YYYY"}),
        ("31-12-1980", "31-12-80", {"DD-MM-YYYY", "DD-MM-YY"}),
        ("31-12-1980", "31 december 1980", {"DD-MM-YYYY", "D month YYYY"}),
        ("31-12-1980", "December 31, 1980", {"DD-MM-YYYY", "month D, YYYY"}),
        ("1980-12-31", "1980-31-12", {"YYYY-MM-DD", "YYYY-DD-MM"}),
        ("1980-12-31", "1980-12-31 10:30", {"YYYY-MM-DD", "YYYY-MM-DD hh:mm"}),
        ("1980-12-31", "19801231", {"YYYY-MM-DD", "YYYYMMDD"}),
        (date(1980, 12, 31), "31-12-1980", {"date cell", "DD-MM-YYYY"}),
    ],
)
def test_one_date_written_otherwise_is_enough(one: object, other: object, notations: set[str]):
    found = judged("Geboortedatum", *[one] * 300, other)
    assert found.problem == Problem.DATES
    assert set(found.facts["dates"]) == {name.replace("D, Y", "D Y") for name in notations}


@pytest.mark.parametrize("written", [["03-04-1980", "31-12-1980", "1-2-1980"], ["12/31/1980", "03/04/1980"]])
def test_dates_that_fit_one_notation_are_no_problem(written: list[str]):
    found = judged("Geboortedatum", *written)
    assert found.problem is None
    assert len(found.facts["dates"]) == 1


def test_a_column_of_dates_needs_no_telling_title():
    assert judged("Lid", "31-12-1980", "1980/12/31", "", "").problem == Problem.DATES
    assert judged("Opmerking", "31-12-1980", "1980/12/31", "belt", "niet", "meer").problem is None


def test_numbers_of_eight_figures_are_dates_only_under_such_a_title():
    assert judged("Lidnummer", "19801231", "20010101", "30000000").problem is None
    assert judged("Ingangsdatum", 19801231, 20010101).facts["dates"] == {"YYYYMMDD": 2}


@pytest.mark.parametrize(
    ("title", "good", "bad"),
    [
        ("Contributie", "12,50", "geen"),
        ("Bedrag (EUR)", 12.5, "zie brief"),
        ("Amount due", "€ 1.234,56", "n/a"),
        ("Geboortedatum", "31-12-1980", "onbekend"),
        ("Aantal kinderen", 2, "twee"),
        ("Huisnummer", "12a", "onbekend"),
        ("Lidnummer", "A-123", "aspirant"),
    ],
)
def test_words_between_amounts_dates_or_numbers_are_a_mixture(title: str, good: object, bad: object):
    assert judged(title, *[good] * 99, bad).problem == Problem.KINDS
    assert judged(title, *[good] * 100, bad).problem is None, "less than one in a hundred"
    assert judged(title, *[good] * 9).problem is None
    assert judged("Naam", *[good] * 9, bad).problem is None or title == "Geboortedatum"


def test_a_mixture_is_told_with_its_kinds():
    found = judged("Contributie", 12.5, "45,00", "vrijgesteld", "2x")
    assert describe_problem(found, "nl") == (
        "Kolom 1, “Contributie”: verschillende soorten gegevens door elkaar: getal 2×, tekst 1×, tekst met cijfers 1×."
    )


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("Jos\ufffd", "replacement_character"),
        ("JosÃ©", "wrong_encoding"),
        ("#REF!", "error_value"),
        ("#VERW!", "error_value"),
        ("a\x07b", "control_character"),
    ],
)
def test_values_that_cannot_be_used_make_a_problem(bad: str, why: str):
    found = judged("Naam", *["Jansen"] * 99, bad)
    assert (found.problem, found.filled, found.facts["unusable"]) == (Problem.UNUSABLE, 100, {why: 1})
    assert judged("Naam", *["Jansen"] * 100, bad).problem is None


@pytest.mark.parametrize("name", ["José", "Größe", "Łukasz", "Ãlvaro", "Ümit Çelik", "O’Brien", "Jan\u00a0Piet"])
def test_names_from_everywhere_are_usable(name: str):
    assert judged("Naam", name).problem is None


def test_a_byte_that_windows_does_not_know_makes_its_column_a_problem():
    file = read_delivered("Naam;Plaats\nJosé;x\n".encode("cp1252") + b"\x81;y\n", "leden.csv")
    assert [found.title for found in file.skipped] == ["Naam"]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (xlsx_of(("Leden", [("Naam", "Saldo"), ("a", ("=1/0", "#DIV/0!")), ("b", 2)])), "a.xlsx"),
        (xls_of(("Leden", [("Naam", "Saldo"), ("a", "#REF!"), ("b", 2)])), "a.xls"),
        *(
            (
                ods_of_rows(
                    (
                        "Leden",
                        [
                            ods_row([ods_cell("Naam"), ods_cell("Saldo")]),
                            ods_row([ods_cell("a"), ods_cell(text, f'calcext:value-type="error" {attribute}')]),
                            ods_row([ods_cell("b"), ods_cell(2)]),
                        ],
                    )
                ),
                "a.ods",
            )
            for text, attribute in (("#REF!", ""), ("#DIV/0!", 'office:string-value=""'), ("Err:502", ""))
        ),
    ],
)
def test_errors_in_a_sheet_are_seen(content: bytes, name: str):
    found = column(read_delivered(content, name), "Saldo")
    assert (found.problem, found.filled) == (Problem.UNUSABLE, 2)
    assert found.facts == {"kinds": {"number": 1}, "unusable": {"error_value": 1}}


def test_the_stored_value_of_a_formula_is_used():
    rows = [("Naam", "Geboren", "Leeg"), ("a", ("=A1", "x"), ("=B1", 3)), ("b", ("=A1", "y"), ("=B2", 4))]
    file = read_delivered(xlsx_of(("Leden", rows)), "leden.xlsx")
    assert [(found.filled, found.problem) for found in file.columns] == [(2, None)] * 3


def test_formulas_without_a_stored_value_make_a_problem():
    titles = "".join(f'<c t="inlineStr"><is><t>{title}</t></is></c>' for title in ("Naam", "Saldo"))
    head = f'<row r="1">{titles}</row>'
    cells = '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><f>A2</f></c></row>'
    found = column(read_delivered(xlsx_of_cells(head + cells), "leden.xlsx"), "Saldo")
    assert (found.problem, found.filled) == (Problem.FORMULAS, 1)
    assert describe_problem(found, "nl") == (
        "Kolom 2, “Saldo”: formules waarvan geen uitkomst is bewaard: formule zonder uitkomst 1×."
    )
    emptied = cells.replace('<c r="B2"><f>A2</f></c>', '<c r="B2" t="str"><f>A2</f><v></v></c>')
    assert column(read_delivered(xlsx_of_cells(head + emptied), "leden.xlsx"), "Saldo").problem is None


def test_an_ods_formula_without_a_stored_value_makes_a_problem():
    formula = ods_cell("", 'table:formula="of:=1"')
    rows = [ods_row([ods_cell("Naam"), ods_cell("Saldo")]), ods_row([ods_cell("a"), formula])]
    assert column(read_delivered(ods_of_rows(("Leden", rows)), "a.ods"), "Saldo").problem == Problem.FORMULAS


def test_a_column_without_title_can_have_a_problem_too():
    found = judged("", "31-12-1980", "1980/12/31")
    assert describe_problem(found, "nl").startswith("Kolom 1 (zonder titel): 2 schrijfwijzen")


def test_both_languages_word_the_same_things():
    for texts in (PROBLEMS, WORDS):
        assert texts["nl"].keys() == texts["en"].keys()
    assert describe_problem(judged("Naam", "a"), "nl") is None
