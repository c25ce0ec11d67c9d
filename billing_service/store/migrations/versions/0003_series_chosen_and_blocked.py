"""Default series, the series of a contract, the cut-over's number, and the block after a restore

Revision: 0003
Before: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("series", sa.Column("is_default", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("series", sa.Column("cut_over_number", sa.Integer(), nullable=True))
    op.add_column("series", sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True))
    # What was the choice until now: the first series of a document type by code.
    op.execute(
        "UPDATE series SET is_default = true WHERE code = (SELECT min(other.code) FROM series other"
        " WHERE other.administration_id = series.administration_id AND other.document_type = series.document_type)"
    )
    op.execute(
        "UPDATE series SET cut_over_number = coalesce((SELECT min(i.sequence) FROM invoices i"
        " WHERE i.administration_id = series.administration_id AND i.series_id = series.id"
        " AND i.previous_digest IS NULL AND i.state = 'issued'), next_number) WHERE cut_over_at IS NOT NULL"
    )
    op.create_index(
        "uq_series_default",
        "series",
        ["administration_id", "document_type"],
        unique=True,
        postgresql_where=sa.text("is_default"),
        sqlite_where=sa.text("is_default"),
    )
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.alter_column("is_default", server_default=None)
    with op.batch_alter_table("contracts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("series_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_contracts_administration_id_series_id"),
            "series",
            ["administration_id", "series_id"],
            ["administration_id", "id"],
        )
