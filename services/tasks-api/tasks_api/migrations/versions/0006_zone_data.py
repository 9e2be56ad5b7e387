"""By which data of its zone the moments of tasks were computed (reliability B10). The first start notes those of that day."""

import sqlalchemy as sa
from alembic import op

from kit.columns import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "zone_data",
        sa.Column("zone", sa.String(length=100), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("next_data", sa.LargeBinary(), nullable=True),
        sa.Column("progress", sa.String(), nullable=True),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("zone", name="pk_zone_data"),
    )


def downgrade() -> None:
    op.drop_table("zone_data")
