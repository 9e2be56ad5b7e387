"""What a task holds that no calendar speaks about, as it comes in and goes out."""

from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from contracts.tasks import Stage, TaskAttachment
from kit.schemas import Body, Line, Moment, Shape
from tasks_api.models.work import TaskDraft
from tasks_api.schemas.values import Name
from tasks_api.schemas.when import WhenGiven, WhenShown
from tasks_api.timers import Timer

Percent = Annotated[int, Field(ge=0, le=100)]
Attributes = Annotated[
    dict[Annotated[Line, Field(min_length=1, max_length=100)], Annotated[str, Field(max_length=2000)]],
    Field(max_length=100, description="Name → value (features K31, R50)."),
]
Seconds = Annotated[int, Field(ge=0, le=366 * 86_400)]


class CostBody(Body):
    """An amount with at most 4 decimals, in a currency of its own (features K25, ISO 4217)."""

    amount: Annotated[Decimal, Field(ge=0, le=Decimal(1000000000000), max_digits=17, decimal_places=4)]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO 4217: PLN, EUR, …")]


class CostShape(Shape):
    amount: Decimal
    currency: str


class FollowUpBody(Body):
    """When the next, analogous one is: either `in` so long after this one begins, or `at` (features K6, K7)."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    after: Annotated[Line, Field(max_length=20)] | None = Field(
        default=None, alias="in", description="ISO 8601: PT48H (hours pass), P2D or P2W (the hour on the wall stays)."
    )
    at: WhenGiven | None = Field(default=None, description="A moment, or a day on which the hour stays.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.after is None) == (self.at is None):
            raise ValueError("name either in or at")
        return self

    def wanted(self) -> dict[str, object]:
        return {"in": self.after, "at": self.at}


class CompletionBody(Body):
    """Completing may plan the next one in the same save (features K43)."""

    follow_up: FollowUpBody | None = None


class StageBody(Body):
    """A stage of a task; one that is there already is named by its `id`."""

    id: UUID | None = None
    name: Name
    starts_at: WhenGiven
    ends_at: WhenGiven
    percent_complete: Percent = 0


class StagesBody(Body):
    """All stages of a task, in order."""

    stages: Annotated[list[StageBody], Field(max_length=100)]


class StagePercentBody(Body):
    percent_complete: Percent


class StageShape(Shape):
    id: UUID
    name: str
    starts_at: WhenShown
    ends_at: WhenShown
    percent_complete: int

    @classmethod
    def of(cls, stage: Stage) -> "StageShape":
        return cls(
            id=stage.id,
            name=stage.name,
            starts_at=stage.starts_on or stage.starts_at,
            ends_at=stage.ends_on or stage.ends_at,
            percent_complete=stage.percent_complete,
        )


class StagesShape(Shape):
    stages: list[StageShape]


class AttachmentShape(Shape):
    """`size` in bytes; the bytes are at `/v1/tasks/{task_id}/attachments/{id}`."""

    id: UUID
    name: str
    media_type: str
    size: int

    @classmethod
    def of(cls, attachment: TaskAttachment) -> "AttachmentShape":
        return cls.model_validate(attachment)


class AttachmentsShape(Shape):
    items: list[AttachmentShape]


class TimerShape(Shape):
    """`duration_seconds` without the stretch that runs; `capped`: part of a stretch was not counted (features K46)."""

    duration_seconds: int
    running_since: Moment | None
    capped: bool

    @classmethod
    def of(cls, timer: Timer) -> "TimerShape":
        return cls(duration_seconds=timer.seconds, running_since=timer.started_at, capped=timer.capped)


class DraftShape(Shape):
    """A form somebody has opened; saved as a task, its time becomes the task's (features K4, K5)."""

    id: UUID
    version: int
    timer: TimerShape
    created_at: Moment

    @classmethod
    def of(cls, draft: TaskDraft) -> "DraftShape":
        timer = Timer(draft.seconds, draft.started_at, draft.capped)
        return cls(id=draft.id, version=draft.version, timer=TimerShape.of(timer), created_at=draft.created_at)
