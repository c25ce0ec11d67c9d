"""Charges of cards, consults and subscriptions keep the steps to their amount

Revision: 0018
Before: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("charges", sa.Column("explanation", sa.JSON(none_as_null=True), nullable=True))
