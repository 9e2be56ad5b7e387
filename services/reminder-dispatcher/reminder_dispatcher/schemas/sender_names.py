"""Sender names of SMS as they travel."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints

from kit.schemas import Body, Moment, Shape
from reminder_dispatcher.models import SenderName as Row
from reminder_dispatcher.schemas.reminders import PersonShape
from reminder_dispatcher.schemas.values import SenderName


class SenderNameBody(Body):
    name: SenderName


class StatementBody(Body):
    """The owner's word that SMS may bear the name: on what it rests, for instance a trade mark or the firm's own name."""

    statement: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class StatementShape(Shape):
    text: str
    by: PersonShape
    at: Moment


class SenderNameShape(Shape):
    """A name is used for sending only while it is `approved`. `gateway_says` is null where the gateway cannot be asked."""

    name: str
    version: int
    status: Literal["pending", "approved"]
    statement: StatementShape | None
    gateway_says: Literal["approved", "pending", "refused", "unlisted"] | None
    asked_at: Moment | None
    created_at: Moment = Field(description="When it was asked for.")

    @classmethod
    def of(cls, row: Row) -> Self:
        by: UUID | None = row.stated_by
        stated = None
        if row.statement is not None and row.stated_at is not None:
            who = PersonShape(user_id=by, name=row.stated_by_name or "")
            stated = StatementShape(text=row.statement, by=who, at=row.stated_at)
        return cls.model_validate({**row.model_dump(), "statement": stated})
