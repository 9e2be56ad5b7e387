"""The employee a task is with, in place of an account (features R13)."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("task", sa.Column("party_employee_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("task", "party_employee_id")
