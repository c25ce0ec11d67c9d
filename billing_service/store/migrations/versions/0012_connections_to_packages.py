"""Connections to accounting packages: what is mapped, who is known there, secrets and limits

Revision: 0012
Before: 0011
"""

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
