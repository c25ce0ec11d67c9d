"""The workers that were seen, and indexes for counting what is open and what got stuck

Revision: 0006
Before: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("process_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    stuck = sa.text("state = 'needs_attention'")
    op.create_index("ix_outbox_stuck", "outbox", ["kind"], postgresql_where=stuck, sqlite_where=stuck)
    not_done = sa.text("state <> 'done'")
    op.create_index("ix_jobs_not_done", "jobs", ["kind", "state"], postgresql_where=not_done, sqlite_where=not_done)
