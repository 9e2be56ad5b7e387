"""The timeline of a case: its mails, and what people and other services put beside them."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import Row

from case_threader.locking import changing_cases
from case_threader.models import CaseEvent, Message
from case_threader.noting import add_event
from case_threader.parts import Reader, The, Writer, author_of
from case_threader.repository import cases, messages
from case_threader.schemas.cases import EventBody, EventShape, MessageShape, TimelineItem
from kit.paging import Page, PageWanted, page_of

router = APIRouter(tags=["timeline"])


@router.get("/v1/cases/{number}/timeline", response_model=Page[TimelineItem])
async def show_timeline(the: The, _: Reader, number: int, paging: PageWanted) -> Page[TimelineItem]:
    """Everything in the case, oldest first (features C25, C26)."""
    async with the.database.reading() as session:
        case = await cases.get_live_case(session, number)
        rows = list((await session.execute(messages.timeline_of(case.id, paging))).all())
        mails = await messages.messages_by_id(session, [row.id for row in rows if row.source == "message"])
        entries = await messages.events_by_id(session, [row.id for row in rows if row.source == "event"])
    return page_of(rows, paging, key=lambda row: (row.at, row.id), shape=lambda row: _item(row, mails, entries))


@router.post("/v1/cases/{number}/events", response_model=EventShape, status_code=201)
async def add_case_event(the: The, caller: Writer, number: int, body: EventBody) -> EventShape:
    """Note something on the timeline; the status stays as it is (features C47)."""
    now = the.clock.now()
    async with changing_cases(the.database) as session:
        event = await add_event(
            session, number, kind=body.kind, text=body.text, at=body.at or now, data=body.data, author=author_of(caller),
            now=now,
        )  # fmt: skip
    return EventShape.of(event)


def _item(row: Row[Any], mails: dict[UUID, Message], entries: dict[UUID, CaseEvent]) -> TimelineItem:
    if row.source == "message":
        mail = mails[row.id]
        return TimelineItem(
            id=mail.id, at=mail.received_at, kind="reply" if mail.is_reply else "mail",
            text=f"{mail.subject}\n{mail.preview}", author=mail.sender_email, message=MessageShape.of(mail),
        )  # fmt: skip
    entry = entries[row.id]
    return TimelineItem(
        id=entry.id, at=entry.at, kind=entry.kind, text=entry.text, author=entry.author, data=entry.data
    )
