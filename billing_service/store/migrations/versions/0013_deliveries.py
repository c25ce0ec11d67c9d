"""Documents, customers and receipts on their way to a package

Revision: 0013
Before: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deliveries",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("attached", sa.Boolean(), nullable=False),
        sa.Column("without_file", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unclear", sa.Boolean(), nullable=False),
        sa.Column("look_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("waits", sa.Text(), nullable=True),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("fix", sa.Text(), nullable=True),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("differences", sa.JSON(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(cause IS NULL) = (fix IS NULL)", name=op.f("ck_deliveries_cause_and_fix")),
        sa.CheckConstraint("(state = 'needs_attention') = (cause IS NOT NULL)", name=op.f("ck_deliveries_cause")),
        sa.CheckConstraint(
            "NOT unclear OR (tried_at IS NOT NULL AND look_after IS NOT NULL)", name=op.f("ck_deliveries_unclear")
        ),
        sa.CheckConstraint(
            "fix IN ('fix_data', 'fix_mapping', 'fix_rights', 'fix_support', 'look_there', 'wait')",
            name=op.f("ck_deliveries_fix"),
        ),
        sa.CheckConstraint("noun IN ('document', 'customer', 'receipt')", name=op.f("ck_deliveries_noun")),
        sa.CheckConstraint(
            "state <> 'delivered' OR (delivered_at IS NOT NULL AND NOT unclear)", name=op.f("ck_deliveries_delivered")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'needs_attention', 'cancelled')", name=op.f("ck_deliveries_state")
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_deliveries_administration_id")
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "connection_id"],
            ["connections.administration_id", "connections.id"],
            name=op.f("fk_deliveries_administration_id_connection_id"),
        ),
        sa.PrimaryKeyConstraint("administration_id", "id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("administration_id", "connection_id", "noun", "remote_id", name="uq_deliveries_remote"),
        sa.UniqueConstraint("administration_id", "connection_id", "noun", "subject_id", name="uq_deliveries_subject"),
    )
    op.create_index(
        "ix_deliveries_not_delivered",
        "deliveries",
        ["administration_id", "state", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'needs_attention')"),
        sqlite_where=sa.text("state IN ('waiting', 'needs_attention')"),
    )
    op.create_index(
        "uq_deliveries_receipt",
        "deliveries",
        ["administration_id", "connection_id", "number"],
        unique=True,
        postgresql_where=sa.text("noun = 'receipt'"),
        sqlite_where=sa.text("noun = 'receipt'"),
    )
