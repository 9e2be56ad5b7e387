"""The first schema: automation and templates, copies of what others said, reminders and their attempts."""

import sqlalchemy as sa
from alembic import op

from kit.columns import JsonDocument, UtcDateTime
from kit.migrating import create_kit_tables, drop_kit_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "account_card",
    "automation",
    "channel_state",
    "contact_card",
    "digest",
    "employee_card",
    "mail_account_card",
    "reminder",
    "restoration",
    "task_copy",
    "template",
    "told_before",
    "attempt",
    "template_default",
)


def upgrade() -> None:
    create_kit_tables(op)
    op.create_table(
        "account_card",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("emails", JsonDocument(), nullable=False),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("mobile", sa.String(), nullable=True),
        sa.Column("sms_phone", sa.String(), nullable=True),
        sa.Column("default_contact_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_account_card"),
    )
    op.create_table(
        "automation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("mail_account_id", sa.Uuid(), nullable=True),
        sa.Column("quiet_hours", JsonDocument(), nullable=True),
        sa.Column("late_grace_seconds", sa.Integer(), nullable=False),
        sa.Column("client", JsonDocument(), nullable=False),
        sa.Column("operator", JsonDocument(), nullable=False),
        sa.Column("unanswered_cases", JsonDocument(), nullable=False),
        sa.Column("waiting_invitations", JsonDocument(), nullable=False),
        sa.Column("sms_sender", sa.String(length=11), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_automation"),
    )
    op.create_table(
        "channel_state",
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("paused_until", UtcDateTime(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name="pk_channel_state"),
    )
    op.create_table(
        "contact_card",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("emails", JsonDocument(), nullable=False),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("mobile", sa.String(), nullable=True),
        sa.Column("sms_phone", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contact_card"),
    )
    op.create_table(
        "digest",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("employee_id", sa.Uuid(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_digest"),
    )
    op.create_table(
        "employee_card",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("reminders_enabled", sa.Boolean(), nullable=False),
        sa.Column("locale", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_employee_card"),
    )
    op.create_index("ix_employee_card_user_id", "employee_card", ["user_id"], unique=False)
    op.create_table(
        "mail_account_card",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("can_send", sa.Boolean(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mail_account_card"),
    )
    op.create_table(
        "reminder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("about", sa.String(length=10), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("occurrence", sa.String(length=40), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("recipient_key", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("begins_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("planned_at", UtcDateTime(), nullable=False),
        sa.Column("planned_by_hand", sa.Boolean(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("armed_at", UtcDateTime(), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.String(length=320), nullable=True),
        sa.Column("employee_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("case_number", sa.Integer(), nullable=True),
        sa.Column("correlation_id", sa.String(length=200), nullable=False),
        sa.Column("claim", sa.Uuid(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("intent_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("sent_anew", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.String(length=320), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("rfc_message_id", sa.String(length=320), nullable=True),
        sa.Column("gateway_id", sa.String(length=200), nullable=True),
        sa.Column("segments", sa.Integer(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("reported_at", UtcDateTime(), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("dismissed_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reminder"),
        sa.UniqueConstraint(
            "task_id",
            "occurrence",
            "audience",
            "recipient_key",
            "channel",
            "rule",
            "generation",
            name="uq_reminder_key",
        ),
    )
    op.create_index(
        "ix_reminder_due",
        "reminder",
        ["channel", "next_at", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'armed'"),
        postgresql_where=sa.text("status = 'armed'"),
    )
    op.create_index(
        "ix_reminder_gateway_id",
        "reminder",
        ["gateway_id"],
        unique=False,
        sqlite_where=sa.text("gateway_id IS NOT NULL"),
        postgresql_where=sa.text("gateway_id IS NOT NULL"),
    )
    op.create_index(
        "ix_reminder_leased",
        "reminder",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("status = 'sending'"),
        postgresql_where=sa.text("status = 'sending'"),
    )
    op.create_index(
        "ix_reminder_notices",
        "reminder",
        ["employee_id", "told_at", "id"],
        unique=False,
        sqlite_where=sa.text("employee_id IS NOT NULL AND told_at IS NOT NULL"),
        postgresql_where=sa.text("employee_id IS NOT NULL AND told_at IS NOT NULL"),
    )
    op.create_index("ix_reminder_status", "reminder", ["status", "id"], unique=False)
    op.create_index(
        "ix_reminder_unreported",
        "reminder",
        ["id"],
        unique=False,
        sqlite_where=sa.text("status = 'missed' AND reported_at IS NULL"),
        postgresql_where=sa.text("status = 'missed' AND reported_at IS NULL"),
    )
    op.create_index(
        "uq_reminder_armed",
        "reminder",
        ["task_id", "occurrence", "audience", "recipient_key", "channel", "rule"],
        unique=True,
        sqlite_where=sa.text("status = 'armed'"),
        postgresql_where=sa.text("status = 'armed'"),
    )
    op.create_table(
        "restoration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("found_at", UtcDateTime(), nullable=False),
        sa.Column("unknown_messages", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_restoration"),
    )
    op.create_table(
        "told_before",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("occurrence", sa.String(length=40), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("recipient_key", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("begins_at", UtcDateTime(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("rfc_message_id", sa.String(length=320), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_told_before"),
    )
    op.create_index("ix_told_before_task_id", "told_before", ["task_id"], unique=False)
    op.create_table(
        "task_copy",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("about", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("state", JsonDocument(), nullable=False),
        sa.Column("heard_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("task_id", name="pk_task_copy"),
    )
    op.create_table(
        "template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("subject", sa.String(length=400), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=True),
        sa.Column("bcc", JsonDocument(), nullable=False),
        sa.Column("from_address", sa.String(length=320), nullable=True),
        sa.Column("contexts", JsonDocument(), nullable=False),
        sa.Column("diacritics", sa.String(length=10), nullable=False),
        sa.Column("max_segments", sa.Integer(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_template"),
    )
    op.create_table(
        "attempt",
        sa.Column("reminder_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("gateway_id", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["reminder_id"], ["reminder.id"], name="fk_attempt_reminder_id_reminder"),
        sa.PrimaryKeyConstraint("reminder_id", "number", name="pk_attempt"),
    )
    op.create_table(
        "template_default",
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("context", sa.String(length=60), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["template_id"], ["template.id"], name="fk_template_default_template_id_template"),
        sa.PrimaryKeyConstraint("channel", "context", "locale", name="pk_template_default"),
    )
    op.create_index("ix_template_default_template_id", "template_default", ["template_id"], unique=False)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    drop_kit_tables(op)
