"""Calendar messages of ours: the part of the first schema that belongs to `models.letters`."""

import sqlalchemy as sa
from alembic import op

from kit.columns import JsonDocument, UtcDateTime

TABLES = ("letter",)


def create_letter_tables() -> None:
    op.create_table(
        "letter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("recurrence_id", sa.Text(), nullable=True),
        sa.Column("method", sa.String(14), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("mail_account_id", sa.Uuid(), nullable=False),
        sa.Column("rfc_message_id", sa.Text(), nullable=False),
        sa.Column("sender", sa.String(320), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("recipients", JsonDocument(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("attempts", JsonDocument(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("in_answer_to", sa.Uuid(), nullable=True),
        sa.CheckConstraint("method IN ('REQUEST', 'CANCEL', 'REPLY', 'DECLINECOUNTER')", name=op.f("ck_letter_method")),
        sa.CheckConstraint(
            "status IN ('queued', 'sending', 'sent', 'failed', 'unknown')", name=op.f("ck_letter_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
    )
    op.create_index("ix_letter_next_attempt_at", "letter", ["next_attempt_at"], unique=False)
    op.create_index("ix_letter_task_id_id", "letter", ["task_id", "id"], unique=False)
    op.create_index("uq_letter_rfc_message_id", "letter", ["rfc_message_id"], unique=True)
