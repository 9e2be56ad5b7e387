"""How a task repeats, and its dates."""

from datetime import time, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from kit.schemas import Body, Line, Moment, Shape
from tasks_api.schemas.tasks import Status
from tasks_api.schemas.when import WhenGiven
from tasks_api.series_reading import DateOfSeries


def _on_the_wall(value: time) -> time:
    if value.tzinfo is not None:
        raise ValueError("is an hour on the wall of the task's zone, without an offset")
    return value


WallTime = Annotated[time, AfterValidator(_on_the_wall)]


class PatternBody(Body):
    """A rule of RFC 5545 without `RRULE:` (it ends never, after COUNT dates or at UNTIL), and when each date is.

    The start alone: the end stays. The end alone, the length alone: the start stays. All three must agree (features R66-R68).
    """

    rrule: Annotated[Line, Field(max_length=1000)] | None = None
    rdates: Annotated[list[WhenGiven], Field(max_length=500)] = Field(default=[])
    exdates: Annotated[list[WhenGiven], Field(max_length=500)] = Field(default=[])
    starts: WallTime | None = Field(default=None, description="09:00, in the task's zone.")
    ends: WallTime | None = Field(default=None, description="Before the start: on the next day.")
    duration: Annotated[timedelta, Field(ge=timedelta(), le=timedelta(days=366))] | None = Field(
        default=None, description="ISO 8601: PT1H30M."
    )


class DateShape(Shape):
    """A date of a series; `task_id`: the task of its own it has."""

    recurrence_id: str
    starts_at: Moment
    ends_at: Moment | None
    status: Status
    task_id: UUID | None

    @classmethod
    def of(cls, date: DateOfSeries) -> "DateShape":
        return cls.model_validate(date)


class DatesShape(Shape):
    items: list[DateShape]
