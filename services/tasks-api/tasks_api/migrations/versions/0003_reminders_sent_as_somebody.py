"""On whose behalf a reminder was sent (features R32); of those sent before nobody is named."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("task_reminder", sa.Column("user_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("task_reminder", "user_id")
