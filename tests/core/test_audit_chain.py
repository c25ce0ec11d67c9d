"""The chain over an audit trail: whatever is changed, the first broken link and what it is are named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing_service.core.audit_chain import SENTENCES, ChainCheck, Seal, content, seal_of
from billing_service.core.ids import new_id

Rows = list[dict[str, Any]]
NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


def trail(many: int = 6) -> Rows:
    """A sealed trail of changes by one key."""
    rows: Rows = []
    seal: str | None = None
    for number in range(1, many + 1):
        row: dict[str, Any] = {
            "administration_id": new_id(),
            "id": new_id(),
            "at": NOON + timedelta(seconds=number),
            "actor": "key:1",
            "action": "change",
            "noun": "customer",
            "object_id": new_id(),
            "changes": {"city": f"Ede {number}", "net": "1.50"},
        }
        seal = seal_of(row, seal)
        rows.append(row | {"seal_number": number, "seal": seal})
    return rows


def check(rows: Rows, head: Seal | None = None, noted: Seal | None = None) -> ChainCheck:
    checking = ChainCheck(head, noted)
    for row in rows:
        checking.take(row)
    checking.end()
    return checking


def head_of(rows: Rows) -> Seal:
    return Seal(rows[-1]["seal_number"], rows[-1]["seal"])


def found(rows: Rows, head: Seal, noted: Seal | None = None) -> tuple[str, int] | None:
    first = check(rows, head, noted).first
    return (first.code, first.seal_number) if first else None


def test_a_trail_that_nobody_touched_is_sound() -> None:
    rows = trail()
    checking = check(rows, head_of(rows), noted=Seal(3, rows[2]["seal"]))
    assert (checking.first, checking.broken, checking.rows) == (None, 0, 6)
    assert check([], None).first is None


def _change(name: str, value: Any) -> Callable[[Rows, int], None]:
    def change(rows: Rows, at: int) -> None:
        rows[at] = rows[at] | {name: value}

    return change


@pytest.mark.parametrize("at", [0, 2, 5])
@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("actor", "key:2", "row_changed"),
        ("at", NOON, "row_changed"),
        ("changes", {"city": "Rotterdam", "net": "1.50"}, "row_changed"),
        ("object_id", new_id(), "row_changed"),
        ("seal", "ab" * 32, "seal_changed"),
    ],
)
def test_a_changed_row_and_a_changed_seal_are_told_apart(at: int, name: str, value: Any, code: str) -> None:
    rows = trail()
    head = head_of(rows)
    _change(name, value)(rows, at)
    assert found(rows, head) == (code, at + 1)
    assert check(rows, head).broken == 1


@pytest.mark.parametrize(("at", "code"), [(0, "rows_missing"), (2, "rows_missing"), (5, "end_missing")])
def test_a_removed_row_is_named_by_its_number(at: int, code: str) -> None:
    rows = trail()
    head = head_of(rows)
    del rows[at]
    assert found(rows, head) == (code, at + 1)


def test_a_trail_that_was_emptied_lacks_its_end() -> None:
    assert found([], head_of(trail())) == ("end_missing", 1)


def test_two_rows_that_changed_places_are_both_changed() -> None:
    rows = trail()
    head = head_of(rows)
    for name in ("id", "changes", "at"):
        rows[1][name], rows[4][name] = rows[4][name], rows[1][name]
    assert found(rows, head) == ("row_changed", 2)
    assert check(rows, head).broken == 2


def test_two_changed_neighbours_are_found_though_not_told_apart() -> None:
    rows = trail()
    head = head_of(rows)
    for at in (2, 3):
        _change("actor", "somebody")(rows, at)
    assert found(rows, head) == ("link_broken", 3)


def test_who_seals_everything_anew_differs_from_the_end_and_from_a_seal_that_was_noted() -> None:
    rows = trail()
    head, noted = head_of(rows), Seal(4, rows[3]["seal"])
    rows[2]["actor"] = "somebody"
    seal: str | None = None
    for row in rows:
        row["seal"] = seal = seal_of(row, seal)
    assert found(rows, head) == ("head_differs", 6)
    assert found(rows, head_of(rows)) is None
    assert found(rows, head_of(rows), noted) == ("noted_seal_differs", 4)
    assert found(rows, head_of(rows), Seal(9, "ab" * 32)) == ("noted_seal_differs", 9)


def test_the_content_is_written_one_way() -> None:
    row = trail(1)[0]
    other = dict(reversed(row.items())) | {"changes": {"net": "1.50", "city": "Ede 1"}}
    assert content(row) == content(other)
    assert b"seal" not in content(row)


def test_every_break_has_its_sentence_in_both_languages() -> None:
    assert SENTENCES["nl"].keys() == SENTENCES["en"].keys()
