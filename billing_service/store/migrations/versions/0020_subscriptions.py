"""Subscriptions, what was agreed about them from which day on, and the periods that were billed

Revision: 0020
Before: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("once_amount", sa.BigInteger(), nullable=True),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("anchor", sa.Text(), nullable=False),
        sa.Column("timing", sa.Text(), nullable=False),
        sa.Column("first_policy", sa.Text(), nullable=False),
        sa.Column("last_policy", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("vat_class", sa.Text(), nullable=False),
        sa.Column("revenue_group", sa.Text(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("billed_until", sa.Date(), nullable=True),
        sa.Column("next_due", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("anchor IN ('calendar', 'start')", name=op.f("ck_subscriptions_anchor")),
        sa.CheckConstraint(
            "first_policy IN ('full', 'none', 'days', 'thirty')", name=op.f("ck_subscriptions_first_policy")
        ),
        sa.CheckConstraint(
            "last_policy IN ('full', 'none', 'days', 'thirty')", name=op.f("ck_subscriptions_last_policy")
        ),
        sa.CheckConstraint("period IN ('month', 'quarter', 'half_year', 'year')", name=op.f("ck_subscriptions_period")),
        sa.CheckConstraint("timing IN ('in_advance', 'in_arrears')", name=op.f("ck_subscriptions_timing")),
        sa.CheckConstraint(
            "vat_class IN ('standard', 'reduced', 'zero', 'exempt')", name=op.f("ck_subscriptions_vat_class")
        ),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_subscriptions_validity")),
        sa.CheckConstraint("once_amount >= 0", name=op.f("ck_subscriptions_once_amount")),
        sa.ForeignKeyConstraint(
            ["administration_id", "contract_id"],
            ["contracts.administration_id", "contracts.id"],
            name=op.f("fk_subscriptions_administration_id_contract_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_subscriptions_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "id", name=op.f("pk_subscriptions")),
    )
    op.create_index(
        op.f("ix_subscriptions_administration_id_contract_id"),
        "subscriptions",
        ["administration_id", "contract_id"],
        unique=False,
    )
    op.create_index(
        "ix_subscriptions_due",
        "subscriptions",
        ["administration_id", "contract_id", "next_due"],
        unique=False,
        postgresql_where=sa.text("next_due IS NOT NULL"),
        sqlite_where=sa.text("next_due IS NOT NULL"),
    )
    op.create_table(
        "subscription_terms",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(base IS NOT NULL) = (kind IN ('percentage', 'per_mille'))", name=op.f("ck_subscription_terms_base")
        ),
        sa.CheckConstraint(
            "kind IN ('amount', 'percentage', 'per_mille', 'index', 'quantity')",
            name=op.f("ck_subscription_terms_kind"),
        ),
        sa.CheckConstraint("value >= 0 OR kind = 'index'", name=op.f("ck_subscription_terms_value")),
        sa.ForeignKeyConstraint(
            ["administration_id", "subscription_id"],
            ["subscriptions.administration_id", "subscriptions.id"],
            name=op.f("fk_subscription_terms_administration_id_subscription_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_subscription_terms_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "id", name=op.f("pk_subscription_terms")),
    )
    op.create_index(
        op.f("ix_subscription_terms_administration_id_subscription_id"),
        "subscription_terms",
        ["administration_id", "subscription_id"],
        unique=False,
    )
    op.create_index(
        "uq_subscription_terms_index",
        "subscription_terms",
        ["administration_id", "subscription_id", "valid_from"],
        unique=True,
        postgresql_where=sa.text("kind = 'index'"),
        sqlite_where=sa.text("kind = 'index'"),
    )
    op.create_table(
        "subscription_periods",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("whole", sa.BigInteger(), nullable=False),
        sa.Column("charge_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("part IN ('once', 'periodic')", name=op.f("ck_subscription_periods_part")),
        sa.CheckConstraint("number >= 0", name=op.f("ck_subscription_periods_number")),
        sa.ForeignKeyConstraint(
            ["administration_id", "charge_id"],
            ["charges.administration_id", "charges.id"],
            name=op.f("fk_subscription_periods_administration_id_charge_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "subscription_id"],
            ["subscriptions.administration_id", "subscriptions.id"],
            name=op.f("fk_subscription_periods_administration_id_subscription_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_subscription_periods_administration_id")
        ),
        sa.PrimaryKeyConstraint(
            "administration_id", "subscription_id", "part", "first_day", "number", name=op.f("pk_subscription_periods")
        ),
        sa.UniqueConstraint(
            "administration_id", "charge_id", name=op.f("uq_subscription_periods_administration_id_charge_id")
        ),
    )
