"""What both sides of a connection agreed on last, and conflicts about it

Revision: 0017
Before: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agreements",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("noun IN ('customer', 'document', 'receipt')", name=op.f("ck_agreements_noun")),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_agreements_administration_id")
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "connection_id"],
            ["connections.administration_id", "connections.id"],
            name=op.f("fk_agreements_administration_id_connection_id"),
        ),
        sa.PrimaryKeyConstraint("administration_id", "connection_id", "noun", "subject_id", name=op.f("pk_agreements")),
    )
    op.create_table(
        "sync_conflicts",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("compared", sa.JSON(), nullable=False),
        sa.Column("found_by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("noun IN ('customer', 'document', 'receipt')", name=op.f("ck_sync_conflicts_noun")),
        sa.CheckConstraint("kind IN ('changed', 'gone', 'cancelled', 'by_hand')", name=op.f("ck_sync_conflicts_kind")),
        sa.CheckConstraint("state IN ('open', 'resolved')", name=op.f("ck_sync_conflicts_state")),
        sa.CheckConstraint("choice IN ('ours', 'theirs', 'keep', 'none')", name=op.f("ck_sync_conflicts_choice")),
        sa.CheckConstraint("(state = 'resolved') = (choice IS NOT NULL)", name=op.f("ck_sync_conflicts_resolved")),
        sa.CheckConstraint("choice <> 'keep' OR reason IS NOT NULL", name=op.f("ck_sync_conflicts_reason")),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_sync_conflicts_administration_id")
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "connection_id"],
            ["connections.administration_id", "connections.id"],
            name=op.f("fk_sync_conflicts_administration_id_connection_id"),
        ),
        sa.PrimaryKeyConstraint("administration_id", "id", name=op.f("pk_sync_conflicts")),
    )
    op.create_index(
        "uq_sync_conflicts_open",
        "sync_conflicts",
        ["administration_id", "connection_id", "noun", "subject_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
