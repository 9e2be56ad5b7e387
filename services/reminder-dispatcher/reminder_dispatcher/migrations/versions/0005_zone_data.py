"""By which zone data reminders were armed (reliability B10). The first start notes those of that day."""

import sqlalchemy as sa
from alembic import op

from kit.columns import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "zone_data",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("armed_anew", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_zone_data"),
    )


def downgrade() -> None:
    op.drop_table("zone_data")
