"""Webhooks: URLs of other systems that are told what this service says, and the log of it."""

from alembic import op

from kit.migrating import create_missing_kit_tables

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_missing_kit_tables(op)


def downgrade() -> None:
    for table in ("webhook_attempt", "webhook_delivery", "webhook"):
        op.drop_table(table)
