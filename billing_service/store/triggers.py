"""Promises that the database keeps by trigger, because revoked rights prove nothing where the owner connects.

Each guard says when a change of a table is refused and with which sentence. ``install`` (re)creates all of them and
runs at the end of every migration, since rebuilding an SQLite table silently drops its triggers.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect

from billing_service.store.consults import consult_guards
from billing_service.store.guards import Guard, credit_guards, money_guards, prepaid_guards
from billing_service.store.guards import never as _never
from billing_service.store.subscription_guards import subscription_guards

NEW_WORK = "billing_new_work"
"""The PostgreSQL channel on which a commit with new outbox rows wakes idle workers."""

_CREDITED = (
    "OLD.state = 'invoiced' AND NEW.state = 'credited' AND NEW.invoice_id = OLD.invoice_id AND NEW.line = OLD.line"
    " AND NEW.amount = OLD.amount"
)
"""The one change of an invoiced charge: a correction credited its line."""


def _issued(row: str) -> str:
    return (
        f"EXISTS (SELECT 1 FROM invoices i WHERE i.administration_id = {row}.administration_id"  # noqa: S608 OLD or NEW
        f" AND i.id = {row}.invoice_id AND i.state = 'issued')"
    )


_TRAIL = "the audit trail never changes"
_HEAD = "the end of a chain never goes back"
_NOT_SEALING = " OR ".join(
    (
        "OLD.seal_number IS NOT NULL OR NEW.seal_number IS NULL OR NEW.seal IS NULL",
        *(f"OLD.{name} <> NEW.{name}" for name in ("id", "at", "actor", "action", "noun", "object_id")),
        "CAST(OLD.changes AS TEXT) <> CAST(NEW.changes AS TEXT)",  # PostgreSQL compares no JSON
    )
)
"""Any change of an audit row but the one there is: it gets its seal, once."""

GUARDS: tuple[Guard, ...] = (
    *_never("invoices", "an issued document never changes", "UPDATE", "DELETE", condition="OLD.state = 'issued'"),
    *_never(
        "invoice_lines", "a line of an issued document never changes", "UPDATE", "DELETE", condition=_issued("OLD")
    ),
    *_never("invoice_lines", "an issued document gets no further lines", "INSERT", condition=_issued("NEW")),
    *_never("invoice_pdfs", "a stored PDF never changes", "UPDATE", "DELETE"),
    *_never(
        "charges",
        "an invoiced charge never changes",
        "UPDATE",
        condition=f"OLD.state IN ('invoiced', 'credited') AND NOT ({_CREDITED})",
    ),
    *_never("charges", "an invoiced charge never changes", "DELETE", condition="OLD.state IN ('invoiced', 'credited')"),
    *credit_guards(),
    *money_guards(),
    *prepaid_guards(),
    *subscription_guards(),
    *consult_guards(),
    *_never("printed_movements", "what a document showed stays shown", "UPDATE"),
    *_never("printed_movements", "what an issued document showed stays shown", "DELETE", condition=_issued("OLD")),
    *_never("printed_movements", "an issued document shows no further movements", "INSERT", condition=_issued("NEW")),
    *_never(
        "tariff_versions",
        "a published tariff version never changes",
        "UPDATE",
        "DELETE",
        condition="OLD.state = 'published'",
    ),
    *_never("vat_number_checks", "checks of VAT numbers are kept for ever", "UPDATE", "DELETE"),
    *_never("time_entry_revisions", "revisions of time are kept for ever", "UPDATE", "DELETE"),
    *_never("time_corrections", "corrections of time are kept for ever", "UPDATE", "DELETE"),
    *_never("import_policies", "a stored import policy never changes", "UPDATE", "DELETE"),
    *_never("import_events", "the history of an import never changes", "UPDATE", "DELETE"),
    *_never("import_fees", "a fee that was charged stays charged", "UPDATE", "DELETE"),
    *_never("import_quotes", "a decided quote never changes", "UPDATE", condition="OLD.state <> 'open'"),
    *_never(
        "import_quotes_content",
        "what a quote offers never changes",
        "UPDATE",
        table="import_quotes",
        condition="OLD.document <> NEW.document OR OLD.price <> NEW.price OR OLD.valid_until <> NEW.valid_until",
    ),
    *_never("import_quotes", "a quote is kept for ever", "DELETE"),
    *_never("import_quote_pdfs", "a stored PDF never changes", "UPDATE", "DELETE"),
    *_never(
        "audit_trail", _TRAIL, "UPDATE", condition=f"{_NOT_SEALING} OR OLD.administration_id <> NEW.administration_id"
    ),
    *_never("operator_audit_trail", _TRAIL, "UPDATE", condition=_NOT_SEALING),
    *_never("audit_trail", _TRAIL, "DELETE"),
    *_never("operator_audit_trail", _TRAIL, "DELETE"),
    *_never("audit_heads", _HEAD, "UPDATE", condition="NEW.seal_number <= OLD.seal_number"),
    *_never("operator_audit_heads", _HEAD, "UPDATE", condition="NEW.seal_number <= OLD.seal_number"),
    *_never("audit_heads", _HEAD, "DELETE"),
    *_never("operator_audit_heads", _HEAD, "DELETE"),
)


def lift(connection: Connection) -> None:
    """Drop every trigger before a migration, in its transaction. SQLite refuses to rebuild a table while any trigger
    anywhere names a column that is not there yet, or no longer; PostgreSQL looks only when a trigger fires."""
    if connection.dialect.name == "sqlite":
        for name in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all():
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')


def install(connection: Connection) -> None:
    """Create every guard anew, in the caller's transaction; those of tables that a later migration makes come then."""
    sqlite = connection.dialect.name == "sqlite"
    make = _for_sqlite if sqlite else _for_postgresql
    tables = set(inspect(connection).get_table_names())
    for guard in (guard for guard in GUARDS if guard.table in tables):
        for statement in make(guard):
            connection.exec_driver_sql(statement)
    if not sqlite:  # workers on SQLite watch its data version instead
        for statement in _WAKE_WORKERS:
            connection.exec_driver_sql(statement)


_WAKE_WORKERS = (
    "CREATE OR REPLACE FUNCTION wake_workers() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    f" PERFORM pg_notify('{NEW_WORK}', ''); RETURN NULL; END $$",
    "DROP TRIGGER IF EXISTS wake_workers ON outbox",
    "CREATE TRIGGER wake_workers AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION wake_workers()",
)


def _for_sqlite(guard: Guard) -> list[str]:
    return [
        f"DROP TRIGGER IF EXISTS {guard.name}",
        f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} FOR EACH ROW WHEN {guard.condition}"
        f" BEGIN SELECT RAISE(ABORT, '{guard.sentence}'); END",
    ]


def _for_postgresql(guard: Guard) -> list[str]:
    result = "OLD" if guard.event == "DELETE" else "NEW"
    return [
        f"CREATE OR REPLACE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {guard.condition} THEN RAISE EXCEPTION '{guard.sentence}'"
        " USING ERRCODE = 'integrity_constraint_violation';"
        f" END IF; RETURN {result}; END $$",
        f"DROP TRIGGER IF EXISTS {guard.name} ON {guard.table}",
        f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table}"
        f" FOR EACH ROW EXECUTE FUNCTION {guard.name}()",
    ]
