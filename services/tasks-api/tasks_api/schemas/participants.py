"""Who carries a task out, and what happened to all tasks."""

from uuid import UUID

from kit.schemas import Shape
from tasks_api.models.tasks import TaskHistory
from tasks_api.participants import Participant
from tasks_api.schemas.calendar import BusyShape
from tasks_api.schemas.tasks import HistoryShape


class ParticipantWithTimeShape(Shape):
    """`available`: null when the task has no start or is closed. Phone and e-mail are those a reminder would go to."""

    employee_id: UUID
    name: str | None
    phone: str | None
    email: str | None
    remind: bool
    available: bool | None
    conflicts: list[BusyShape]

    @classmethod
    def of(cls, one: Participant) -> "ParticipantWithTimeShape":
        return cls(
            employee_id=one.employee_id,
            name=one.name,
            phone=one.phone,
            email=one.email,
            remind=one.remind,
            available=one.available,
            conflicts=[BusyShape.of(busy) for busy in one.conflicts],
        )


class ParticipantsShape(Shape):
    items: list[ParticipantWithTimeShape]


class AuditShape(HistoryShape):
    """An entry of the history of any task."""

    task_id: UUID

    @classmethod
    def of(cls, entry: TaskHistory) -> "AuditShape":
        return cls.model_validate(entry)
