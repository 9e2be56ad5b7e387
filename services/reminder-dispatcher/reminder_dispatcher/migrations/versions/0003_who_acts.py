"""Who acts: on whose behalf reminders are sent (features R32), and who took one back, put it off or sent it again."""

import sqlalchemy as sa
from alembic import op

from kit.columns import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("automation", sa.Column("run_as_user_id", sa.Uuid(), nullable=True))
    op.add_column("automation", sa.Column("told_shape", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("attempt", sa.Column("run_as_user_id", sa.Uuid(), nullable=True))
    op.create_table(
        "user_card",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user_card"),
    )
    op.create_table(
        "reminder_action",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reminder_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["reminder_id"], ["reminder.id"], name="fk_reminder_action_reminder_id_reminder"),
        sa.PrimaryKeyConstraint("id", name="pk_reminder_action"),
    )
    op.create_index("ix_reminder_action_reminder_id", "reminder_action", ["reminder_id", "id"])
    op.create_index("ix_reminder_action_user_id", "reminder_action", ["user_id"])


def downgrade() -> None:
    op.drop_table("reminder_action")
    op.drop_table("user_card")
    op.drop_column("attempt", "run_as_user_id")
    op.drop_column("automation", "told_shape")
    op.drop_column("automation", "run_as_user_id")
