"""Prepaid time: hour cards and blocks, allowances and their movements

Revision: 0019
Before: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "allowances",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("carry_over_periods", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "period IN ('calendar_month', 'calendar_quarter', 'calendar_year', 'contract_year')",
            name=op.f("ck_allowances_period"),
        ),
        sa.CheckConstraint("unit IN ('questions', 'minutes')", name=op.f("ck_allowances_unit")),
        sa.CheckConstraint("carry_over_periods >= 0", name=op.f("ck_allowances_carry_over_periods")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_allowances_quantity")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_allowances_validity")),
        sa.ForeignKeyConstraint(
            ["administration_id", "contract_id"],
            ["contracts.administration_id", "contracts.id"],
            name=op.f("fk_allowances_administration_id_contract_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_allowances_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "id", name=op.f("pk_allowances")),
    )
    op.create_index(
        op.f("ix_allowances_administration_id_contract_id"),
        "allowances",
        ["administration_id", "contract_id"],
        unique=False,
    )

    op.create_table(
        "hour_cards",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("vat_class", sa.Text(), nullable=False),
        sa.Column("revenue_group", sa.Text(), nullable=True),
        sa.Column("multi_purpose", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("low_balance_minutes", sa.Integer(), nullable=True),
        sa.Column("follows_id", sa.Uuid(), nullable=True),
        sa.Column("sold_on", sa.Date(), nullable=False),
        sa.Column("charge_id", sa.Uuid(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('card', 'block')", name=op.f("ck_hour_cards_kind")),
        sa.CheckConstraint(
            "vat_class IN ('standard', 'reduced', 'zero', 'exempt')", name=op.f("ck_hour_cards_vat_class")
        ),
        sa.CheckConstraint("low_balance_minutes >= 0", name=op.f("ck_hour_cards_low_balance_minutes")),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_hour_cards_minutes")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_hour_cards_price")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_hour_cards_validity")),
        sa.ForeignKeyConstraint(
            ["administration_id", "charge_id"],
            ["charges.administration_id", "charges.id"],
            name=op.f("fk_hour_cards_administration_id_charge_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "contract_id"],
            ["contracts.administration_id", "contracts.id"],
            name=op.f("fk_hour_cards_administration_id_contract_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "customer_id"],
            ["customers.administration_id", "customers.id"],
            name=op.f("fk_hour_cards_administration_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "follows_id"],
            ["hour_cards.administration_id", "hour_cards.id"],
            name=op.f("fk_hour_cards_administration_id_follows_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_hour_cards_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "id", name=op.f("pk_hour_cards")),
        sa.UniqueConstraint("administration_id", "reference", name=op.f("uq_hour_cards_administration_id_reference")),
    )
    op.create_index(
        op.f("ix_hour_cards_administration_id_contract_id"),
        "hour_cards",
        ["administration_id", "contract_id"],
        unique=False,
    )

    op.create_table(
        "card_movements",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hour_card_id", sa.Uuid(), nullable=True),
        sa.Column("allowance_id", sa.Uuid(), nullable=True),
        sa.Column("period_first", sa.Date(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("work_date", sa.Date(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=True),
        sa.Column("part", sa.Integer(), nullable=True),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind <> 'sale' OR hour_card_id IS NOT NULL) AND (kind <> 'grant' OR allowance_id IS NOT NULL)",
            name=op.f("ck_card_movements_begins"),
        ),
        sa.CheckConstraint("(kind = 'undo') = (reverses_id IS NOT NULL)", name=op.f("ck_card_movements_undo")),
        sa.CheckConstraint("kind <> 'correction' OR reason IS NOT NULL", name=op.f("ck_card_movements_correction")),
        sa.CheckConstraint(
            "kind <> 'draw' OR question_id IS NOT NULL AND part IS NOT NULL", name=op.f("ck_card_movements_draw")
        ),
        sa.CheckConstraint(
            "kind IN ('sale', 'grant', 'draw', 'undo', 'correction')", name=op.f("ck_card_movements_kind")
        ),
        sa.CheckConstraint(
            "quantity <> 0 AND (kind NOT IN ('sale', 'grant') OR quantity > 0) AND (kind <> 'draw' OR quantity < 0)",
            name=op.f("ck_card_movements_quantity"),
        ),
        sa.CheckConstraint("(allowance_id IS NULL) = (period_first IS NULL)", name=op.f("ck_card_movements_period")),
        sa.CheckConstraint("(hour_card_id IS NULL) <> (allowance_id IS NULL)", name=op.f("ck_card_movements_pot")),
        sa.ForeignKeyConstraint(
            ["administration_id", "allowance_id"],
            ["allowances.administration_id", "allowances.id"],
            name=op.f("fk_card_movements_administration_id_allowance_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "hour_card_id"],
            ["hour_cards.administration_id", "hour_cards.id"],
            name=op.f("fk_card_movements_administration_id_hour_card_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "question_id"],
            ["questions.administration_id", "questions.id"],
            name=op.f("fk_card_movements_administration_id_question_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "reverses_id"],
            ["card_movements.administration_id", "card_movements.id"],
            name=op.f("fk_card_movements_administration_id_reverses_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_card_movements_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "id", name=op.f("pk_card_movements")),
        sa.UniqueConstraint(
            "administration_id", "reverses_id", name=op.f("uq_card_movements_administration_id_reverses_id")
        ),
    )
    op.create_index(
        "ix_card_movements_allowance",
        "card_movements",
        ["administration_id", "allowance_id", "period_first", "quantity"],
        unique=False,
    )
    op.create_index(
        "ix_card_movements_card", "card_movements", ["administration_id", "hour_card_id", "quantity"], unique=False
    )
    op.create_index(
        "ix_card_movements_question",
        "card_movements",
        ["administration_id", "question_id"],
        unique=False,
        postgresql_where=sa.text("question_id IS NOT NULL"),
        sqlite_where=sa.text("question_id IS NOT NULL"),
    )
    op.create_index(
        "uq_card_movements_grant",
        "card_movements",
        ["administration_id", "allowance_id", "period_first"],
        unique=True,
        postgresql_where=sa.text("kind = 'grant'"),
        sqlite_where=sa.text("kind = 'grant'"),
    )
    op.create_index(
        "uq_card_movements_sale",
        "card_movements",
        ["administration_id", "hour_card_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'sale'"),
        sqlite_where=sa.text("kind = 'sale'"),
    )

    op.add_column("decisions", sa.Column("draws", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_decisions_drawing",
        "decisions",
        ["administration_id", "contract_id", "decided_on"],
        unique=False,
        postgresql_where=sa.text("draws"),
        sqlite_where=sa.text("draws"),
    )
