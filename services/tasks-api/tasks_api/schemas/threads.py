"""Tasks that hang on one another."""

from uuid import UUID

from kit.schemas import Shape
from tasks_api.schemas.tasks import Kind, Status
from tasks_api.schemas.when import WhenShown
from tasks_api.task import Task
from tasks_api.threads import Branch


class ThreadShape(Shape):
    """A thread by the task at its root; `size` counts all its tasks."""

    id: UUID
    number: str
    title: str
    status: Status
    account_id: UUID | None
    size: int

    @classmethod
    def of(cls, task: Task, size: int) -> "ThreadShape":
        return cls(
            id=task.id,
            number=task.number,
            title=task.fields.title,
            status=task.status,
            account_id=task.account_id,
            size=size,
        )


class BranchShape(Shape):
    """A task of a thread and those that hang on it."""

    id: UUID
    number: str
    kind: Kind
    title: str
    status: Status
    starts_at: WhenShown | None
    assignee_ids: list[UUID]
    children: list["BranchShape"]

    @classmethod
    def of(cls, branch: Branch) -> "BranchShape":
        task = branch.task
        return cls(
            id=task.id,
            number=task.number,
            kind=task.fields.kind,
            title=task.fields.title,
            status=task.status,
            starts_at=task.fields.starts_on or task.fields.starts_at,
            assignee_ids=list(task.assignee_ids),
            children=[cls.of(child) for child in branch.children],
        )


class TreeShape(Shape):
    items: list[BranchShape]
