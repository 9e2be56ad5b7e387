"""What other systems put on the calendar: sources, two of them from the start, and their entries."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from kit.columns import JsonDocument, UtcDateTime
from kit.ids import new_id

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sources = op.create_table(
        "calendar_source",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("labels", JsonDocument(), nullable=False),
        sa.Column("color", sa.String(30), nullable=False),
        sa.Column("busy", sa.Boolean(), nullable=False),
        sa.Column("is_system", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_calendar_source")),
        sa.UniqueConstraint("id", name=op.f("uq_calendar_source_id")),
    )
    op.create_table(
        "calendar_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("employee_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("title", sa.String(1000), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("all_day", sa.Boolean(), nullable=False),
        sa.Column("timezone", sa.String(100), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("color", sa.String(30), nullable=True),
        sa.Column("url", sa.String(2000), nullable=True),
        sa.Column("document", JsonDocument(), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_entry")),
    )
    op.create_index("uq_calendar_entry", "calendar_entry", ["source", "key"], unique=True)
    op.create_index(
        "ix_calendar_entry_employee_id_starts_at", "calendar_entry", ["employee_id", "starts_at", "id"], unique=False
    )
    op.create_index("ix_calendar_entry_starts_at_id", "calendar_entry", ["starts_at", "id"], unique=False)
    now = datetime.now(UTC)
    op.bulk_insert(
        sources,
        [
            {
                "name": name,
                "id": new_id(),
                "version": 1,
                "labels": {"pl": polish, "en": english},
                "color": color,
                "busy": busy,
                "is_system": True,
                "active": True,
                "created_at": now,
            }
            for name, polish, english, color, busy in (
                ("absence", "Nieobecność", "Absence", "violet", True),
                ("document_stage", "Etap dokumentu", "Document stage", "blue", False),
            )
        ],
    )


def downgrade() -> None:
    op.drop_table("calendar_entry")
    op.drop_table("calendar_source")
