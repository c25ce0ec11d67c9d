"""docs/operate.md names only what there is: settings, commands, metrics, warnings, problems and findings."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields
from pathlib import Path

import click
import pytest
import yaml

from billing_service import cli, config, monitoring
from billing_service.api.problems import PROBLEM_TYPES
from billing_service.config import Settings
from billing_service.core import finding_texts
from billing_service.store.session import Database
from tests.api.client import make_world

ROOT = Path(__file__).resolve().parents[2]
DOCS = (ROOT / "docs" / "operate.md").read_text("utf-8")
METRIC = r"billing_[a-z_]+"


@pytest.fixture
def metrics(sqlite_database: Database) -> set[str]:
    """The names of all metrics there are."""
    world = make_world(sqlite_database)
    shown = world.app.test_client().get("/metrics").get_data(as_text=True)
    return set(re.findall(rf"^# TYPE ({METRIC}) ", shown, re.M)) - {"billing_http_requests_created"}


def table(title: str) -> str:
    """The chapter under this title."""
    return DOCS.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_every_metric_is_described_and_no_other(metrics: set[str]) -> None:
    described = set(re.findall(rf"^\| .*?`{METRIC}`.*$", table("Metrics"), re.M))
    names = {name for row in described for name in re.findall(rf"`({METRIC})`", row.split(" | ")[0])}
    created = {name for name in metrics if name.endswith("_created")}
    assert names == metrics - created


def test_the_alert_rules_are_yaml_and_ask_for_metrics_that_there_are(metrics: set[str]) -> None:
    blocks = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", DOCS, re.S)]
    rules = [rule for block in blocks for group in block.get("groups", []) for rule in group["rules"]]
    assert len(rules) >= 10
    for rule in rules:
        for name in re.findall(METRIC, rule["expr"]):
            assert name in metrics or name.removesuffix("_bucket") in metrics, rule


def test_every_warning_and_reason_of_readyz_is_explained() -> None:
    told = set(re.findall(r'Concern\(\s*"(\w+)"', Path(monitoring.__file__).read_text("utf-8")))
    explained = re.findall(r"^\| `(\w+)` \|", table("Health"), re.M)
    reasons = {"unavailable", "schema_older", "schema_newer"}
    assert set(explained) == told | reasons
    assert reasons <= set(PROBLEM_TYPES)


def test_every_setting_that_is_named_exists() -> None:
    known = {config.variable(field.name) for field in fields(Settings)}
    named = set(re.findall(r"BILLING_[A-Z_]+", DOCS))
    assert named
    assert named <= known


def test_every_command_and_its_options_exist() -> None:
    named = re.findall(r"`(billing [^`…]+)`", DOCS)
    for block in re.findall(r"```sh\n(.*?)```", DOCS, re.S):
        named += re.findall(r"^(?:\w+=\S+ )?(billing .*)$", block, re.M)
    assert len(named) > 15
    for line in named:
        words = shlex.split(line, comments=True)[1:]
        command = cli.main.commands.get(words[0])
        assert command is not None, line
        options = {name for option in command.params if isinstance(option, click.Option) for name in option.opts}
        used = {word for word in words[1:] if word.startswith("--")}
        assert used <= options, line


def test_the_findings_it_speaks_of_exist() -> None:
    named = re.findall(r"^\| `(\w+)` \|", table("What to do when …"), re.M)
    assert len(named) >= 3
    assert set(named) <= set(finding_texts.TEXTS["nl"])
