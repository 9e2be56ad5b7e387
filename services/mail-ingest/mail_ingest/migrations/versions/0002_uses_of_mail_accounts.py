"""Who sends from which mail account. It fills by itself: reminder-dispatcher says once more what it uses (features R33)."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_account_use",
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("used_by", sa.String(40), nullable=False),
        sa.Column("mail_account_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.String(320), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "used_by", name="pk_mail_account_use"),
    )
    op.create_index("ix_mail_account_use_mail_account_id", "mail_account_use", ["mail_account_id"])
    op.create_index("ix_mail_account_use_address", "mail_account_use", ["address"])


def downgrade() -> None:
    op.drop_table("mail_account_use")
