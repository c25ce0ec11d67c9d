"""docs/import-fees.md: its table against the settings there are, its sessions as a reader would type them."""

from __future__ import annotations

import json
import re

from billing_service.core.imports import POLICY_SETTINGS, Setting, parse_policy
from tests.test_make_run import ROOT

DOCS = (ROOT / "docs" / "import-fees.md").read_text("utf-8")


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
