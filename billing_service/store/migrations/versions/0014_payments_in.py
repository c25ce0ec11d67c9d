"""Payments told by a package

Revision: 0014
Before: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payment_pulls",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pulled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("waits", sa.Text(), nullable=True),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["administration_id", "connection_id"],
            ["connections.administration_id", "connections.id"],
            name=op.f("fk_payment_pulls_administration_id_connection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_payment_pulls_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "connection_id", name=op.f("pk_payment_pulls")),
    )
    op.create_table(
        "payments_in",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("document_number", sa.Text(), nullable=True),
        sa.Column("customer", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("iban", sa.Text(), nullable=True),
        sa.Column("undoes", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("derived", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("doubt", sa.Text(), nullable=True),
        sa.Column("proposals", sa.JSON(), nullable=True),
        sa.Column("decision", sa.JSON(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("receipt_id", sa.Uuid(), nullable=True),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("booked", sa.Text(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'needs_decision') = (doubt IS NOT NULL)", name=op.f("ck_payments_in_doubt")),
        sa.CheckConstraint(
            "state IN ('settled', 'recognised', 'needs_decision', 'balance', 'opening', 'elsewhere', 'not_ours', 'taken_back', 'reversal')",
            name=op.f("ck_payments_in_state"),
        ),
        sa.CheckConstraint("receipt_id IS NULL OR refund_id IS NULL", name=op.f("ck_payments_in_booked")),
        sa.ForeignKeyConstraint(
            ["administration_id", "connection_id"],
            ["connections.administration_id", "connections.id"],
            name=op.f("fk_payments_in_administration_id_connection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "customer_id"],
            ["customers.administration_id", "customers.id"],
            name=op.f("fk_payments_in_administration_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "receipt_id"],
            ["receipts.administration_id", "receipts.id"],
            name=op.f("fk_payments_in_administration_id_receipt_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "refund_id"],
            ["refunds.administration_id", "refunds.id"],
            name=op.f("fk_payments_in_administration_id_refund_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_payments_in_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "id", name=op.f("pk_payments_in")),
        sa.UniqueConstraint("administration_id", "connection_id", "remote_id", name="uq_payments_in_remote"),
    )
    op.create_index("ix_payments_in_customer", "payments_in", ["administration_id", "customer_id", "id"], unique=False)
    op.create_index(
        "ix_payments_in_document", "payments_in", ["administration_id", "connection_id", "document"], unique=False
    )
    op.create_index(
        "ix_payments_in_number",
        "payments_in",
        ["administration_id", "connection_id", "number"],
        unique=False,
        postgresql_where=sa.text("number IS NOT NULL"),
        sqlite_where=sa.text("number IS NOT NULL"),
    )
    op.create_index(
        "ix_payments_in_receipt",
        "payments_in",
        ["administration_id", "receipt_id"],
        unique=False,
        postgresql_where=sa.text("receipt_id IS NOT NULL"),
        sqlite_where=sa.text("receipt_id IS NOT NULL"),
    )
    op.create_index("ix_payments_in_state", "payments_in", ["administration_id", "state", "id"], unique=False)
    op.create_index(
        "ix_payments_in_undecided",
        "payments_in",
        ["administration_id", "connection_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'needs_decision'"),
        sqlite_where=sa.text("state = 'needs_decision'"),
    )
    op.create_index(
        "ix_payments_in_undoes",
        "payments_in",
        ["administration_id", "connection_id", "undoes"],
        unique=False,
        postgresql_where=sa.text("undoes IS NOT NULL"),
        sqlite_where=sa.text("undoes IS NOT NULL"),
    )
    op.create_index(
        "ix_invoices_payment_reference",
        "invoices",
        ["administration_id", "payment_reference"],
        unique=False,
        postgresql_where=sa.text("payment_reference IS NOT NULL"),
        sqlite_where=sa.text("payment_reference IS NOT NULL"),
    )
    op.create_index(
        "ix_receipts_payer",
        "receipts",
        ["administration_id", "payer_iban", "customer_id"],
        unique=False,
        postgresql_where=sa.text("payer_iban IS NOT NULL"),
        sqlite_where=sa.text("payer_iban IS NOT NULL"),
    )
