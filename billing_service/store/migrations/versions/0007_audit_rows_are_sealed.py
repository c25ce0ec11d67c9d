"""Audit rows are sealed into a chain

Revision: 0007
Before: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

UNSEALED = sa.text("seal_number IS NULL")
SEALED = sa.text("seal_number IS NOT NULL")


def upgrade() -> None:
    # Added in place, also on SQLite: the trail is not copied. Old rows are unsealed and get their seals in their order.
    for table, key in (("audit_trail", ["administration_id"]), ("operator_audit_trail", [])):
        op.add_column(table, sa.Column("seal_number", sa.BigInteger(), nullable=True))
        op.add_column(table, sa.Column("seal", sa.Text(), nullable=True))
        op.create_index(f"ix_{table}_unsealed", table, ["id"], postgresql_where=UNSEALED, sqlite_where=UNSEALED)
        op.create_index(
            f"uq_{table}_seal_number",
            table,
            [*key, "seal_number"],
            unique=True,
            postgresql_where=SEALED,
            sqlite_where=SEALED,
        )
    op.create_table(
        "audit_heads",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("seal_number", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_audit_heads_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", name=op.f("pk_audit_heads")),
    )
    op.create_table(
        "operator_audit_heads",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seal_number", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_operator_audit_heads_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_audit_heads")),
    )
