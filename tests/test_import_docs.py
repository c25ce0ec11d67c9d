"""docs/import-fees.md: its table against the settings there are, its sessions as a reader would type them."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from billing_service import cli
from billing_service.core.imports import POLICY_SETTINGS, Setting, parse_policy
from billing_service.store.session import Database
from tests import builders
from tests.sessions import block, page, run_session
from tests.test_cli import program_on

PAGE = "docs/import-fees.md"
DOCS = page(PAGE)


def may_be(setting: Setting) -> str:
    """What the table says a setting may be."""
    said = {
        "amount": "an amount",
        "percentage": "a percentage",
        "whole": f"{setting.least} to {setting.most}",
        "choice": ", ".join(f"`{choice}`" for choice in setting.choices),
        "yes_no": "`true`, `false`",
        "text": "a text",
    }[setting.kind]
    return f"{said}, `null`" if setting.optional else said


def test_the_table_of_settings_says_what_there_is_to_set() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \| `([^|]+)` \| (\w?) ?\|$", DOCS, re.M)
    stated = {name: (values, default, point) for name, values, default, point in rows}
    defaults = {name: setting.default for name, setting in POLICY_SETTINGS.items()}
    assert stated == {
        name: (may_be(setting), json.dumps(defaults[name], default=str), setting.point)
        for name, setting in POLICY_SETTINGS.items()
    }


def test_the_example_of_a_policy_is_one() -> None:
    [example] = re.findall(r"<!-- policy -->\n```json\n(.*?)```", DOCS, re.S)
    sent = json.loads(example)
    assert parse_policy(sent["document"], sent["label"]).label == sent["label"]


def test_the_desks_session_is_a_free_import_whose_third_moment_costs_90(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BILLING_DATA_DIR", str(tmp_path))
    rows = [line.split(";") for line in ("Lidnummer;Achternaam;Postcode;Plaats", "1;de Wit;7411 AA;Deventer")]
    Path("leden.csv").write_text("\n".join(";".join(row) for row in rows), "utf-8")
    Path("verwisseld.csv").write_text("\n".join(";".join([*row[:2], row[3], row[2]]) for row in rows), "utf-8")
    with database.write() as session:
        ours = builders.administration(session)
        tariff = builders.tariff(session, ours, {"name": "Tarief", "rules": []})
        builders.contract(session, ours, builders.customer(session, ours), tariff, reference="KV-2024")
    printed = ""
    for line in filter(None, block(PAGE, "desk").splitlines()):
        program, *words = shlex.split(line, comments=True)
        assert program == "billing"
        done = CliRunner().invoke(cli.main, words, obj=program_on(database))
        assert done.exit_code == 0, line + done.output
        printed += done.stdout
    assert "The columns “Postcode” and “Plaats” have changed places (3 and 4)." in printed
    assert "Together €90.00, without VAT." in printed
    assert "The charges are those that the history makes." in printed


def test_the_session_with_curl_goes_from_two_files_to_a_charged_import(tmp_path: Path) -> None:
    printed = run_session(PAGE, tmp_path)
    assert "'outcome': 'quote'" in printed
    assert "accepted\n345.55\n" in printed
    assert "172,78" in printed
    assert printed.rstrip().endswith("True")
    [pdf] = tmp_path.glob("Offerte *.pdf")
    assert pdf.read_bytes().startswith(b"%PDF-")
