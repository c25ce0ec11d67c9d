"""Movements of prepaid time stand on one document each

Revision: 0022
Before: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "printed_movements",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("movement_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["administration_id", "invoice_id"],
            ["invoices.administration_id", "invoices.id"],
            name=op.f("fk_printed_movements_administration_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "movement_id"],
            ["card_movements.administration_id", "card_movements.id"],
            name=op.f("fk_printed_movements_administration_id_movement_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_printed_movements_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "movement_id", name=op.f("pk_printed_movements")),
    )
    op.create_index(
        op.f("ix_printed_movements_administration_id_invoice_id"),
        "printed_movements",
        ["administration_id", "invoice_id"],
    )
