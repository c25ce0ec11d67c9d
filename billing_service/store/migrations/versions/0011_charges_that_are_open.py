"""Open charges have an index of their own, so that issuing does not move charges within one of all there ever were

Revision: 0011
Before: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'open'")
ROUNDED = sa.text("rounding IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_charges_administration_id_contract_id_state_date", "charges")
    op.create_index("ix_charges_administration_id_contract_id", "charges", ["administration_id", "contract_id"])
    for name, where in (("ix_charges_open", OPEN), ("ix_charges_rounded", ROUNDED)):
        op.create_index(
            name, "charges", ["administration_id", "contract_id", "date"], postgresql_where=where, sqlite_where=where
        )
