"""Tables for what reminder-dispatcher told us: templates, and what became of the reminders of tasks."""

import sqlalchemy as sa
from alembic import op

from kit.columns import JsonDocument, UtcDateTime

TABLES = ("template_copy", "task_reminder")


def create_reminder_tables() -> None:
    op.create_table(
        "template_copy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("locale", sa.String(5), nullable=False),
        sa.Column("bcc", JsonDocument(), nullable=False),
        sa.Column("default_contexts", JsonDocument(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template_copy")),
    )
    op.create_table(
        "task_reminder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("recurrence_id", sa.String(40), nullable=True),
        sa.Column("audience", sa.String(10), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("employee_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(200), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_reminder")),
    )
    op.create_index("ix_task_reminder_task", "task_reminder", ["task_id", "at", "id"], unique=False)
