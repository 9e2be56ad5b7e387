"""Sender names and whether they may be used (features R74). The one in use goes on being used: it is stated here that it was."""

import sqlalchemy as sa
from alembic import op

from kit.columns import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sender_name",
        sa.Column("name", sa.String(length=11), nullable=False),
        sa.Column("folded", sa.String(length=11), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("statement", sa.String(), nullable=True),
        sa.Column("stated_by", sa.Uuid(), nullable=True),
        sa.Column("stated_by_name", sa.String(length=200), nullable=True),
        sa.Column("stated_at", UtcDateTime(), nullable=True),
        sa.Column("gateway_says", sa.String(length=10), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_sender_name"),
        sa.UniqueConstraint("folded", name="uq_sender_name_folded"),
    )
    op.execute(
        "INSERT INTO sender_name (name, folded, version, status, statement, stated_at, created_at) "
        "SELECT sms_sender, lower(sms_sender), 1, 'approved', 'In use before sender names had a state.', "
        "changed_at, changed_at FROM automation WHERE sms_sender IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_table("sender_name")
