"""Events, and the endpoints of other services that hear of them

Revision: 0016
Before: 0015
"""

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
