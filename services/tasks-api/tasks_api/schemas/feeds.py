"""Calendar feeds."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from kit.schemas import Body, Moment, Shape
from tasks_api.models.lists import CalendarFeed
from tasks_api.schemas.values import Name


class FeedBody(Body):
    """The agenda of one employee, of a team, or of everybody when nobody is named."""

    name: Name
    employee_ids: Annotated[list[UUID], Field(max_length=200)] = Field(default=[])
    with_details: bool = Field(default=True, description="False: only when somebody is busy, not with what.")


class FeedShape(Shape):
    id: UUID
    version: int
    name: str
    employee_ids: list[UUID]
    with_details: bool
    url: str | None = Field(default=None, description="The address with its secret: shown once, when it is made.")
    created_at: Moment
    last_read_at: Moment | None

    @classmethod
    def of(cls, feed: CalendarFeed, *, url: str | None = None) -> "FeedShape":
        return cls(
            id=feed.id,
            version=feed.version,
            name=feed.name,
            employee_ids=[UUID(one) for one in feed.employee_ids],
            with_details=feed.with_details,
            url=url,
            created_at=feed.created_at,
            last_read_at=feed.last_read_at,
        )
