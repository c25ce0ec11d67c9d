"""Settings: checked at start, one line per wrong value, every one documented, none with a secret shown."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from billing_service import app, config
from billing_service.config import InvalidSettings, Settings
from billing_service.core.working_days import WorkingTime

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in os.environ:
        if name.startswith("BILLING_"):
            monkeypatch.delenv(name)


def wrong(monkeypatch, **values: str) -> dict[str, str]:
    """What is said about each variable."""
    for name, value in values.items():
        monkeypatch.setenv(f"BILLING_{name}", value)
    with pytest.raises(InvalidSettings) as raised:
        config.load()
    return {error.pointer.removeprefix("BILLING_"): error.detail for error in raised.value.errors}


def test_without_any_setting_it_runs_on_sqlite_on_this_machine_only():
    settings = config.load()
    assert settings.database_url == "sqlite:///data/billing.sqlite3"
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)


def test_the_sqlite_file_lies_in_the_data_folder(monkeypatch):
    monkeypatch.setenv("BILLING_DATA_DIR", "/var/lib/billing")
    assert config.load().database_url == "sqlite:////var/lib/billing/billing.sqlite3"


def test_every_wrong_value_is_named_at_once(monkeypatch):
    assert wrong(monkeypatch, PORT="eighty", WEB_WORKERS="0", LOG_LEVEL="loud", LEASE_SECONDS="", PROT="80") == {
        "PORT": "must be a whole number, not 'eighty'",
        "WEB_WORKERS": "must be greater than or equal to 1 and less than or equal to 64, not '0'",
        "LOG_LEVEL": "must be one of debug, info, warning, error, not 'loud'",
        "LEASE_SECONDS": "must be a number, not ''",
        "PROT": "there is no such setting; docs/settings.md lists them all",
    }


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://u:geheim@h/n", "must begin with sqlite: or postgresql:"),
        ("sqlite://", "must name a file: web and worker are different processes and share it"),
        ("sqlite:///:memory:", "must name a file: web and worker are different processes and share it"),
        ("postgresql://u:geheim@h", "must name a database"),
        ("geheim", "must be an address such as sqlite:///path or postgresql://user@host/name"),
    ],
)
def test_a_database_address_that_cannot_work_is_refused_without_repeating_it(monkeypatch, url, said):
    assert wrong(monkeypatch, DATABASE_URL=url) == {"DATABASE_URL": said}


@pytest.mark.parametrize(
    "url", ["billing.example", "ftp://billing.example", "https://b.example/", "https://b.example?a=b"]
)
def test_links_to_customers_begin_with_a_whole_address(monkeypatch, url):
    assert wrong(monkeypatch, PUBLIC_URL=url) == {
        "PUBLIC_URL": f"must be an address such as https://billing.example, without a slash at the end, not {url!r}"
    }


def test_a_host_that_cannot_be_is_one_line(monkeypatch):
    assert list(wrong(monkeypatch, HOST="")) == ["HOST"]


def test_customers_reach_it_where_it_listens_unless_set(monkeypatch):
    monkeypatch.setenv("BILLING_HOST", "::1")
    monkeypatch.setenv("BILLING_PORT", "8080")
    assert config.load().public_url == "http://[::1]:8080"
    monkeypatch.setenv("BILLING_PUBLIC_URL", "https://billing.example/facturen")
    assert config.load().public_url == "https://billing.example/facturen"


@pytest.mark.parametrize("url", ["postgresql://u:geheim@h/n", "postgresql://u@h/n?password=geheim&sslmode=require"])
def test_a_password_is_shown_nowhere(monkeypatch, url):
    monkeypatch.setenv("BILLING_DATABASE_URL", url)
    settings = config.load()
    assert settings.database_url == url
    assert "geheim" not in repr(settings)
    assert "geheim" not in str(dict(settings.masked()))


def test_service_hours_and_holidays_reach_whoever_measures(monkeypatch, tmp_path):
    said = "must be hours such as 09:00-17:00, not '17:00-09:00'"
    assert wrong(monkeypatch, SERVICE_HOURS="17:00-09:00", GOOD_FRIDAY="maybe", LIBERATION_DAY="often") == {
        "SERVICE_HOURS": said,
        "GOOD_FRIDAY": "must be one of working_day, holiday, not 'maybe'",
        "LIBERATION_DAY": "must be one of none, lustrum, every_year, not 'often'",
    }
    chosen = {"SERVICE_HOURS": "08:30-24:00", "GOOD_FRIDAY": "holiday", "LIBERATION_DAY": "none"}
    for name, value in chosen.items():
        monkeypatch.setenv(f"BILLING_{name}", value)
    monkeypatch.setenv("BILLING_DATA_DIR", str(tmp_path))
    assert app.open_context(config.load()).working_time == WorkingTime(510, 1440, "none", good_friday=True)


def test_what_steers_the_tests_is_no_setting(monkeypatch):
    monkeypatch.setenv("BILLING_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1/postgres")
    config.load()


def test_the_table_of_settings_is_complete_and_its_defaults_are_right():
    rows = re.findall(r"^\| `(BILLING_\w+)` \| `([^`]*)` \| \S", (ROOT / "docs" / "settings.md").read_text(), re.M)
    assert [name for name, _ in rows] == [config.variable(field.name) for field in fields(Settings)]
    assert dict(rows) == dict(config.load().masked())


def test_every_field_of_the_settings_has_its_meaning():
    described = Settings.__doc__ or ""
    assert [field.name for field in fields(Settings) if not re.search(rf"\b{field.name}\b", described)] == []


def test_a_program_with_wrong_settings_ends_with_code_2_and_a_line_for_each(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "billing_service", "serve"],
        env={"PYTHONPATH": str(ROOT), "BILLING_PORT": "x", "BILLING_WEB_THREADS": "y"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "The settings in the environment are wrong.",
        "  BILLING_PORT: must be a whole number, not 'x'",
        "  BILLING_WEB_THREADS: must be a whole number, not 'y'",
    ]
    assert list(tmp_path.iterdir()) == [], "nothing was made"
