"""The first schema: mail accounts, the ledger, raw and parsed mail."""

import sqlalchemy as sa
from alembic import op

from kit.columns import JsonDocument, UtcDateTime
from kit.migrating import create_kit_tables, drop_kit_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ACCOUNT = "mail_account.id"


def upgrade() -> None:
    create_kit_tables(op)
    _create_accounts()
    _create_ledger()
    _create_parsed()


def _create_accounts() -> None:
    op.create_table(
        "mail_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("aliases", JsonDocument(), nullable=False),
        sa.Column("invitation_policy", sa.String(10), nullable=False),
        sa.Column("auto_create_from", sa.String(10), nullable=False),
        sa.Column("trusted_authserv_ids", JsonDocument(), nullable=False),
        sa.Column("timezone", sa.String(100), nullable=False),
        sa.Column("imap", JsonDocument(), nullable=True),
        sa.Column("smtp", JsonDocument(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_mail_account"),
    )
    op.create_index("ix_mail_account_address", "mail_account", ["address"])
    op.create_table(
        "mailbox_health",
        sa.Column("mail_account_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(30), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("last_success_at", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_error_code", sa.String(50), nullable=True),
        sa.Column("last_error_at", UtcDateTime(), nullable=True),
        sa.Column("capabilities", JsonDocument(), nullable=False),
        sa.Column("refused_logins", JsonDocument(), nullable=False),
        sa.PrimaryKeyConstraint("mail_account_id", name="pk_mailbox_health"),
        sa.ForeignKeyConstraint(["mail_account_id"], [_ACCOUNT], name="fk_mailbox_health_mail_account_id_mail_account"),
    )
    op.create_table(
        "mail_folder",
        sa.Column("mail_account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(1000), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=False),
        sa.Column("first_uid", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("begins_at", UtcDateTime(), nullable=True),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.Column("uid_validity_changes", sa.Integer(), nullable=False),
        sa.Column("paused_reason", sa.Text(), nullable=True),
        sa.Column("last_success_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("mail_account_id", "name", name="pk_mail_folder"),
        sa.ForeignKeyConstraint(["mail_account_id"], [_ACCOUNT], name="fk_mail_folder_mail_account_id_mail_account"),
    )
    op.create_table(
        "unfetched_mail",
        sa.Column("mail_account_id", sa.Uuid(), nullable=False),
        sa.Column("folder", sa.String(1000), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("first_failed_at", UtcDateTime(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("mail_account_id", "folder", "uid_validity", "uid", name="pk_unfetched_mail"),
        sa.ForeignKeyConstraint(["mail_account_id"], [_ACCOUNT], name="fk_unfetched_mail_mail_account_id_mail_account"),
    )
    op.create_index("ix_unfetched_mail_due", "unfetched_mail", ["next_attempt_at"])


def _create_ledger() -> None:
    op.create_table(
        "raw_mail",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.String(20), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("stored_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_raw_mail"),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mail_account_id", sa.Uuid(), nullable=False),
        sa.Column("folder", sa.String(1000), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=True),
        sa.Column("uid", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("raw_sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("stored_at", UtcDateTime(), nullable=False),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_at", UtcDateTime(), nullable=False),
        sa.Column("quarantine_reason", sa.String(100), nullable=True),
        sa.Column("quarantine_detail", sa.Text(), nullable=True),
        sa.Column("quarantined_at", UtcDateTime(), nullable=True),
        sa.Column("same_bytes_as", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.ForeignKeyConstraint(["mail_account_id"], [_ACCOUNT], name="fk_message_mail_account_id_mail_account"),
    )
    pushed = sa.text("uid IS NULL")
    fetched = sa.text("uid IS NOT NULL")
    waiting = sa.text("state = 'stored'")
    quarantined = sa.text("state = 'quarantined'")
    op.create_index(
        "uq_message_place",
        "message",
        ["mail_account_id", "folder", "uid_validity", "uid"],
        unique=True,
        sqlite_where=fetched,
        postgresql_where=fetched,
    )
    op.create_index(
        "uq_message_pushed_bytes",
        "message",
        ["sha256", "mail_account_id", "role"],
        unique=True,
        sqlite_where=pushed,
        postgresql_where=pushed,
    )
    op.create_index("ix_message_fetched_bytes", "message", ["sha256"], sqlite_where=fetched, postgresql_where=fetched)
    op.create_index("ix_message_account", "message", ["mail_account_id", "id"])
    op.create_index("ix_message_waiting", "message", ["claimed_at"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_index("ix_message_quarantined", "message", ["id"], sqlite_where=quarantined, postgresql_where=quarantined)


def _create_parsed() -> None:
    op.create_table(
        "mail_card",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("from_name", sa.Text(), nullable=False),
        sa.Column("from_email", sa.Text(), nullable=True),
        sa.Column("rfc_message_id", sa.Text(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("written_by_machine", sa.Boolean(), nullable=False),
        sa.Column("has_invitation", sa.Boolean(), nullable=False),
        sa.Column("attachments", sa.Integer(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_mail_card"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_mail_card_message_id_message"),
    )
    op.create_index("ix_mail_card_from_email", "mail_card", ["from_email"])
    op.create_index("ix_mail_card_rfc_message_id", "mail_card", ["rfc_message_id"])
    op.create_table(
        "mail_document",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_mail_document"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_mail_document_message_id_message"),
    )


def downgrade() -> None:
    tables = ("mail_document", "mail_card", "message", "raw_mail", "unfetched_mail", "mail_folder", "mailbox_health")
    for table in (*tables, "mail_account"):
        op.drop_table(table)
    drop_kit_tables(op)
