"""Credit notes, corrections, and money that comes in

Revision: 0004
Before: 0003
"""

import sqlalchemy as sa
from alembic import op

from billing_service.store.rebuilding import rebuild

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

CHARGE_STATES = "state IN ('open', 'released', 'invoiced', 'cancelled')"
NEW_CHARGE_STATES = "state IN ('open', 'released', 'invoiced', 'credited', 'cancelled')"
ON_A_LINE = "(state IN ('released', 'invoiced')) = (invoice_id IS NOT NULL)"
NEW_ON_A_LINE = "(state IN ('released', 'invoiced', 'credited')) = (invoice_id IS NOT NULL)"
CREDITS = "(kind = 'credit_note') = (credits_invoice_id IS NOT NULL)"


def upgrade() -> None:
    op.add_column("invoice_lines", sa.Column("credits_line", sa.Integer(), nullable=True))
    op.add_column("invoices", sa.Column("credits_invoice_id", sa.Uuid(), nullable=True))
    op.add_column("charges", sa.Column("replaces_id", sa.Uuid(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        change_sqlite_tables()
    else:
        change_constraints()
    add_indexes()
    add_tables()


def change_constraints() -> None:
    op.drop_constraint("ck_charges_state", "charges")
    op.create_check_constraint(op.f("ck_charges_state"), "charges", NEW_CHARGE_STATES)
    op.drop_constraint("ck_charges_on_a_line", "charges")
    op.create_check_constraint(op.f("ck_charges_on_a_line"), "charges", NEW_ON_A_LINE)
    op.drop_constraint("uq_charges_administration_id_question_id_part", "charges")
    op.create_check_constraint(op.f("ck_invoices_credits"), "invoices", CREDITS)
    for table, column in (("charges", "replaces_id"), ("invoices", "credits_invoice_id")):
        name, key = op.f(f"fk_{table}_administration_id_{column}"), ["administration_id", "id"]
        op.create_foreign_key(name, table, table, ["administration_id", column], key)


def change_sqlite_tables() -> None:
    """SQLite changes no constraint of a table that exists: it is made anew from its own text, and filled."""
    question_part = "UNIQUE (administration_id, question_id, part)"
    replaces = foreign_key("charges", "replaces_id")
    rebuild(
        "charges",
        {
            f"CHECK ({CHARGE_STATES})": f"CHECK ({NEW_CHARGE_STATES})",
            f"CHECK ({ON_A_LINE})": f"CHECK ({NEW_ON_A_LINE})",
            f"CONSTRAINT uq_charges_administration_id_question_id_part {question_part}": replaces,
        },
    )
    totals = "CONSTRAINT ck_invoices_totals CHECK (net + vat = gross)"
    credits = f"CONSTRAINT ck_invoices_credits CHECK ({CREDITS})"
    rebuild("invoices", {totals: f"{totals}, {credits}, {foreign_key('invoices', 'credits_invoice_id')}"})


def foreign_key(table: str, column: str) -> str:
    return (
        f"CONSTRAINT fk_{table}_administration_id_{column} FOREIGN KEY(administration_id, {column})"
        f" REFERENCES {table} (administration_id, id)"
    )


def add_indexes() -> None:
    op.create_index(
        "uq_charges_question_part",
        "charges",
        ["administration_id", "question_id", "part"],
        unique=True,
        postgresql_where=sa.text("state <> 'credited'"),
        sqlite_where=sa.text("state <> 'credited'"),
    )
    op.create_index(
        op.f("ix_invoices_administration_id_due_date"), "invoices", ["administration_id", "due_date"], unique=False
    )
    op.create_index(
        "ix_invoices_credits",
        "invoices",
        ["administration_id", "credits_invoice_id"],
        unique=False,
        postgresql_where=sa.text("credits_invoice_id IS NOT NULL"),
        sqlite_where=sa.text("credits_invoice_id IS NOT NULL"),
    )
    op.create_index(
        "uq_invoices_waiting_credit",
        "invoices",
        ["administration_id", "credits_invoice_id"],
        unique=True,
        postgresql_where=sa.text("credits_invoice_id IS NOT NULL AND state = 'released'"),
        sqlite_where=sa.text("credits_invoice_id IS NOT NULL AND state = 'released'"),
    )


def add_tables() -> None:
    op.create_table(
        "receipts",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("payer_name", sa.Text(), nullable=True),
        sa.Column("payer_iban", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "method IN ('bank_transfer', 'direct_debit', 'card', 'cash', 'other')", name=op.f("ck_receipts_method")
        ),
        sa.CheckConstraint("(cancelled_at IS NULL) = (cancel_reason IS NULL)", name=op.f("ck_receipts_cancelled")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_receipts_amount")),
        sa.ForeignKeyConstraint(
            ["administration_id", "customer_id"],
            ["customers.administration_id", "customers.id"],
            name=op.f("fk_receipts_administration_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_receipts_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "id", name=op.f("pk_receipts")),
    )
    op.create_index(
        op.f("ix_receipts_administration_id_customer_id_received_on"),
        "receipts",
        ["administration_id", "customer_id", "received_on"],
        unique=False,
    )
    op.create_table(
        "allocations",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("receipt_id", sa.Uuid(), nullable=True),
        sa.Column("credit_note_id", sa.Uuid(), nullable=True),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("overpays", sa.Boolean(), nullable=False),
        sa.Column("allocated_on", sa.Date(), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(receipt_id IS NULL) <> (credit_note_id IS NULL)", name=op.f("ck_allocations_source")),
        sa.CheckConstraint(
            "amount <> 0 AND (amount < 0) = (reverses_id IS NOT NULL)", name=op.f("ck_allocations_amount")
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "credit_note_id"],
            ["invoices.administration_id", "invoices.id"],
            name=op.f("fk_allocations_administration_id_credit_note_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "customer_id"],
            ["customers.administration_id", "customers.id"],
            name=op.f("fk_allocations_administration_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "invoice_id"],
            ["invoices.administration_id", "invoices.id"],
            name=op.f("fk_allocations_administration_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "receipt_id"],
            ["receipts.administration_id", "receipts.id"],
            name=op.f("fk_allocations_administration_id_receipt_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "reverses_id"],
            ["allocations.administration_id", "allocations.id"],
            name=op.f("fk_allocations_administration_id_reverses_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_allocations_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "id", name=op.f("pk_allocations")),
        sa.UniqueConstraint(
            "administration_id", "reverses_id", name=op.f("uq_allocations_administration_id_reverses_id")
        ),
    )
    op.create_index(
        "ix_allocations_credit",
        "allocations",
        ["administration_id", "credit_note_id", "amount"],
        unique=False,
        postgresql_where=sa.text("credit_note_id IS NOT NULL"),
        sqlite_where=sa.text("credit_note_id IS NOT NULL"),
    )
    op.create_index(
        "ix_allocations_invoice",
        "allocations",
        ["administration_id", "invoice_id", "credit_note_id", "amount"],
        unique=False,
    )
    op.create_index(
        "ix_allocations_receipt",
        "allocations",
        ["administration_id", "receipt_id", "amount"],
        unique=False,
        postgresql_where=sa.text("receipt_id IS NOT NULL"),
        sqlite_where=sa.text("receipt_id IS NOT NULL"),
    )
    op.create_table(
        "disputes",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(ended_on IS NULL) = (outcome IS NULL)", name=op.f("ck_disputes_ended")),
        sa.CheckConstraint("ended_on >= opened_on", name=op.f("ck_disputes_days")),
        sa.ForeignKeyConstraint(
            ["administration_id", "invoice_id"],
            ["invoices.administration_id", "invoices.id"],
            name=op.f("fk_disputes_administration_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_disputes_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "id", name=op.f("pk_disputes")),
    )
    op.create_index(
        op.f("ix_disputes_administration_id_invoice_id"), "disputes", ["administration_id", "invoice_id"], unique=False
    )
    op.create_index(
        "uq_disputes_open",
        "disputes",
        ["administration_id", "invoice_id"],
        unique=True,
        postgresql_where=sa.text("ended_on IS NULL"),
        sqlite_where=sa.text("ended_on IS NULL"),
    )
    op.create_table(
        "refunds",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("receipt_id", sa.Uuid(), nullable=True),
        sa.Column("credit_note_id", sa.Uuid(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("refunded_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(receipt_id IS NULL) <> (credit_note_id IS NULL)", name=op.f("ck_refunds_source")),
        sa.CheckConstraint("amount <> 0 AND (amount < 0) = (reverses_id IS NOT NULL)", name=op.f("ck_refunds_amount")),
        sa.ForeignKeyConstraint(
            ["administration_id", "credit_note_id"],
            ["invoices.administration_id", "invoices.id"],
            name=op.f("fk_refunds_administration_id_credit_note_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "customer_id"],
            ["customers.administration_id", "customers.id"],
            name=op.f("fk_refunds_administration_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "receipt_id"],
            ["receipts.administration_id", "receipts.id"],
            name=op.f("fk_refunds_administration_id_receipt_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "reverses_id"],
            ["refunds.administration_id", "refunds.id"],
            name=op.f("fk_refunds_administration_id_reverses_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_refunds_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("administration_id", "reverses_id", name=op.f("uq_refunds_administration_id_reverses_id")),
    )
    op.create_index(
        op.f("ix_refunds_administration_id_customer_id"), "refunds", ["administration_id", "customer_id"], unique=False
    )
    op.create_index(
        "ix_refunds_credit",
        "refunds",
        ["administration_id", "credit_note_id", "amount"],
        unique=False,
        postgresql_where=sa.text("credit_note_id IS NOT NULL"),
        sqlite_where=sa.text("credit_note_id IS NOT NULL"),
    )
    op.create_index(
        "ix_refunds_receipt",
        "refunds",
        ["administration_id", "receipt_id", "amount"],
        unique=False,
        postgresql_where=sa.text("receipt_id IS NOT NULL"),
        sqlite_where=sa.text("receipt_id IS NOT NULL"),
    )
    op.create_table(
        "write_offs",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("written_off_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "amount <> 0 AND (amount < 0) = (reverses_id IS NOT NULL)", name=op.f("ck_write_offs_amount")
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "customer_id"],
            ["customers.administration_id", "customers.id"],
            name=op.f("fk_write_offs_administration_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "invoice_id"],
            ["invoices.administration_id", "invoices.id"],
            name=op.f("fk_write_offs_administration_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "reverses_id"],
            ["write_offs.administration_id", "write_offs.id"],
            name=op.f("fk_write_offs_administration_id_reverses_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_write_offs_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "id", name=op.f("pk_write_offs")),
        sa.UniqueConstraint(
            "administration_id", "reverses_id", name=op.f("uq_write_offs_administration_id_reverses_id")
        ),
    )
    op.create_index(
        op.f("ix_write_offs_administration_id_customer_id"),
        "write_offs",
        ["administration_id", "customer_id"],
        unique=False,
    )
    op.create_index("ix_write_offs_invoice", "write_offs", ["administration_id", "invoice_id", "amount"], unique=False)
