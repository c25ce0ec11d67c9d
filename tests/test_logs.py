"""Nothing secret reaches the log, whoever logs it and however deep it stands."""

from __future__ import annotations

import json
import logging

import pytest
import structlog
from sqlalchemy.exc import IntegrityError

from billing_service import logs
from tests import builders

KEY = "bk_0123456789abcdef_Zx81kanariePiepTNogLang-_enDanNogIets12"


@pytest.fixture
def lines(capsys):
    """Reads what was logged as JSON lines; logging is put back afterwards."""
    root, structured = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level

    def read() -> list[dict[str, object]]:
        return [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    logs.configure("info", "json")
    yield read
    root.handlers[:], root.level = handlers, level
    structlog.configure(**structured)
    structlog.contextvars.clear_contextvars()


def test_an_event_is_one_json_line_with_the_id_of_its_request(lines):
    structlog.contextvars.bind_contextvars(request_id="r-1")
    structlog.get_logger("billing").info("invoice.issued", number="2026-00001", amount=3)
    [line] = lines()
    assert (line["event"], line["request_id"], line["number"], line["amount"]) == (
        "invoice.issued", "r-1", "2026-00001", 3,
    )  # fmt: skip
    assert line["level"] == "info"
    assert str(line["timestamp"]).endswith("Z")


@pytest.mark.parametrize(
    "said",
    [
        {"key": KEY},
        {"url": f"/v1/x?key={KEY}"},
        {"headers": {"Authorization": "Bearer Zx81kanariePiep"}},
        {"nested": [{"password": "Zx81kanariePiep"}]},
        {"client_secret": "Zx81kanariePiep"},
        {"database": "postgresql://u:Zx81kanariePiep@h/n"},
        {"raw": KEY.encode()},
        {"api_key": {"value": "Zx81kanariePiep"}},
        {"to": "zx81kanarie.piep+a@vereniging.example"},
        {"said": "mail <zx81kanarie@vereniging.example>, twice"},
    ],
)
def test_a_secret_is_hidden_by_its_name_or_its_look(lines, said):
    structlog.get_logger("billing").warning("event", **said)
    logging.getLogger("library").warning("said %s", json.dumps(said, default=str), extra={"more": said})
    for line in lines():
        assert "kanarie" not in json.dumps({name: line[name] for name in line if name != "event"})


def test_a_secret_in_a_message_or_a_trace_is_hidden(lines):
    try:
        raise ValueError(f"no such key {KEY}")
    except ValueError:
        structlog.get_logger("billing").exception("failed")
        logging.getLogger("library").exception("said %s", KEY)
    first, second = lines()
    assert "kanarie" not in json.dumps([first, second])
    assert "no such key bk_***" in str(first["exception"])


def test_what_is_no_secret_stays_readable(lines):
    structlog.get_logger("billing").info(
        "event", idempotency_key="abc", number="2026-1", url="http://h:80/x", none=None
    )
    [line] = lines()
    assert (line["idempotency_key"], line["number"], line["url"], line["none"]) == (
        "abc",
        "2026-1",
        "http://h:80/x",
        None,
    )


def test_what_a_database_says_about_a_row_keeps_the_row_to_itself(lines, database):
    """An error of the driver quotes the values it refused, in the statement and in PostgreSQL's DETAIL."""
    with database.write() as session:
        administration = builders.administration(session)
    try:
        with database.write() as session:
            builders.customer(session, administration, email="zx81kanarie@vereniging.example", city=None)
    except IntegrityError:
        structlog.get_logger("billing").exception("failed")
    [line] = lines()
    assert "INSERT INTO customers" in str(line["exception"])
    for value in ("kanarie", "Dorpsstraat", "Vereniging 10001"):
        assert value not in json.dumps(line)
