"""The series of a calendar are found along an index: those of one employee by a mark, those of everybody without their rows."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_SERIES = {"sqlite_where": sa.text("is_recurring = 1"), "postgresql_where": sa.text("is_recurring")}
_OF_SERIES = {"sqlite_where": sa.text("of_series = 1"), "postgresql_where": sa.text("of_series")}
_ALONG = (
    "starts_at", "recurs_until", "status", "kind", "in_calendar", "recurrence_id", "id", "version", "uid", "copy_number",
    "is_recurring",
)  # fmt: skip


def upgrade() -> None:
    op.add_column("task_assignee", sa.Column("of_series", sa.Boolean(), nullable=False, server_default=sa.false()))
    assignee, task = (
        sa.table("task_assignee", sa.column("task_id"), sa.column("of_series")),
        sa.table("task", sa.column("id"), sa.column("is_recurring", sa.Boolean())),
    )
    series = sa.select(task.c.id).where(task.c.is_recurring.is_(sa.true()))
    op.execute(assignee.update().where(assignee.c.task_id.in_(series)).values(of_series=sa.true()))
    op.create_index(
        "ix_task_assignee_of_series", "task_assignee", ["employee_id", "task_id"], unique=False, **_OF_SERIES
    )
    op.drop_index("ix_task_recurring", table_name="task")
    op.create_index("ix_task_recurring", "task", list(_ALONG), unique=False, **_SERIES)


def downgrade() -> None:
    op.drop_index("ix_task_recurring", table_name="task")
    op.create_index("ix_task_recurring", "task", ["starts_at", "recurs_until"], unique=False, **_SERIES)
    op.drop_index("ix_task_assignee_of_series", table_name="task_assignee")
    op.drop_column("task_assignee", "of_series")
