"""Units of the house with their members, filters that administrators lay over what people see, and the history of both."""

import sqlalchemy as sa
from alembic import op

from kit.columns import JsonDocument, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("folded_name", sa.String(300), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
    )
    op.create_index("ix_unit_parent_id", "unit", ["parent_id"], unique=False)
    op.add_column("employee", sa.Column("unit_id", sa.Uuid(), nullable=True))
    op.create_index("ix_employee_unit_id", "employee", ["unit_id"], unique=False)
    op.create_table(
        "mandatory_filter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("lists", JsonDocument(), nullable=False),
        sa.Column("filter", JsonDocument(), nullable=False),
        sa.Column("hides", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("user_ids", JsonDocument(), nullable=False),
        sa.Column("unit_ids", JsonDocument(), nullable=False),
        sa.Column("scopes", JsonDocument(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandatory_filter")),
    )
    op.create_table(
        "rights_history",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("happened", sa.String(20), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(100), nullable=True),
        sa.Column("changes", JsonDocument(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('unit', 'mandatory_filter', 'employee', 'user')", name=op.f("ck_rights_history_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_history")),
    )
    op.create_index("ix_rights_history_subject_id_id", "rights_history", ["subject_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("rights_history")
    op.drop_table("mandatory_filter")
    op.drop_index("ix_employee_unit_id", "employee")
    op.drop_column("employee", "unit_id")
    op.drop_table("unit")
