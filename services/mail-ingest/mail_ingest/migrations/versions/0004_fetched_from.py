"""From which mailbox an account has fetched mail: it stays with it (features R89). Filled when the account is next changed."""

import sqlalchemy as sa
from alembic import op

from kit.columns import JsonDocument

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mail_account", sa.Column("fetched_from", JsonDocument(), nullable=True))


def downgrade() -> None:
    op.drop_column("mail_account", "fetched_from")
