"""Member files as customers send them: whatever they were saved as, their titles and counts come out."""

from __future__ import annotations

import json

import pytest

from billing_service.documents.delivered import DeliveredFile, read_delivered
from tests.documents.delivered.samples import (
    MEMBERS,
    column,
    csv_of,
    ods_cell,
    ods_of,
    ods_of_rows,
    ods_row,
    refusal,
    xls_of,
    xlsx_of,
)

TITLES = ("Naam", "Geboren", "Contributie", "Plaats")


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("leden.csv", csv_of(MEMBERS), "csv"),
        ("Leden.XLSX", xlsx_of(("Leden", MEMBERS)), "xlsx"),
        ("leden.xls", xls_of(("Leden", MEMBERS)), "xls"),
        ("leden.ods", ods_of(("Leden", MEMBERS)), "ods"),
    ],
)
def test_the_same_members_read_the_same_from_every_format(name: str, content: bytes, format: str):
    file = read_delivered(content, name)
    assert (file.format, file.titles, file.rows) == (format, TITLES, 2)
    assert [found.filled for found in file.columns] == [2, 2, 2, 2]
    assert file.skipped == file.untitled == ()
    assert column(file, "Contributie").facts == {"kinds": {"number": 2}}
    notation = "YYYY-MM-DD" if format == "csv" else "date cell"
    assert column(file, "Geboren").facts == {"kinds": {"date": 2}, "dates": {notation: 2}}
    assert file.sheet == (None if format == "csv" else "Leden")


def test_what_was_read_survives_being_stored_as_json():
    file = read_delivered(csv_of(MEMBERS), "leden.csv")
    assert DeliveredFile.from_plain(json.loads(json.dumps(file.to_plain()))) == file


def test_nobodys_data_comes_out():
    rows = [("Naam", "Geboren"), ("Quispel", "03-04-1980"), ("Quispel", "1980/04/05"), ("", "Quispel")]
    assert "Quispel" not in json.dumps(read_delivered(csv_of(rows), "leden.csv").to_plain())


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("cp1252", "windows-1252"),
        ("latin-1", "windows-1252"),
    ],
)
def test_the_usual_encodings_are_told_apart(encoding: str, named: str):
    file = read_delivered(csv_of([("Naam", "Café"), ("José", "één")], encoding=encoding), "leden.csv")
    assert (file.encoding, file.titles, file.skipped) == (named, ("Naam", "Café"), ())


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_the_usual_separators_are_told_apart(separator: str):
    rows = [("Naam", "Adres"), ('"Jansen"', f'"Straat 1{separator} Ede"')]
    file = read_delivered(csv_of(rows, separator), "leden.txt")
    assert (file.separator, file.titles, file.rows) == (separator, ("Naam", "Adres"), 1)


def test_commas_inside_titles_and_values_do_not_split_a_file_of_semicolons():
    rows = [("Naam, voorletters", "Bedrag"), ("Jansen, P.", "12,50"), ("De Vries, A.", "1,00")]
    file = read_delivered(csv_of(rows), "leden.csv")
    assert (file.separator, file.titles) == (";", ("Naam, voorletters", "Bedrag"))


def test_the_first_line_by_which_spreadsheets_name_the_separator_is_no_title():
    file = read_delivered(b"sep=|\r\n" + csv_of([("Naam", "Plaats"), ("a;b", "c;d")], "|"), "leden.csv")
    assert (file.separator, file.titles) == ("|", ("Naam", "Plaats"))


def test_one_column_needs_no_separator():
    file = read_delivered(b"E-mail\na@example.org\nb@example.org\n", "leden.csv")
    assert (file.separator, file.titles, file.rows) == (None, ("E-mail",), 2)


def test_a_quoted_value_may_hold_line_ends_and_quotation_marks():
    file = read_delivered(b'Naam;Adres\n"Jan ""de Lange""";"Straat 1\nEde"\nPiet;x\n', "leden.csv")
    assert (file.titles, file.rows) == (("Naam", "Adres"), 2)


def test_cells_that_begin_like_a_formula_are_text_in_a_csv():
    rows = [("Naam", "Opmerking"), ("=1+1", "@SUM(A1)"), ("+31612345678", '-2+3+cmd|" /C calc"!A0')]
    file = read_delivered(csv_of(rows).replace(b'"', b"'"), "leden.csv")
    assert (file.rows, file.skipped) == (2, ())


def test_titles_may_come_after_blank_lines_and_blank_columns():
    assert read_delivered(b";;\r\n;;\r\n" + csv_of(MEMBERS), "leden.csv").titles == TITLES
    file = read_delivered(xlsx_of(("Leden", MEMBERS), top=4, left=2), "leden.xlsx")
    assert [(found.position, found.title) for found in file.columns] == list(enumerate(TITLES, start=3))


def test_titles_are_trimmed_and_put_on_one_line():
    file = read_delivered(xlsx_of(("Leden", [(" E-mail \n privé ", 2026, "Lid"), ("a", "b", "c")])), "leden.xlsx")
    assert file.titles == ("E-mail privé", "2026", "Lid")


def test_a_column_without_title_is_known_by_its_position():
    file = read_delivered(csv_of([("Naam", "", "Plaats"), ("a", "b", "c"), ("a", "", "c", "", "e")]), "leden.csv")
    assert file.titles == ("Naam", "Plaats")
    assert [(found.position, found.filled) for found in file.untitled] == [(2, 1), (5, 1)]


def test_an_empty_column_is_counted_and_no_problem():
    empty = column(read_delivered(csv_of([("Naam", "Fax"), ("a", " "), ("b", "")]), "leden.csv"), "Fax")
    assert (empty.filled, empty.problem, empty.facts) == (0, None, {})


@pytest.mark.parametrize(("make", "name"), [(xlsx_of, "a.xlsx"), (xls_of, "a.xls"), (ods_of, "a.ods")])
def test_only_the_first_sheet_is_read_and_others_with_contents_are_named(make, name: str):
    file = read_delivered(make(("Leden", MEMBERS), ("Leeg", []), ("Bedrijven", [("Bedrijf",), ("X",)])), name)
    assert (file.sheet, file.other_sheets, file.titles) == ("Leden", ("Bedrijven",), TITLES)


def test_the_first_sheet_is_the_first_that_the_customer_sees():
    book = xlsx_of(("Lijsten", [("ja", "nee")]), ("Leden", MEMBERS), hidden=["Lijsten"])
    file = read_delivered(book, "leden.xlsx")
    assert (file.sheet, file.other_sheets) == ("Leden", ("Lijsten",))


def test_the_blank_rest_of_an_ods_sheet_counts_for_nothing():
    blanks = '<table:table-cell table:number-columns-repeated="{}"/>'
    rows = [ods_row([*map(ods_cell, row), blanks.format(16_380)]) for row in MEMBERS]
    blank = ods_row([blanks.format(16_384)], 'table:number-rows-repeated="1048573"')
    file = read_delivered(ods_of_rows(("Leden", [*rows, blank])), "leden.ods")
    assert (file.titles, file.rows) == (TITLES, 2)


# --- titles that are none -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        ("Jansen", "03-04-1980", "Ede"),
        ("Jansen", "jansen@example.org", "Ede"),
        (1, 2, "Ede"),
    ],
)
def test_a_file_that_begins_with_data_has_no_titles(row):
    error = refusal(csv_of([row, row]), "leden.csv", "no_titles")
    assert "Jansen" not in error.detail


def test_a_sheet_that_begins_with_a_real_date_has_no_titles():
    refusal(xlsx_of(("Leden", MEMBERS[1:])), "leden.xlsx", "no_titles")


def test_a_heading_above_the_titles_is_refused_as_one():
    error = refusal(csv_of([("Ledenlijst 2026",), *MEMBERS]), "leden.csv", "no_titles")
    assert "heading" in error.detail


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "leden.csv"),
        (b" \r\n\r\n", "leden.csv"),
        (b";;;\n;;;\n", "leden.csv"),
        (xlsx_of(("Leden", [])), "leden.xlsx"),
        (xls_of(("Leden", [])), "leden.xls"),
        (ods_of(("Leden", [])), "leden.ods"),
    ],
)
def test_an_empty_file_has_no_titles(content: bytes, name: str):
    refusal(content, name, "no_titles")


def test_titles_that_cannot_be_told_apart_are_named():
    rows = [("Naam", "Telefoon", "telefoon ", "Plaats", "Naam"), ("a", 1, 2, "b", "c")]
    error = refusal(csv_of(rows), "leden.csv", "duplicate_titles")
    assert "“Naam”, “Telefoon”, “telefoon”" in error.detail
