"""VAT rates that operators add; checks of VAT numbers

Revision: 0009
Before: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vat_rates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vat_class", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("rate", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("rate > 0 AND rate < 10000", name=op.f("ck_vat_rates_rate")),
        sa.CheckConstraint("vat_class IN ('standard', 'reduced')", name=op.f("ck_vat_rates_vat_class")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vat_rates")),
    )
    op.create_index("uq_vat_rates_class_day", "vat_rates", ["vat_class", "valid_from"], unique=True)
    op.create_table(
        "vat_number_checks",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("vat_number", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("rule IN ('form')", name=op.f("ck_vat_number_checks_rule")),
        sa.ForeignKeyConstraint(
            ["administration_id", "customer_id"],
            ["customers.administration_id", "customers.id"],
            name=op.f("fk_vat_number_checks_administration_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_vat_number_checks_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "id", name=op.f("pk_vat_number_checks")),
    )
    op.create_index(
        op.f("ix_vat_number_checks_administration_id_customer_id_checked_at"),
        "vat_number_checks",
        ["administration_id", "customer_id", "checked_at"],
        unique=False,
    )
