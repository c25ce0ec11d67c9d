"""The proof over a series: complete books pass, and each way to make them incomplete is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing_service.core.completeness import BREAKS, Numbered, ProvenSeries, SeriesProof, SeriesRow, Year, sentence
from billing_service.core.document import digest, issue_json, to_json
from billing_service.core.numbering import parse_pattern
from tests.documents.examples import released as an_invoice

YEARS = [Year(str(year), date(year, 1, 1), date(year, 12, 31)) for year in (2025, 2026, 2027)]
ROW = SeriesRow(
    code="invoices",
    document_type="invoice",
    pattern="{year}-{number:5}",
    per_book_year=True,
    next_number=1,
    counter_period="",
    last_issue_date=None,
    last_number=None,
    last_digest=None,
    cut_over_number=None,
    blocked=False,
    jumps=(),
)


class Books:
    """A series as issuing writes it, document by document."""

    def __init__(self, row: SeriesRow = ROW) -> None:
        self.row = row
        self.documents: list[Numbered] = []

    def issue(self, day: date, many: int = 1) -> Books:
        for _ in range(many):
            self._one(day)
        return self

    def jump(self, to: int) -> Books:
        """A restore: the numbers up to this one were sent and are not here."""
        row, pattern = self.row, parse_pattern(self.row.pattern)
        jump = {
            "period": row.counter_period if row.per_book_year else "",
            "from": row.next_number,
            "to": to,
            "first": pattern.format(row.counter_period, row.next_number),
            "last": pattern.format(row.counter_period, to),
            "confirmed_at": "2026-03-31T10:00:00+00:00",
            "confirmed_by": "cli",
        }
        self.row = replace(row, next_number=to + 1, last_number=str(jump["last"]), jumps=(*row.jumps, jump))
        return self

    def _one(self, day: date) -> None:
        row = self.row
        year = next(year.label for year in YEARS if year.starts_on <= day <= year.ends_on)
        counter = 1 if row.per_book_year and row.counter_period not in ("", year) else row.next_number
        number = parse_pattern(row.pattern).format(year, counter)
        released = replace(an_invoice(), series=row.code)
        frozen = issue_json(to_json(released), number, day)
        previous = row.last_digest
        sealed = digest(frozen.data, bytes.fromhex(previous) if previous else None).hex()
        self.documents.append(
            Numbered(
                id=f"id-{number}",
                number=number,
                period=year if row.per_book_year else "",
                sequence=counter,
                kind="invoice",
                issue_date=day,
                due_date=frozen.due_date,
                payment_reference=frozen.reference,
                currency="EUR",
                net=released.totals.net,
                vat=released.totals.vat,
                gross=released.totals.gross,
                document=frozen.data.decode(),
                digest=sealed,
                previous_digest=previous,
                issued_at=datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
            )
        )
        self.row = replace(
            row,
            next_number=counter + 1,
            counter_period=year,
            last_issue_date=day,
            last_number=number,
            last_digest=sealed,
        )

    def change(self, at: int, **values: Any) -> Books:
        self.documents[at] = replace(self.documents[at], **values)
        return self

    def prove(self) -> ProvenSeries:
        proof = SeriesProof(self.row, YEARS)
        for document in self.documents:
            proof.take(document)
        proof.end(self.row)
        return proof.result()

    def breaks(self) -> list[tuple[str, str | None]]:
        return [(found.code, found.number) for found in self.prove().first_breaks]


def two_years(row: SeriesRow = ROW) -> Books:
    return Books(row).issue(date(2026, 11, 2), 3).issue(date(2026, 12, 31)).issue(date(2027, 1, 1), 2)


COUNTING_ON = replace(ROW, pattern="9{year}{number:4}", per_book_year=False)


@pytest.mark.parametrize(
    "books",
    [
        Books(),
        two_years(),
        two_years(COUNTING_ON),
        two_years(replace(ROW, next_number=811, cut_over_number=811)),
        Books().issue(date(2026, 3, 1), 2).jump(7).issue(date(2026, 4, 1), 2),
        Books().issue(date(2026, 3, 1), 2).jump(7),
        Books().issue(date(2026, 3, 1), 2).jump(7).issue(date(2027, 4, 1), 2),
        Books(COUNTING_ON).issue(date(2026, 3, 1), 2).jump(7).issue(date(2027, 4, 1), 2),
        Books().issue(date(2026, 3, 1)).jump(3).jump(5).issue(date(2026, 3, 2)),
        Books(replace(ROW, next_number=811, cut_over_number=811)),
    ],
)
def test_books_as_issuing_writes_them_are_complete(books: Books) -> None:
    assert books.breaks() == []


def test_the_proof_counts_documents_and_vat_per_book_year() -> None:
    proven = two_years().prove()
    group = an_invoice().vat[0]
    assert [(year.book_year, year.first, year.last, year.documents) for year in proven.years] == [
        ("2026", "2026-00001", "2026-00004", 4),
        ("2027", "2027-00001", "2027-00002", 2),
    ]
    (total, *_) = [one for one in proven.years[0].totals if (one.category, one.rate) == (group.category, group.rate)]
    assert (total.taxable, total.tax) == (group.taxable * 4, group.tax * 4)
    assert (proven.documents, proven.last_number) == (6, "2027-00002")


def test_a_jump_is_named_and_is_no_gap() -> None:
    (jump,) = Books().issue(date(2026, 3, 1), 2).jump(7).issue(date(2026, 4, 1)).prove().jumps
    assert (jump.first, jump.last, jump.many, jump.confirmed_by) == ("2026-00003", "2026-00007", 5, "cli")


def test_the_cut_over_is_named() -> None:
    assert two_years(replace(ROW, next_number=811, cut_over_number=811)).prove().cut_over == "2026-00811"


# --- each way to make books incomplete ------------------------------------------------------------------------------


def _without(*places: int) -> Callable[[Books], None]:
    def remove(books: Books) -> None:
        books.documents = [document for at, document in enumerate(books.documents) if at not in places]

    return remove


def _swap_digests(books: Books) -> None:
    one, other = books.documents[1].digest, books.documents[2].digest
    books.change(1, digest=other).change(2, digest=one)


def _change_document(books: Books) -> None:
    books.change(1, document=books.documents[1].document.replace("2026-00002", "2026-00009"))


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (_without(1), [("number_missing", None), ("chain_broken", "2026-00003")]),
        (_without(0, 1), [("numbers_missing", None), ("chain_broken", "2026-00003")]),
        (_without(3), [("chain_broken", "2027-00001")]),
        (
            _without(5),
            [
                ("number_missing", None),
                ("series_differs", "invoices"),
                ("series_differs", "invoices"),
            ],
        ),
        (
            _swap_digests,
            [
                ("document_changed", "2026-00002"),
                ("chain_broken", "2026-00003"),
                ("document_changed", "2026-00003"),
                ("chain_broken", "2026-00004"),
            ],
        ),
        (_change_document, [("document_changed", "2026-00002"), ("row_differs", "2026-00002")]),
        (
            lambda books: books.change(3, sequence=9, number="2026-00009"),
            [("numbers_missing", None), ("row_differs", "2026-00009")],
        ),
        (
            lambda books: books.change(2, number="2026-3"),
            [("number_form", "2026-3"), ("row_differs", "2026-3")],
        ),
        (
            lambda books: books.change(2, issue_date=date(2026, 11, 1)),
            [("date_runs_backwards", "2026-00003"), ("row_differs", "2026-00003")],
        ),
        (
            lambda books: books.change(3, issue_date=date(2027, 1, 1)),
            [
                ("date_outside_book_year", "2026-00004"),
                ("date_after_issue", "2026-00004"),
                ("row_differs", "2026-00004"),
            ],
        ),
        (lambda books: books.change(2, gross=Decimal("1.00")), [("row_differs", "2026-00003")]),
        (
            lambda books: books.change(2, previous_digest=None),
            [("chain_broken", "2026-00003"), ("document_changed", "2026-00003")],
        ),
        (
            lambda books: books.change(2, document="{}"),
            [("document_changed", "2026-00003"), ("document_unreadable", "2026-00003")],
        ),
        (
            lambda books: books.change(2, digest="zz"),
            [("document_changed", "2026-00003"), ("chain_broken", "2026-00004")],
        ),
    ],
)
def test_damage_is_named_with_document_and_cause(
    damage: Callable[[Books], object], expected: list[tuple[str, str | None]]
) -> None:
    books = two_years()
    damage(books)
    assert books.breaks() == expected


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"next_number": 4}, "number"),
        ({"next_number": 2}, "next_number"),
        ({"last_number": "2027-00001"}, "last_number"),
        ({"last_digest": "ab" * 32}, "last_digest"),
        ({"last_issue_date": date(2027, 1, 2)}, "last_issue_date"),
        ({"counter_period": "2026"}, "counter_period"),
    ],
)
def test_a_series_that_says_something_else_than_its_documents_is_named(values: dict[str, Any], said: str) -> None:
    books = two_years()
    books.row = replace(books.row, **values)
    assert any(said in sentence(found, "en").lower() for found in books.prove().first_breaks)


def test_a_first_number_before_the_cut_over_and_one_that_was_recorded_as_skipped_are_named() -> None:
    books = two_years()
    books.row = replace(books.row, cut_over_number=2)
    assert ("number_before_cut_over", "2026-00001") in books.breaks()
    books = Books().issue(date(2026, 3, 1), 3)
    books.row = replace(Books().issue(date(2026, 3, 1)).jump(5).row, last_digest=books.row.last_digest)
    assert ("number_recorded_as_skipped", "2026-00002") in books.breaks()


def test_an_unknown_book_year_is_named() -> None:
    books = two_years()
    for at in (4, 5):
        books.change(at, period="2099")
    assert books.breaks()[0] == ("book_year_unknown", None)


def test_whoever_seals_all_later_documents_anew_differs_from_the_series_and_from_a_noted_digest() -> None:
    books, noted = two_years(), two_years().prove().last_digest
    changed = books.documents[1].document.replace('"language":"nl"', '"language":"en"')
    assert changed != books.documents[1].document
    books.change(1, document=changed)
    previous = books.documents[0].digest
    for at in range(1, 6):
        anew = digest(books.documents[at].document.encode(), bytes.fromhex(previous)).hex()
        books.change(at, previous_digest=previous, digest=anew)
        previous = anew
    assert books.breaks() == [("series_differs", "invoices")]
    books.row = replace(books.row, last_digest=previous)
    assert books.breaks() == []
    assert books.prove().last_digest != noted


def test_breaks_are_told_at_once_and_only_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing_service.core.completeness.proof.KEPT", 2)
    books = Books().issue(date(2026, 3, 1), 5)
    for at in range(5):
        books.change(at, gross=Decimal("1.00"))
    told: list[str | None] = []
    proof = SeriesProof(books.row, YEARS, tell=lambda found: told.append(found.number))
    for document in books.documents:
        proof.take(document)
    proof.end(books.row)
    assert (len(told), proof.result().breaks, len(proof.result().first_breaks)) == (5, 5, 2)


def test_a_later_book_year_is_proven_from_the_document_before_it() -> None:
    books = two_years()
    proof = SeriesProof(books.row, YEARS, before=books.documents[3])
    for document in books.documents[4:]:
        proof.take(document)
    proof.end(None)
    assert (proof.result().breaks, proof.result().documents) == (0, 2)
    wrong = SeriesProof(books.row, YEARS, before=books.documents[2])
    wrong.take(books.documents[4])
    assert [found.code for found in wrong.result().first_breaks] == ["chain_broken"]


def test_every_break_has_its_sentence_in_both_languages() -> None:
    assert BREAKS["nl"].keys() == BREAKS["en"].keys()
    for code, text in BREAKS["nl"].items():
        assert {"{expected}" in text, "{found}" in text} == {
            "{expected}" in BREAKS["en"][code], "{found}" in BREAKS["en"][code]
        }  # fmt: skip


def test_issued_on_the_day_it_is_in_amsterdam(monkeypatch: pytest.MonkeyPatch) -> None:
    books = Books().issue(date(2026, 7, 1))
    late = datetime(2026, 6, 30, 22, 0, tzinfo=UTC)  # midnight in Amsterdam
    assert books.change(0, issued_at=late).breaks() == []
    assert books.change(0, issued_at=late - timedelta(seconds=1)).breaks() == [("date_after_issue", "2026-00001")]
