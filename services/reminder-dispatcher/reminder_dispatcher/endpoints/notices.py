"""Reminders where an operator works: what is due for the caller, as a list and as a stream (features R59)."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query
from starlette.responses import StreamingResponse

from kit.schemas import Moment
from kit.tokens import Caller
from reminder_dispatcher.endpoints.callers import Reader, actor_of
from reminder_dispatcher.errors import NoEmployeeOfOwn
from reminder_dispatcher.notices import OwnNotice, dismiss_notice, own_notices, snooze_notice, watch_notices
from reminder_dispatcher.parts import The
from reminder_dispatcher.schemas.reminders import NoticeShape, NoticesShape, SnoozeBody

router = APIRouter(tags=["own reminders"])
SHOWN_FOR = timedelta(days=7)
Limit = Annotated[int, Query(ge=1, le=200)]
LastSeen = Annotated[str | None, Header(alias="last-event-id", max_length=100)]


@router.get("/v1/me/reminders/due", response_model=NoticesShape)
async def list_own(the: The, caller: Reader, since: Moment | None = None, limit: Limit = 50) -> NoticesShape:
    """What the caller has been reminded of and has not put away, newest first; of the last week, unless `since` is given."""
    employee_id = _own_employee(caller)
    async with the.database.reading() as session:
        notices = await own_notices(session, employee_id, since=since or the.clock.now() - SHOWN_FOR, limit=limit)
    return NoticesShape(items=[NoticeShape.of(one) for one in notices])


@router.get(
    "/v1/me/reminders/stream",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "Events `reminder.due`, one for each reminder."}
    },
)
async def stream_own(the: The, caller: Reader, last_seen: LastSeen = None) -> StreamingResponse:
    """Server-sent events: each reminder of the caller as its moment comes. It ends before the token does; a client that comes
    back with `Last-Event-ID` misses nothing."""
    employee_id = _own_employee(caller)
    since = _moment_in(last_seen) or await the.database.now()
    watched = watch_notices(the.database, the.bell, employee_id, since=since)
    return StreamingResponse(
        _events(watched),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


@router.post("/v1/me/reminders/{reminder_id}/dismiss", response_model=NoticeShape)
async def dismiss_own(the: The, caller: Reader, reminder_id: UUID) -> NoticeShape:
    """Put a reminder of one's own away."""
    async with the.database.transaction() as session:
        reminder = await dismiss_notice(
            session, reminder_id, _own_employee(caller), by=actor_of(caller), now=the.clock.now()
        )
        return NoticeShape.of(OwnNotice(reminder, ""))


@router.post("/v1/me/reminders/{reminder_id}/snooze", response_model=NoticeShape)
async def snooze_own(the: The, caller: Reader, reminder_id: UUID, body: SnoozeBody) -> NoticeShape:
    """Tell me again: `for` a length from now on, or `until` a moment."""
    now = the.clock.now()
    async with the.database.transaction() as session:
        reminder = await snooze_notice(
            session, reminder_id, _own_employee(caller), body.moment(now), by=actor_of(caller), now=now
        )
        shape = NoticeShape.of(OwnNotice(reminder, ""))
    the.dispatcher.wake()
    return shape


async def _events(notices: AsyncIterator[OwnNotice | None]) -> AsyncIterator[str]:
    """RFC-less but standard: the HTML standard, section 9.2 (server-sent events)."""
    yield "retry: 3000\n\n"
    async for notice in notices:
        if notice is None:
            yield ": still here\n\n"
            continue
        told_at = notice.reminder.told_at
        event_id = told_at.isoformat() if told_at else ""
        yield f"event: reminder.due\nid: {event_id}\ndata: {NoticeShape.of(notice).model_dump_json()}\n\n"


def _moment_in(event_id: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(event_id or "")
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _own_employee(caller: Caller) -> UUID:
    if caller.employee_id is None:
        raise NoEmployeeOfOwn
    return caller.employee_id
