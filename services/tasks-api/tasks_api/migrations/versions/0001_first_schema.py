"""The first schema: users, the directory, tasks and their search index, invitations, copies of what others said."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from kit.columns import JsonDocument, UtcDateTime
from kit.ids import new_id
from kit.migrating import create_kit_tables, drop_kit_tables
from tasks_api.migrations import letter_tables, list_tables, reminder_tables, working_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "user_login",
    "wrong_password",
    "account",
    "contact",
    "employee",
    "card_email",
    "task_type",
    "number_series",
    "task",
    "task_assignee",
    "task_contact",
    "task_history",
    "task_search",
    "calendar_object",
    "invitation",
    "series_memory",
    "sender_pace",
    "mail_account",
    "mailbox_address",
    "reminder_defaults",
)


def upgrade() -> None:
    create_kit_tables(op)
    _create_people()
    _create_directory()
    _create_tasks()
    working_tables.create_working_tables()
    _create_invitations()
    list_tables.create_list_tables()
    letter_tables.create_letter_tables()
    _create_copies()
    reminder_tables.create_reminder_tables()
    _create_search_index()
    _insert_task_types()


def _create_people() -> None:
    op.create_table(
        "user_login",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(100), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("password_hash", sa.String(300), nullable=False),
        sa.Column("scopes", JsonDocument(), nullable=False),
        sa.Column("visibility", JsonDocument(), nullable=False),
        sa.Column("employee_id", sa.Uuid(), nullable=True),
        sa.Column("reminders_enabled", sa.Boolean(), nullable=False),
        sa.Column("locale", sa.String(20), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("password_changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_login")),
        sa.UniqueConstraint("employee_id", name=op.f("uq_user_login_employee_id")),
        sa.UniqueConstraint("username", name=op.f("uq_user_login_username")),
    )
    op.create_table(
        "wrong_password",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("blocked_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_wrong_password")),
    )


def _create_directory() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("folded_name", sa.String(300), nullable=False),
        sa.Column("tax_id", sa.String(30), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("phone", sa.String(60), nullable=True),
        sa.Column("mobile", sa.String(60), nullable=True),
        sa.Column("sms_phone", sa.String(60), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
    )
    op.create_index(op.f("ix_account_tax_id"), "account", ["tax_id"], unique=False)
    op.create_index(op.f("ix_account_owner_id"), "account", ["owner_id"], unique=False)
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("folded_name", sa.String(300), nullable=False),
        sa.Column("phone", sa.String(60), nullable=True),
        sa.Column("mobile", sa.String(60), nullable=True),
        sa.Column("sms_phone", sa.String(60), nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    op.create_index(op.f("ix_contact_account_id"), "contact", ["account_id"], unique=False)
    op.create_index(
        "uq_contact_default",
        "contact",
        ["account_id"],
        unique=True,
        sqlite_where=sa.text("is_default"),
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "employee",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("folded_name", sa.String(300), nullable=False),
        sa.Column("phone", sa.String(60), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employee")),
    )
    op.create_table(
        "card_email",
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("learned", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('account', 'contact', 'employee')", name=op.f("ck_card_email_kind")),
        sa.PrimaryKeyConstraint("card_id", "email", name=op.f("pk_card_email")),
    )
    op.create_index("ix_card_email_email", "card_email", ["email"], unique=False)


def _create_tasks() -> None:
    op.create_table(
        "task_type",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("labels", JsonDocument(), nullable=False),
        sa.Column("is_system", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("staged", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_type")),
        sa.UniqueConstraint("name", name=op.f("uq_task_type_name")),
    )
    op.create_index(
        "uq_task_type_default",
        "task_type",
        ["is_default"],
        unique=True,
        sqlite_where=sa.text("is_default"),
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "number_series",
        sa.Column("series", sa.String(40), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_number_series")),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(60), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("type_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("status_code", sa.String(10), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=True),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("all_day", sa.Boolean(), nullable=False),
        sa.Column("agenda_at", UtcDateTime(), nullable=False),
        sa.Column("timezone", sa.String(100), nullable=False),
        sa.Column("timezone_guessed", sa.Boolean(), nullable=False),
        sa.Column("is_recurring", sa.Boolean(), nullable=False),
        sa.Column("rrule", sa.Text(), nullable=True),
        sa.Column("rdates", JsonDocument(), nullable=False),
        sa.Column("exdates", JsonDocument(), nullable=False),
        sa.Column("recurs_until", UtcDateTime(), nullable=True),
        sa.Column("announced_until", UtcDateTime(), nullable=True),
        sa.Column("uid", sa.Text(), nullable=True),
        sa.Column("recurrence_id", sa.String(40), nullable=False),
        sa.Column("copy_number", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("organizer", sa.Text(), nullable=True),
        sa.Column("attendees", JsonDocument(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("percent_complete", sa.Integer(), nullable=False),
        sa.Column("color", sa.String(30), nullable=True),
        sa.Column("source_kind", sa.String(12), nullable=False),
        sa.Column("source_message_id", sa.Uuid(), nullable=True),
        sa.Column("source_document", JsonDocument(), nullable=True),
        sa.Column("reminders", JsonDocument(), nullable=False),
        sa.Column("case_number", sa.Integer(), nullable=True),
        sa.Column("touched_by_hand", sa.Boolean(), nullable=False),
        sa.Column("invited_from", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("completed_at", UtcDateTime(), nullable=True),
        *working_tables.particulars_columns(),
        sa.CheckConstraint("kind IN ('task', 'meeting', 'interaction')", name=op.f("ck_task_kind")),
        sa.CheckConstraint(
            "status IN ('planned', 'in_progress', 'completed', 'cancelled')", name=op.f("ck_task_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("number", name=op.f("uq_task_number")),
    )
    op.create_index("ix_task_account_id_id", "task", ["account_id", "id"], unique=False)
    op.create_index("ix_task_agenda_at_id", "task", ["agenda_at", "id"], unique=False)
    op.create_index(
        "ix_task_recurring",
        "task",
        ["starts_at", "recurs_until"],
        unique=False,
        sqlite_where=sa.text("is_recurring = 1"),
        postgresql_where=sa.text("is_recurring"),
    )
    op.create_index("ix_task_source_message_id", "task", ["source_message_id"], unique=False)
    op.create_index("ix_task_status_id", "task", ["status", "id"], unique=False)
    op.create_index("ix_task_type_id_id", "task", ["type_id", "id"], unique=False)
    _create_indexes_of_lists()
    working_tables.create_indexes_of_kin()
    op.create_index("uq_task_uid", "task", ["uid", "recurrence_id", "copy_number"], unique=True)
    op.create_table(
        "task_assignee",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("employee_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("agenda_at", UtcDateTime(), nullable=False),
        sa.Column("phone", sa.String(60), nullable=True),
        sa.Column("email", sa.String(320), nullable=True),
        sa.Column("remind", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "employee_id", name=op.f("pk_task_assignee")),
    )
    op.create_index("ix_task_assignee_employee_id_task_id", "task_assignee", ["employee_id", "task_id"], unique=False)
    op.create_index(
        "ix_task_assignee_employee_id_agenda_at",
        "task_assignee",
        ["employee_id", "agenda_at", "task_id"],
        unique=False,
    )
    op.create_table(
        "task_contact",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "contact_id", name=op.f("pk_task_contact")),
    )
    op.create_index("ix_task_contact_contact_id", "task_contact", ["contact_id"], unique=False)
    op.create_table(
        "task_history",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("happened", sa.String(20), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(100), nullable=True),
        sa.Column("changes", JsonDocument(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_history")),
    )
    op.create_index("ix_task_history_task_id_id", "task_history", ["task_id", "id"], unique=False)
    op.create_table(
        "task_search",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_task_search")),
        sa.UniqueConstraint("task_id", name=op.f("uq_task_search_task_id")),
    )


def _create_indexes_of_lists() -> None:
    """Lists in order of time by status, type and colour; one's own tasks; the dates of series with a task of their own."""
    op.create_index("ix_task_status_agenda_at_id", "task", ["status", "agenda_at", "id"], unique=False)
    op.create_index("ix_task_type_id_agenda_at_id", "task", ["type_id", "agenda_at", "id"], unique=False)
    for name, columns, only in (
        ("ix_task_color", ["color", "agenda_at", "id"], "color IS NOT NULL"),
        ("ix_task_created_by", ["created_by"], "created_by IS NOT NULL"),
        ("ix_task_recurrence_id", ["recurrence_id", "uid"], "recurrence_id != ''"),
    ):
        where = sa.text(only)
        op.create_index(name, "task", columns, unique=False, sqlite_where=where, postgresql_where=where)


def _create_invitations() -> None:
    op.create_table(
        "calendar_object",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("mail_account_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_object")),
    )
    op.create_index("uq_calendar_object_message_id_part", "calendar_object", ["message_id", "part"], unique=True)
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("mail_account_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("uid", sa.Text(), nullable=True),
        sa.Column("recurrence_id", sa.Text(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("organizer", sa.Text(), nullable=True),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("sender_trust", sa.Text(), nullable=False),
        sa.Column("mail_subject", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("starts", sa.Text(), nullable=True),
        sa.Column("outcome", sa.String(12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("would", sa.String(12), nullable=True),
        sa.Column("task_ids", JsonDocument(), nullable=False),
        sa.Column("account_match", JsonDocument(), nullable=True),
        sa.Column("details", JsonDocument(), nullable=False),
        sa.Column("changes", JsonDocument(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('created', 'updated', 'cancelled', 'replied', 'unchanged', 'stale', 'waiting', 'review', 'ignored')",
            name=op.f("ck_invitation_outcome"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
    )
    op.create_index("ix_invitation_message_id", "invitation", ["message_id"], unique=False)
    op.create_index("ix_invitation_outcome_id", "invitation", ["outcome", "id"], unique=False)
    op.create_index("ix_invitation_sender_recorded_at", "invitation", ["sender", "recorded_at"], unique=False)
    op.create_index("ix_invitation_uid", "invitation", ["uid"], unique=False)
    op.create_table(
        "sender_pace",
        sa.Column("hour", UtcDateTime(), nullable=False),
        sa.Column("key", sa.String(400), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "key", name=op.f("pk_sender_pace")),
    )
    op.create_table(
        "series_memory",
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("document", JsonDocument(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_series_memory")),
    )


def _create_copies() -> None:
    op.create_table(
        "mail_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("aliases", JsonDocument(), nullable=False),
        sa.Column("invitation_policy", sa.String(10), nullable=False),
        sa.Column("timezone", sa.String(100), nullable=False),
        sa.Column("can_send", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_account")),
    )
    op.create_table(
        "mailbox_address",
        sa.Column("mail_account_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.PrimaryKeyConstraint("mail_account_id", "email", name=op.f("pk_mailbox_address")),
    )
    op.create_index("ix_mailbox_address_email", "mailbox_address", ["email"], unique=False)
    op.create_table(
        "reminder_defaults",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("has_mail_account", sa.Boolean(), nullable=False),
        sa.Column("client_use_as_default", sa.Boolean(), nullable=False),
        sa.Column("client", JsonDocument(), nullable=False),
        sa.Column("operator_use_as_default", sa.Boolean(), nullable=False),
        sa.Column("operator", JsonDocument(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_defaults")),
    )


def _create_search_index() -> None:
    """Full-text search over `task_search.words`, which are folded and cut already: FTS5 beside the table, or GIN on it."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE INDEX ix_task_search_words ON task_search USING gin (to_tsvector('simple', words))")
        return
    op.execute(
        "CREATE VIRTUAL TABLE task_search_index USING fts5("
        "words, content='task_search', content_rowid='seq', tokenize='unicode61 remove_diacritics 0', prefix='2 3')"
    )
    added = "INSERT INTO task_search_index(rowid, words) VALUES (new.seq, new.words);"
    taken = "INSERT INTO task_search_index(task_search_index, rowid, words) VALUES ('delete', old.seq, old.words);"
    op.execute(f"CREATE TRIGGER task_search_added AFTER INSERT ON task_search BEGIN {added} END")
    op.execute(f"CREATE TRIGGER task_search_taken AFTER DELETE ON task_search BEGIN {taken} END")
    op.execute(f"CREATE TRIGGER task_search_changed AFTER UPDATE OF words ON task_search BEGIN {taken} {added} END")


def _insert_task_types() -> None:
    """The system types (features W2, W16); a plain task is the default."""
    task_type = sa.table(
        "task_type",
        sa.column("id", sa.Uuid()),
        sa.column("version", sa.Integer()),
        sa.column("name", sa.String()),
        sa.column("labels", JsonDocument()),
        sa.column("is_system", sa.Boolean()),
        sa.column("is_default", sa.Boolean()),
        sa.column("staged", sa.Boolean()),
        sa.column("active", sa.Boolean()),
        sa.column("created_at", UtcDateTime()),
    )
    names = (("Zadanie", "Task"), ("Spotkanie", "Meeting"), ("Telefon", "Phone call"), ("Wyjazd", "Business trip"))
    rows = [
        {
            "id": new_id(),
            "version": 1,
            "name": polish,
            "labels": {"pl": polish, "en": english},
            "is_system": True,
            "is_default": english == "Task",
            "staged": False,
            "active": True,
            "created_at": datetime.now(UTC),
        }
        for polish, english in names
    ]
    op.bulk_insert(task_type, rows)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE task_search_index")
    for name in reversed(
        (*TABLES, *list_tables.TABLES, *letter_tables.TABLES, *working_tables.TABLES, *reminder_tables.TABLES)
    ):
        op.drop_table(name)
    drop_kit_tables(op)
