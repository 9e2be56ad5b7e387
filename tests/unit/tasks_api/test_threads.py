"""The tree that tasks make (features R44), and the words people read (K12, K26)."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from tasks_api.dictionaries import KIND_LABELS, REQUIRED_FIELDS, STATUS_LABELS, label_in, language_of
from tasks_api.itip.shapes import TaskFields
from tasks_api.particulars import NOTHING_PARTICULAR, Particulars, particulars_of, row_of
from tasks_api.task import Task
from tasks_api.task_settings import PERCENT_STEPS, TaskSettings
from tasks_api.threads import Branch, below, root_of, trees

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def a_task(n: int, parent: int | None = None, thread: int | None = None) -> Task:
    kin = Particulars(parent_id=UUID(int=parent) if parent else None, thread_id=UUID(int=thread) if thread else None)
    return Task(id=UUID(int=n), number=str(n), fields=TaskFields(), created_at=NOW, updated_at=NOW, particulars=kin)


THREAD = [a_task(1), a_task(2, 1, 1), a_task(3, 1, 1), a_task(4, 2, 1)]


def numbers(branch: Branch) -> object:
    return (branch.task.number, [numbers(child) for child in branch.children])


def test_children_stand_under_their_parent() -> None:
    assert [numbers(one) for one in trees(THREAD)] == [("1", [("2", [("4", [])]), ("3", [])])]


def test_one_whose_parent_is_hidden_or_gone_begins_a_tree() -> None:
    assert [numbers(one) for one in trees(THREAD[1:])] == [("2", [("4", [])]), ("3", [])]


def test_what_hangs_on_a_task() -> None:
    assert {one.number for one in below(UUID(int=1), THREAD)} == {"2", "3", "4"}
    assert [one.number for one in below(UUID(int=2), THREAD)] == ["4"]
    assert root_of(THREAD[3]) == root_of(THREAD[0]) == UUID(int=1)


@pytest.mark.parametrize(
    ("accepted", "otherwise", "language"),
    [
        ("en-GB,en;q=0.9", "pl", "en"),
        ("de, pl;q=0.5", "en", "pl"),
        ("de", "pl", "pl"),
        (None, "en_US", "en"),
        (None, "pl_PL", "pl"),
        ("", "de", "en"),
    ],
)
def test_the_language_of_an_answer(accepted: str | None, otherwise: str, language: str) -> None:
    assert language_of(accepted, otherwise) == language


def test_labels_in_both_languages() -> None:
    for labels in (*KIND_LABELS.values(), *STATUS_LABELS.values()):
        assert labels.keys() == {"pl", "en"}
    assert KIND_LABELS.keys() == REQUIRED_FIELDS.keys()
    assert label_in("en", {"pl": "Pilny"}) == "Pilny"
    assert label_in("en", {}, "Audyt") == "Audyt"


def test_steps_of_per_cent_reach_a_hundred() -> None:
    assert all(TaskSettings(percent_step=step).is_on_step(100) for step in PERCENT_STEPS)
    assert [n for n in (0, 25, 30, 75, 100) if TaskSettings(percent_step=25).is_on_step(n)] == [0, 25, 75, 100]


def test_a_task_without_particulars_costs_nothing() -> None:
    assert row_of(NOTHING_PARTICULAR) is row_of(NOTHING_PARTICULAR)
    assert particulars_of(row_of(Particulars())) is NOTHING_PARTICULAR
    some = Particulars(owner_id=UUID(int=5), attributes={"Rejon": "Łódź"})
    assert particulars_of(row_of(some)) == some
