"""Reconciliations with a package, and what they found

Revision: 0015
Before: 0014
"""

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
