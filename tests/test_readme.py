"""The README's session with curl, run as a newcomer would."""

from __future__ import annotations

import re
from pathlib import Path

from tests.sessions import page, run_session
from tests.test_make_run import ROOT


def test_the_session_goes_from_a_question_to_a_numbered_pdf(tmp_path: Path) -> None:
    printed = run_session("README.md", tmp_path)
    assert "0:45 hours × €95.00 = €71.25." in printed
    assert "'gross': '86.21'" in printed
    assert re.search(r"^\d{4}-0000[16]$", printed, re.M), "the sixth of this year, or the first of a new one"
    [pdf] = tmp_path.glob("Factuur *.pdf")
    assert pdf.read_bytes().startswith(b"%PDF-")


def test_the_readme_links_to_files_that_exist() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page("README.md")):
        assert (ROOT / target).exists(), target
