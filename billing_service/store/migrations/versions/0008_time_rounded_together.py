"""Charges for the difference that rounding time per day or invoice makes

Revision: 0008
Before: 0007
"""

import sqlalchemy as sa
from alembic import op

from billing_service.store.rebuilding import rebuild

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SOURCES = "source IN ('question', 'manual', 'import', 'card', 'block', 'consult', 'subscription', 'correction')"
NEW_SOURCES = SOURCES.replace("'correction'", "'correction', 'rounding'")


def upgrade() -> None:
    op.add_column("charges", sa.Column("rounding", sa.JSON(none_as_null=True), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        rebuild("charges", {f"CHECK ({SOURCES})": f"CHECK ({NEW_SOURCES})"})
    else:
        op.drop_constraint("ck_charges_source", "charges")
        op.create_check_constraint(op.f("ck_charges_source"), "charges", NEW_SOURCES)
