"""Files of jobs; the working rows of replays

Revision: 0005
Before: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job_file_parts",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["administration_id", "job_id"],
            ["jobs.administration_id", "jobs.id"],
            name=op.f("fk_job_file_parts_administration_id_job_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_job_file_parts_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "job_id", "name", "part", name=op.f("pk_job_file_parts")),
    )
    op.create_table(
        "job_files",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("needs_scope", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["administration_id", "job_id"],
            ["jobs.administration_id", "jobs.id"],
            name=op.f("fk_job_files_administration_id_job_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_job_files_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "job_id", "name", name=op.f("pk_job_files")),
    )
    op.create_table(
        "replay_rows",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("old_state", sa.Text(), nullable=False),
        sa.Column("old_reason", sa.Text(), nullable=True),
        sa.Column("old_disposition", sa.Text(), nullable=True),
        sa.Column("old_rule", sa.Text(), nullable=True),
        sa.Column("old_minutes", sa.Integer(), nullable=True),
        sa.Column("old_amount", sa.BigInteger(), nullable=True),
        sa.Column("old_counter", sa.Text(), nullable=True),
        sa.Column("old_ordinal", sa.Integer(), nullable=True),
        sa.Column("new_state", sa.Text(), nullable=False),
        sa.Column("new_reason", sa.Text(), nullable=True),
        sa.Column("new_disposition", sa.Text(), nullable=True),
        sa.Column("new_rule", sa.Text(), nullable=True),
        sa.Column("new_minutes", sa.Integer(), nullable=True),
        sa.Column("new_amount", sa.BigInteger(), nullable=True),
        sa.Column("new_counter", sa.Text(), nullable=True),
        sa.Column("new_ordinal", sa.Integer(), nullable=True),
        sa.Column("difference", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('compared', 'by_person', 'changed', 'counted')", name=op.f("ck_replay_rows_kind")),
        sa.ForeignKeyConstraint(
            ["administration_id", "job_id"],
            ["jobs.administration_id", "jobs.id"],
            name=op.f("fk_replay_rows_administration_id_job_id"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id"], ["administrations.id"], name=op.f("fk_replay_rows_administration_id")
        ),
        sa.PrimaryKeyConstraint("administration_id", "job_id", "question_id", name=op.f("pk_replay_rows")),
    )
