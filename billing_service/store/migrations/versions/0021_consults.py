"""Consults: proposals, sessions, the questions answered in them, and the policy they are proposed by

Revision: 0021
Before: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consult_policies",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_consult_policies_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", name=op.f("pk_consult_policies")),
    )
    op.create_table(
        "consults",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("indicators", sa.JSON(), nullable=False),
        sa.Column("pricing", sa.JSON(), nullable=True),
        sa.Column("vat_class", sa.Text(), nullable=False),
        sa.Column("revenue_group", sa.Text(), nullable=True),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("completed_on", sa.Date(), nullable=True),
        sa.Column("charge_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'completed') = (charge_id IS NOT NULL)", name=op.f("ck_consults_charged")),
        sa.CheckConstraint(
            "state IN ('proposed', 'confirmed', 'rejected', 'completed', 'cancelled')", name=op.f("ck_consults_state")
        ),
        sa.CheckConstraint(
            "state NOT IN ('confirmed', 'completed') OR pricing IS NOT NULL", name=op.f("ck_consults_priced")
        ),
        sa.CheckConstraint(
            "state NOT IN ('rejected', 'cancelled') OR reason IS NOT NULL", name=op.f("ck_consults_reason")
        ),
        sa.CheckConstraint(
            "vat_class IN ('standard', 'reduced', 'zero', 'exempt')", name=op.f("ck_consults_vat_class")
        ),
        sa.CheckConstraint("(charge_id IS NULL) = (completed_on IS NULL)", name=op.f("ck_consults_completed_on")),
        sa.CheckConstraint("(rule IS NULL) = (cause IS NULL)", name=op.f("ck_consults_cause")),
        sa.ForeignKeyConstraint(
            ["administration_id", "charge_id"],
            ["charges.administration_id", "charges.id"],
            name=op.f("fk_consults_administration_id_charge_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "contract_id"],
            ["contracts.administration_id", "contracts.id"],
            name=op.f("fk_consults_administration_id_contract_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "customer_id"],
            ["customers.administration_id", "customers.id"],
            name=op.f("fk_consults_administration_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_consults_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "id", name=op.f("pk_consults")),
        sa.UniqueConstraint("administration_id", "charge_id", name=op.f("uq_consults_administration_id_charge_id")),
        sa.UniqueConstraint(
            "administration_id", "contract_id", "cause", name=op.f("uq_consults_administration_id_contract_id_cause")
        ),
        sa.UniqueConstraint("administration_id", "reference", name=op.f("uq_consults_administration_id_reference")),
    )
    op.create_table(
        "consult_questions",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("consult_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["administration_id", "consult_id"],
            ["consults.administration_id", "consults.id"],
            name=op.f("fk_consult_questions_administration_id_consult_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "question_id"],
            ["questions.administration_id", "questions.id"],
            name=op.f("fk_consult_questions_administration_id_question_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_consult_questions_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "consult_id", "question_id", name=op.f("pk_consult_questions")),
    )
    op.create_index(
        "uq_consult_questions_live",
        "consult_questions",
        ["administration_id", "question_id"],
        unique=True,
        postgresql_where=sa.text("live"),
        sqlite_where=sa.text("live"),
    )
    op.create_table(
        "consult_sessions",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("consult_id", sa.Uuid(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("handler_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('webinar', 'call', 'visit', 'other')", name=op.f("ck_consult_sessions_kind")),
        sa.CheckConstraint("minutes BETWEEN 0 AND 1440", name=op.f("ck_consult_sessions_minutes")),
        sa.ForeignKeyConstraint(
            ["administration_id", "consult_id"],
            ["consults.administration_id", "consults.id"],
            name=op.f("fk_consult_sessions_administration_id_consult_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "handler_id"],
            ["persons.administration_id", "persons.id"],
            name=op.f("fk_consult_sessions_administration_id_handler_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_consult_sessions_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "id", name=op.f("pk_consult_sessions")),
    )
    op.create_index(
        op.f("ix_consult_sessions_administration_id_consult_id"),
        "consult_sessions",
        ["administration_id", "consult_id"],
        unique=False,
    )
