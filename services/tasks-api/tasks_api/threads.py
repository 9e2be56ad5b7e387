"""The tree that tasks make which hang on one another (features R44): pure, over the tasks of one thread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from tasks_api.task import Task

MOST_IN_THREAD = 200


@dataclass(slots=True)
class Branch:
    task: Task
    children: list[Branch] = field(default_factory=list)


def root_of(task: Task) -> UUID:
    """The id of the task at the root of its thread: its own when it stands alone."""
    return task.particulars.thread_id or task.id


def trees(tasks: Sequence[Task]) -> list[Branch]:
    """The tasks as trees, children in the order given; one whose parent is not among them begins a tree."""
    branches = {task.id: Branch(task) for task in tasks}
    roots: list[Branch] = []
    for task in tasks:
        parent = branches.get(task.particulars.parent_id) if task.particulars.parent_id else None
        (parent.children if parent is not None else roots).append(branches[task.id])
    return roots


def below(task_id: UUID, tasks: Sequence[Task]) -> list[Task]:
    """All tasks that hang on this one, directly or not."""
    children: defaultdict[UUID | None, list[Task]] = defaultdict(list)
    for task in tasks:
        children[task.particulars.parent_id].append(task)
    return list(_walk(task_id, children))


def _walk(task_id: UUID, children: dict[UUID | None, list[Task]]) -> Iterator[Task]:
    waiting = [task_id]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            yield child
            waiting.append(child.id)
