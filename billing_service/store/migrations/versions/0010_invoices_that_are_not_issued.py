"""The few invoices that are not issued are found among a million

Revision: 0010
Before: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NOT_ISSUED = sa.text("state <> 'issued'")


def upgrade() -> None:
    op.create_index(
        "ix_invoices_not_issued",
        "invoices",
        ["administration_id", "id"],
        postgresql_where=NOT_ISSUED,
        sqlite_where=NOT_ISSUED,
    )
