"""The first schema: the directory's copies, cases, messages and the decisions about them, replies, the search index."""

import sqlalchemy as sa
from alembic import op

from kit.columns import JsonDocument, UtcDateTime
from kit.migrating import create_kit_tables, drop_kit_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "account",
    "contact",
    "employee",
    "mail_account",
    "known_address",
    "case_settings",
    "counter",
    "cases",
    "participant",
    "case_event",
    "case_change",
    "message",
    "filing",
    "known_id",
    "reply",
    "reply_template",
    "signature",
)


def upgrade() -> None:
    create_kit_tables(op)
    _create_directory()
    _create_cases()
    _create_messages()
    _create_replies()
    _create_search_index()


def _create_directory() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("folded_name", sa.String(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
    )
    op.create_index("ix_account_folded_name", "account", ["folded_name"])
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("folded_name", sa.String(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
    )
    op.create_index("ix_contact_account_id", "contact", ["account_id"])
    op.create_index("ix_contact_folded_name", "contact", ["folded_name"])
    op.create_table(
        "employee",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_employee"),
    )
    op.create_table(
        "mail_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("aliases", JsonDocument(), nullable=False),
        sa.Column("can_send", sa.Boolean(), nullable=False),
        sa.Column("keeps_sent_copies", sa.Boolean(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mail_account"),
    )
    op.create_table(
        "known_address",
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("domain", sa.String(length=320), nullable=False),
        sa.CheckConstraint("kind IN ('account', 'contact', 'employee', 'mailbox')", name="ck_known_address_kind"),
        sa.PrimaryKeyConstraint("email", "kind", "owner_id", name="pk_known_address"),
    )
    op.create_index("ix_known_address_domain", "known_address", ["domain"])
    op.create_index("ix_known_address_kind_owner_id", "known_address", ["kind", "owner_id"])


def _create_cases() -> None:
    op.create_table(
        "case_settings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", JsonDocument(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_case_settings"),
    )
    op.create_table(
        "counter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("next_number", sa.Integer(), nullable=False),
        sa.Column("next_place", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_counter"),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("status", sa.String(length=6), nullable=False),
        sa.Column("status_at", UtcDateTime(), nullable=False),
        sa.Column("status_reason", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("opened_by", sa.String(length=320), nullable=False),
        sa.Column("opened_wording", sa.String(length=16), nullable=False),
        sa.Column("last_activity_at", UtcDateTime(), nullable=False),
        sa.Column("mentions", JsonDocument(), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("continues", sa.Uuid(), nullable=True),
        sa.Column("continued_by", sa.Uuid(), nullable=True),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("is_by_hand", sa.Boolean(), nullable=False),
        sa.CheckConstraint("status IN ('open', 'closed')", name="ck_cases_status"),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.UniqueConstraint("number", name="uq_cases_number"),
    )
    op.create_index("ix_cases_account_id_last_activity_at_id", "cases", ["account_id", "last_activity_at", "id"])
    op.create_index("ix_cases_last_activity_at_id", "cases", ["last_activity_at", "id"])
    op.create_index("ix_cases_opened_by_opened_at", "cases", ["opened_by", "opened_at"])
    op.create_index("ix_cases_status_last_activity_at_id", "cases", ["status", "last_activity_at", "id"])
    op.create_table(
        "participant",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "email", name="pk_participant"),
    )
    op.create_index("ix_participant_email", "participant", ["email"])
    op.create_table(
        "case_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("origin", sa.String(length=100), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("data", JsonDocument(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_case_event"),
    )
    op.create_index("ix_case_event_case_id_at_id", "case_event", ["case_id", "at", "id"])
    op.create_index("uq_case_event_origin", "case_event", ["origin"], unique=True)
    op.create_table(
        "case_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("before", JsonDocument(), nullable=False),
        sa.Column("after", JsonDocument(), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_case_change"),
    )
    op.create_index("ix_case_change_case_id_id", "case_change", ["case_id", "id"])
    op.create_index("ix_case_change_message_id_id", "case_change", ["message_id", "id"])


def _create_messages() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("effect", sa.String(length=6), nullable=False),
        sa.Column("is_reply", sa.Boolean(), nullable=False),
        sa.Column("by_machine", sa.Boolean(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("rfc_message_id", sa.String(), nullable=True),
        sa.Column("written_message_id", sa.String(), nullable=True),
        sa.Column("identity", sa.String(length=32), nullable=True),
        sa.Column("thread_index", sa.String(), nullable=True),
        sa.Column("mailboxes", JsonDocument(), nullable=False),
        sa.Column("mail_account_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("sender_email", sa.String(), nullable=False),
        sa.Column("sender_name", sa.String(), nullable=False),
        sa.Column("recipients", JsonDocument(), nullable=False),
        sa.Column("ancestors", JsonDocument(), nullable=False),
        sa.Column("preview", sa.String(), nullable=False),
        sa.Column("attachments", sa.Integer(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("delivery", JsonDocument(), nullable=True),
        sa.CheckConstraint("direction IN ('incoming', 'outgoing')", name="ck_message_direction"),
        sa.CheckConstraint("effect IN ('opens', 'closes', 'none')", name="ck_message_effect"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
    )
    op.create_index("ix_message_case_id_received_at_id", "message", ["case_id", "received_at", "id"])
    op.create_index(
        "ix_message_thread_index",
        "message",
        ["thread_index"],
        sqlite_where=sa.text("thread_index IS NOT NULL"),
        postgresql_where=sa.text("thread_index IS NOT NULL"),
    )
    op.create_index("uq_message_identity", "message", ["identity"], unique=True)
    op.create_index("uq_message_place", "message", ["place"], unique=True)
    op.create_table(
        "filing",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.Column("evidence", JsonDocument(), nullable=False),
        sa.Column("held_by", sa.Uuid(), nullable=True),
        sa.Column("suggested_case_id", sa.Uuid(), nullable=True),
        sa.Column("mailbox", sa.String(length=320), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_filing"),
    )
    op.create_index("ix_filing_outcome_received_at_message_id", "filing", ["outcome", "received_at", "message_id"])
    op.create_table(
        "known_id",
        sa.Column("rfc_message_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=9), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('own', 'mentioned', 'reported')", name="ck_known_id_kind"),
        sa.PrimaryKeyConstraint("rfc_message_id", "kind", "message_id", name="pk_known_id"),
    )


def _create_replies() -> None:
    op.create_table(
        "reply",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mail_account_id", sa.Uuid(), nullable=False),
        sa.Column("rfc_message_id", sa.String(), nullable=False),
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("recipients", JsonDocument(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("attempts", JsonDocument(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("closes", sa.Boolean(), nullable=False),
        sa.Column("acknowledged", sa.String(length=320), nullable=True),
        sa.Column("copy_status", sa.String(length=6), nullable=False),
        sa.Column("copy_attempts", sa.Integer(), nullable=False),
        sa.Column("copy_due_at", UtcDateTime(), nullable=True),
        sa.Column("copy_detail", sa.String(), nullable=False),
        sa.CheckConstraint("status IN ('queued', 'sending', 'sent', 'failed', 'unknown')", name="ck_reply_status"),
        sa.CheckConstraint("copy_status IN ('none', 'wanted', 'kept', 'failed')", name="ck_reply_copy_status"),
        sa.PrimaryKeyConstraint("id", name="pk_reply"),
    )
    op.create_index("ix_reply_case_id_id", "reply", ["case_id", "id"])
    op.create_index("ix_reply_next_attempt_at", "reply", ["next_attempt_at"])
    op.create_index("uq_reply_rfc_message_id", "reply", ["rfc_message_id"], unique=True)
    for name, columns in (
        ("ix_reply_acknowledged_created_at", ["acknowledged", "created_at"]),
        ("ix_reply_copy_due_at", ["copy_due_at"]),
    ):
        filled = sa.text(f"{columns[0]} IS NOT NULL")
        op.create_index(name, "reply", columns, sqlite_where=filled, postgresql_where=filled)
    op.create_table(
        "reply_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("folded_name", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reply_template"),
        sa.UniqueConstraint("folded_name", name="uq_reply_template_folded_name"),
    )
    op.create_table(
        "signature",
        sa.Column("mail_account_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("mail_account_id", name="pk_signature"),
    )


def _create_search_index() -> None:
    """The folded words of every message by its `place`: FTS5 on SQLite, a tsvector under a GIN index on PostgreSQL."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE message_words (place BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
        # Kept in the row: out of line, the planner takes reading all of them for cheaper than the index.
        op.execute("ALTER TABLE message_words ALTER COLUMN words SET STORAGE MAIN")
        op.execute("CREATE INDEX ix_message_words_words ON message_words USING GIN (words)")
    else:
        op.execute("CREATE VIRTUAL TABLE message_words USING fts5 (words, detail=none, columnsize=0, tokenize='ascii')")


def downgrade() -> None:
    op.execute("DROP TABLE message_words")
    for table in reversed(TABLES):
        op.drop_table(table)
    drop_kit_tables(op)
