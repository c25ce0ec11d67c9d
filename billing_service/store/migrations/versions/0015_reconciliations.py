"""Reconciliations with a package, and what they found

Revision: 0015
Before: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reconciliations",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("documents_ours", sa.Integer(), nullable=False),
        sa.Column("documents_theirs", sa.Integer(), nullable=False),
        sa.Column("total_ours", sa.BigInteger(), nullable=False),
        sa.Column("total_theirs", sa.BigInteger(), nullable=False),
        sa.Column("open_ours", sa.BigInteger(), nullable=False),
        sa.Column("open_theirs", sa.BigInteger(), nullable=False),
        sa.Column("unexplained", sa.BigInteger(), nullable=False),
        sa.Column("unexplained_open", sa.BigInteger(), nullable=False),
        sa.Column("vat", sa.JSON(), nullable=False),
        sa.Column("classes", sa.JSON(), nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.Column("on_their_way", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_reconciliations_administration_id")
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "connection_id"],
            ["connections.administration_id", "connections.id"],
            name=op.f("fk_reconciliations_administration_id_connection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "job_id"],
            ["jobs.administration_id", "jobs.id"],
            name=op.f("fk_reconciliations_administration_id_job_id"),
        ),
        sa.PrimaryKeyConstraint("administration_id", "id", name=op.f("pk_reconciliations")),
        sa.UniqueConstraint("administration_id", "job_id", name=op.f("uq_reconciliations_administration_id_job_id")),
    )
    op.create_index(
        op.f("ix_reconciliations_administration_id_connection_id_created_at"),
        "reconciliations",
        ["administration_id", "connection_id", "created_at"],
    )
    op.create_table(
        "differences",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reconciliation_id", sa.Uuid(), nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("repair", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.BigInteger(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "class IN ('under_way', 'missing', 'not_booked', 'voided', 'extra', 'duplicate', 'changed',"
            " 'differently_paid')",
            name=op.f("ck_differences_class"),
        ),
        sa.CheckConstraint(
            "repair IN ('wait', 'retry', 'deliver_again', 'book', 'credit_here_or_restore', 'remove_there',"
            " 'correct_there', 'pull_payments')",
            name=op.f("ck_differences_repair"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_differences_administration_id")
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "reconciliation_id"],
            ["reconciliations.administration_id", "reconciliations.id"],
            name=op.f("fk_differences_administration_id_reconciliation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "document_id"],
            ["invoices.administration_id", "invoices.id"],
            name=op.f("fk_differences_administration_id_document_id"),
        ),
        sa.PrimaryKeyConstraint("administration_id", "id", name=op.f("pk_differences")),
    )
    op.create_index(
        op.f("ix_differences_administration_id_reconciliation_id_id"),
        "differences",
        ["administration_id", "reconciliation_id", "id"],
    )
