"""Connections to accounting packages: what is mapped, who is known there, secrets and limits

Revision: 0012
Before: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "connections",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("package", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=True),
        sa.Column("secret_names", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.JSON(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=True),
        sa.Column("company_name", sa.Text(), nullable=True),
        sa.Column("company_currency", sa.Text(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lists_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("pushes_receipts", sa.Boolean(), nullable=False),
        sa.Column("payments_owner", sa.Text(), nullable=False),
        sa.Column("stop_cause", sa.Text(), nullable=True),
        sa.Column("stop_reason", sa.Text(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opening_taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sign_in_state", sa.Text(), nullable=True),
        sa.Column("sign_in_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("webhook_key", sa.Text(), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("payments_owner IN ('package', 'service')", name=op.f("ck_connections_payments_owner")),
        sa.CheckConstraint("state <> 'active' OR start_date IS NOT NULL", name=op.f("ck_connections_start_date")),
        sa.CheckConstraint(
            "state <> 'stopped' OR (stop_cause IS NOT NULL AND stopped_at IS NOT NULL)",
            name=op.f("ck_connections_stopped"),
        ),
        sa.CheckConstraint("state IN ('preparing', 'active', 'stopped', 'closed')", name=op.f("ck_connections_state")),
        sa.CheckConstraint(
            "stop_cause IN ('person', 'sign_in', 'other_company', 'restored')",
            name=op.f("ck_connections_stop_cause"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_connections_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "id", name=op.f("pk_connections")),
        sa.UniqueConstraint("webhook_key", name=op.f("uq_connections_webhook_key")),
    )
    op.create_index(
        "uq_connections_not_closed",
        "connections",
        ["administration_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'closed'"),
        sqlite_where=sa.text("state <> 'closed'"),
    )
    op.create_table(
        "connection_calls",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(kind = 'call') = (endpoint = '')", name=op.f("ck_connection_calls_endpoint")),
        sa.CheckConstraint("kind IN ('call', 'refused')", name=op.f("ck_connection_calls_kind")),
        sa.ForeignKeyConstraint(
            ["administration_id", "connection_id"],
            ["connections.administration_id", "connections.id"],
            name=op.f("fk_connection_calls_administration_id_connection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_connection_calls_administration_id")
        ),
        sa.PrimaryKeyConstraint(
            "administration_id", "connection_id", "kind", "endpoint", "slot", name=op.f("pk_connection_calls")
        ),
    )
    op.create_table(
        "connection_choices",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rate", sa.BigInteger(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('vat_code', 'ledger_account', 'journal', 'cost_centre', 'payment_method')",
            name=op.f("ck_connection_choices_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "connection_id"],
            ["connections.administration_id", "connections.id"],
            name=op.f("fk_connection_choices_administration_id_connection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_connection_choices_administration_id")
        ),
        sa.PrimaryKeyConstraint(
            "administration_id", "connection_id", "kind", "remote_id", name=op.f("pk_connection_choices")
        ),
    )
    op.create_table(
        "connection_customers",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("sent_digest", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["administration_id", "connection_id"],
            ["connections.administration_id", "connections.id"],
            name=op.f("fk_connection_customers_administration_id_connection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "customer_id"],
            ["customers.administration_id", "customers.id"],
            name=op.f("fk_connection_customers_administration_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_connection_customers_administration_id")
        ),
        sa.PrimaryKeyConstraint(
            "administration_id", "connection_id", "customer_id", name=op.f("pk_connection_customers")
        ),
        sa.UniqueConstraint(
            "administration_id",
            "connection_id",
            "remote_id",
            name=op.f("uq_connection_customers_administration_id_connection_id_remote_id"),
        ),
    )
    op.create_table(
        "connection_limits",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["administration_id", "connection_id"],
            ["connections.administration_id", "connections.id"],
            name=op.f("fk_connection_limits_administration_id_connection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_connection_limits_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "connection_id", name=op.f("pk_connection_limits")),
    )
    op.create_table(
        "connection_mappings",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ours", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('vat', 'revenue', 'journal', 'credit_journal', 'cost_centre', 'payment_method', 'rounding_account', 'rounding_vat')",
            name=op.f("ck_connection_mappings_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "connection_id"],
            ["connections.administration_id", "connections.id"],
            name=op.f("fk_connection_mappings_administration_id_connection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_connection_mappings_administration_id")
        ),
        sa.PrimaryKeyConstraint(
            "administration_id", "connection_id", "kind", "ours", name=op.f("pk_connection_mappings")
        ),
    )
    op.create_table(
        "connection_matches",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("remote_code", sa.Text(), nullable=True),
        sa.Column("remote_name", sa.Text(), nullable=False),
        sa.Column("found_by", sa.Text(), nullable=False),
        sa.Column("certain", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name=op.f("ck_connection_matches_decided")),
        sa.CheckConstraint(
            "found_by IN ('code', 'vat_number', 'kvk_number', 'name_and_postcode')",
            name=op.f("ck_connection_matches_found_by"),
        ),
        sa.CheckConstraint("state IN ('proposed', 'accepted', 'rejected')", name=op.f("ck_connection_matches_state")),
        sa.ForeignKeyConstraint(
            ["administration_id", "connection_id"],
            ["connections.administration_id", "connections.id"],
            name=op.f("fk_connection_matches_administration_id_connection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "customer_id"],
            ["customers.administration_id", "customers.id"],
            name=op.f("fk_connection_matches_administration_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_connection_matches_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "id", name=op.f("pk_connection_matches")),
        sa.UniqueConstraint(
            "administration_id",
            "connection_id",
            "customer_id",
            "remote_id",
            name=op.f("uq_connection_matches_administration_id_connection_id_customer_id_remote_id"),
        ),
    )
    op.create_table(
        "connection_tokens",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("pair", sa.LargeBinary(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("obtained_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_reason", sa.Text(), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["administration_id", "connection_id"],
            ["connections.administration_id", "connections.id"],
            name=op.f("fk_connection_tokens_administration_id_connection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_connection_tokens_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "connection_id", name=op.f("pk_connection_tokens")),
    )
    op.create_table(
        "connection_opening_items",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("document_remote_id", sa.Text(), nullable=False),
        sa.Column("customer_remote_id", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("invoice_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("issue_date", sa.Date(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('invoice', 'credit_note')", name=op.f("ck_connection_opening_items_kind")),
        sa.ForeignKeyConstraint(
            ["administration_id", "connection_id"],
            ["connections.administration_id", "connections.id"],
            name=op.f("fk_connection_opening_items_administration_id_connection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "customer_id"],
            ["customers.administration_id", "customers.id"],
            name=op.f("fk_connection_opening_items_administration_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "invoice_id"],
            ["invoices.administration_id", "invoices.id"],
            name=op.f("fk_connection_opening_items_administration_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_connection_opening_items_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "id", name=op.f("pk_connection_opening_items")),
        sa.UniqueConstraint(
            "administration_id",
            "connection_id",
            "document_remote_id",
            name=op.f("uq_connection_opening_items_administration_id_connection_id_document_remote_id"),
        ),
    )
    op.create_index(
        op.f("ix_connection_opening_items_administration_id_customer_id"),
        "connection_opening_items",
        ["administration_id", "customer_id"],
        unique=False,
    )
