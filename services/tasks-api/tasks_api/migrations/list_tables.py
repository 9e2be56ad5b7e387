"""Tables of the first schema that lists and the directory are worked with: saved filters, feeds, erased people."""

import sqlalchemy as sa
from alembic import op

from kit.columns import JsonDocument, UtcDateTime

TABLES = ("saved_filter", "calendar_feed", "erased_card")


def create_list_tables() -> None:
    op.create_table(
        "saved_filter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("filter", JsonDocument(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
    )
    op.create_index("ix_saved_filter_subject", "saved_filter", ["subject"], unique=False)
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("employee_ids", JsonDocument(), nullable=False),
        sa.Column("with_details", sa.Boolean(), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_read_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
    )
    op.create_index("uq_calendar_feed_secret_hash", "calendar_feed", ["secret_hash"], unique=True)
    op.create_table(
        "erased_card",
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("erased_at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(100), nullable=True),
        sa.PrimaryKeyConstraint("card_id", name=op.f("pk_erased_card")),
    )
