"""Service reports on the command line."""

from __future__ import annotations

from pathlib import Path

from billing_service.store.session import Database
from tests.service_reports.desk import open_desk
from tests.test_cli import Billing, billing, own_folder  # noqa: F401 - fixtures

MARCH = ("--from", "2026-03-01", "--until", "2026-03-31")


def test_a_report_is_printed_and_written(database: Database, billing: Billing, tmp_path: Path) -> None:  # noqa: F811
    desk = open_desk(database)
    desk.receive("1", "2026-03-03 09:00", "2026-03-03 10:00", None, "2026-03-03 12:00")
    desk.receive("2", "2026-03-03 09:00", "2026-03-03 10:00", None, "2026-03-06 12:00", organisation="assen")
    told = billing("service-report", "--contract", "C-1", *MARCH, "--language", "en")
    assert told.exit_code == 0, told.output
    assert [line.split() for line in told.stdout.splitlines() if "within" in line] == [
        ["picked", "up", "within", "the", "agreed", "time", "2", "2", "100.0", "%"],
        ["solved", "within", "the", "agreed", "time", "1", "2", "50.0", "%"],
        ["solved", "within", "one", "working", "day", "1", "2", "50.0", "%"],
    ]
    for name, beginning in (("report.csv", b"\xef\xbb\xbfBron"), ("report.xlsx", b"PK"), ("report.pdf", b"%PDF")):
        path = tmp_path / name
        written = billing("service-report", "--customer", "10001", *MARCH, "--output", path)
        assert (written.exit_code, written.stdout) == (0, f"Written: {path}\n"), written.output
        assert path.read_bytes().startswith(beginning)
    asker = ("--contract", "C-1", "--audience", "asker", "--organisation", "assen", "--format", "csv")
    assert billing("service-report", *asker, *MARCH, "-o", tmp_path / "assen").exit_code == 0
    rows = (tmp_path / "assen").read_text(encoding="utf-8-sig").splitlines()
    assert [row.split(";")[1] for row in rows] == ["Nummer vraag", "2"]


def test_what_cannot_be_reported_is_said(database: Database, billing: Billing, tmp_path: Path) -> None:  # noqa: F811
    open_desk(database)
    unknown = billing("service-report", "--contract", "C-9", *MARCH)
    assert (unknown.exit_code, unknown.stderr) == (1, "There is no contract C-9.\n")
    neither = billing("service-report", *MARCH)
    assert (neither.exit_code, "/contract_id: or customer_id is required" in neither.stderr) == (1, True)
    assert billing("service-report", "--contract", "C-1", *MARCH, "--format", "pdf").exit_code == 2
    assert billing("service-report", "--contract", "C-1", *MARCH, "-o", tmp_path / "x.doc").exit_code == 2
