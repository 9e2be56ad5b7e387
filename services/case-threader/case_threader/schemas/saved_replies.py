"""Replies somebody has begun and not sent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import Field

from case_threader.models import SavedReply
from case_threader.schemas.replies import Recipients, ReplyBody
from kit.schemas import Moment, Shape


class SavedReplyBody(ReplyBody):
    """A reply as far as it is written: nothing has to be filled in yet."""

    to: Recipients = Field(default_factory=list)

    def document(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_unset=True)


class SavedReplyShape(Shape):
    """`body` is what `POST …/send` sends; attachments are left out of it and counted."""

    id: UUID
    version: int
    case_number: int | None
    body: dict[str, Any]
    attachments: int
    created_at: Moment
    changed_at: Moment

    @classmethod
    def of(cls, saved: SavedReply, *, case_number: int | None) -> SavedReplyShape:
        return cls(
            id=saved.id, version=saved.version, case_number=case_number,
            body={name: value for name, value in saved.body.items() if name != "attachments"},
            attachments=len(saved.body.get("attachments") or ()), created_at=saved.created_at,
            changed_at=saved.changed_at,
        )  # fmt: skip
