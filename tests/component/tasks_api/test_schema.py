"""The first migration ends at what the models say, on both databases."""

from __future__ import annotations

import pytest

from kit.testing.fixtures import OpenDatabase
from kit.testing.schemas import schema_differences
from tasks_api.models import metadata

pytestmark = pytest.mark.storage


async def test_the_migration_ends_at_the_models(open_database: OpenDatabase) -> None:
    database = await open_database("tasks_api")
    left = [one for one in await schema_differences(database, metadata) if not _is_spelling(one)]
    assert left == []


def _is_spelling(difference: str) -> bool:
    """TEXT and SQLModel's AutoString are the same; the index over the words is no model."""
    return "modify_type" in difference or "task_search" in difference
