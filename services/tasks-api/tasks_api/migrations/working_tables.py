"""Tables of the first schema that tasks are worked with: dictionaries and settings, files and drafts, documents and rules."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from kit.columns import JsonDocument, UtcDateTime
from kit.ids import new_id

TABLES = (
    "dictionary_value",
    "task_settings",
    "account_attribute",
    "task_file",
    "task_draft",
    "automation_rule",
    "document_task",
)

PREDEFINED: dict[str, tuple[tuple[str, str, str], ...]] = {
    "interaction_kind": (("phone", "Telefon", "Phone"), ("email", "E-mail", "E-mail"), ("sms", "SMS", "SMS"),
                         ("other", "Inny", "Other")),
    "priority": (("low", "Niski", "Low"), ("normal", "Normalny", "Normal"), ("high", "Wysoki", "High")),
    "category": (("negotiations", "Negocjacje", "Negotiations"), ("acquiring", "Pozyskanie klienta", "Acquiring of customer"),
                 ("orders", "Realizacja zamówień", "Processing of orders"),
                 ("keeping", "Utrzymanie klienta", "Keeping of customer")),
    "stage": (("preparation", "Przygotowanie", "Preparation"), ("execution", "Realizacja", "Execution"),
              ("acceptance", "Odbiór", "Acceptance")),
}  # fmt: skip
"""Dictionary → code, Polish, English (features K12-K14, K26, R49)."""


def create_working_tables() -> None:
    _create_registers()
    _create_work()
    _insert_predefined_values()


def particulars_columns() -> list[sa.Column[Any]]:
    """Columns of the task table that hold `tasks_api.particulars.Particulars`."""
    return [
        sa.Column("in_calendar", sa.Boolean(), nullable=False),
        sa.Column("kind_id", sa.Uuid(), nullable=True),
        sa.Column("priority_id", sa.Uuid(), nullable=True),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("stage_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("expected_cost", JsonDocument(), nullable=True),
        sa.Column("actual_cost", JsonDocument(), nullable=True),
        sa.Column("attributes", JsonDocument(), nullable=True),
        sa.Column("attachments", JsonDocument(), nullable=True),
        sa.Column("staged", sa.Boolean(), nullable=False),
        sa.Column("stages", JsonDocument(), nullable=True),
        sa.Column("timer_seconds", sa.Integer(), nullable=False),
        sa.Column("timer_started_at", UtcDateTime(), nullable=True),
        sa.Column("timer_capped", sa.Boolean(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("thread_id", sa.Uuid(), nullable=True),
        sa.Column("previous_id", sa.Uuid(), nullable=True),
        sa.Column("next_id", sa.Uuid(), nullable=True),
    ]


def create_indexes_of_kin() -> None:
    """Few tasks have kin or an owner: the indexes hold those only, and mail does not pay for them."""
    for name in ("owner_id", "parent_id", "thread_id"):
        given = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"ix_task_{name}", "task", [name], unique=False, sqlite_where=given, postgresql_where=given)


def _create_registers() -> None:
    op.create_table(
        "dictionary_value",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("dictionary", sa.String(20), nullable=False),
        sa.Column("code", sa.String(40), nullable=True),
        sa.Column("labels", JsonDocument(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dictionary_value")),
    )
    op.create_index(
        "ix_dictionary_value_dictionary", "dictionary_value", ["dictionary", "position", "id"], unique=False
    )
    op.create_table(
        "task_settings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("percent_step", sa.Integer(), nullable=False),
        sa.Column("timer_cap_minutes", sa.Integer(), nullable=False),
        sa.Column("carry_attributes", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_settings")),
    )
    op.create_table(
        "account_attribute",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("carried", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "name", name=op.f("pk_account_attribute")),
    )


def _create_work() -> None:
    op.create_table(
        "task_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_file")),
    )
    op.create_index("ix_task_file_task_id", "task_file", ["task_id"], unique=False)
    op.create_table(
        "task_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("capped", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_draft")),
    )
    op.create_table(
        "automation_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("document_type", sa.String(100), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("repeat", sa.Boolean(), nullable=False),
        sa.Column("template", JsonDocument(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_automation_rule")),
    )
    op.create_table(
        "document_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_type", sa.String(100), nullable=False),
        sa.Column("document_id", sa.String(200), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("repeat_key", sa.String(40), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_task")),
    )
    op.create_index(
        "uq_document_task",
        "document_task",
        ["rule_id", "document_type", "document_id", "action", "repeat_key"],
        unique=True,
    )
    op.create_index("ix_document_task_document", "document_task", ["document_type", "document_id"], unique=False)


def _insert_predefined_values() -> None:
    values = sa.table(
        "dictionary_value",
        sa.column("id", sa.Uuid()),
        sa.column("version", sa.Integer()),
        sa.column("dictionary", sa.String()),
        sa.column("code", sa.String()),
        sa.column("labels", JsonDocument()),
        sa.column("position", sa.Integer()),
        sa.column("active", sa.Boolean()),
        sa.column("created_at", UtcDateTime()),
    )
    now = datetime.now(UTC)
    op.bulk_insert(
        values,
        [
            {
                "id": new_id(),
                "version": 1,
                "dictionary": dictionary,
                "code": code,
                "labels": {"pl": polish, "en": english},
                "position": position,
                "active": True,
                "created_at": now,
            }
            for dictionary, words in PREDEFINED.items()
            for position, (code, polish, english) in enumerate(words)
        ],
    )
