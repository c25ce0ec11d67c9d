"""The consult of a question is found by an index on SQLite, too

Revision: 0023
Before: 0022
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_consult_questions_administration_id_question_id"),
        "consult_questions",
        ["administration_id", "question_id"],
        unique=False,
    )
