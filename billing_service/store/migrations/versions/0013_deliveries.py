"""Documents, customers and receipts on their way to a package

Revision: 0013
Before: 0012
"""

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
