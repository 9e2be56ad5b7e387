"""What an administrator can do about events: see those that were set aside, try them again, say everything once more."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from kit.dead_letters import DeadLetter, get_dead_letter, list_dead_letters, retry_dead_letter
from kit.errors import Conflict
from kit.outbox import Relay
from kit.paging import Page, PageWanted, cursor_of, key_of
from kit.schemas import Body, Moment, Shape
from kit.subscription import Subscription
from kit.tokens import ADMIN, requires


class DeadLetterShape(Shape):
    """An event this service could not act on; `content` is its envelope, null when it is not JSON."""

    id: UUID
    consumer: str
    event_id: UUID
    subject: str
    correlation_id: str
    reason: str
    deliveries: int
    set_aside_at: Moment
    resolved_at: Moment | None
    content: Any

    @classmethod
    def of(cls, letter: DeadLetter) -> "DeadLetterShape":
        return cls(
            id=letter.id,
            consumer=letter.consumer,
            event_id=letter.event_id,
            subject=letter.subject,
            correlation_id=letter.correlation_id,
            reason=letter.reason,
            deliveries=letter.deliveries,
            set_aside_at=letter.set_aside_at,
            resolved_at=letter.resolved_at,
            content=letter.content(),
        )


class ReplayWanted(Body):
    since: Moment


class Replayed(Shape):
    events: int


class NothingIsHeard(Conflict):
    code = "nothing_is_heard"

    def __init__(self) -> None:
        super().__init__("This service listens to nothing, so nothing can be tried again.")


router = APIRouter(prefix="/v1", tags=["administration"], dependencies=[Depends(requires(ADMIN))])


@router.get("/dead-letters")
async def list_set_aside(
    request: Request,
    paging: PageWanted,
    resolved: Annotated[bool, Query(description="Also those that succeeded later.")] = False,
) -> Page[DeadLetterShape]:
    """Events that could not be acted on, newest first."""
    before = None if paging.cursor is None else UUID(str(key_of(paging.cursor, [UUID])[0]))
    async with request.app.state.parts.database.reading() as session:
        letters = await list_dead_letters(session, limit=paging.limit + 1, before=before, resolved=resolved)
    shown = letters[: paging.limit]
    following = cursor_of((shown[-1].id,)) if len(letters) > paging.limit else None
    return Page[DeadLetterShape](items=[DeadLetterShape.of(letter) for letter in shown], next=following)


@router.get("/dead-letters/{dead_letter_id}")
async def show_set_aside(request: Request, dead_letter_id: UUID) -> DeadLetterShape:
    """One of them, the resolved ones included."""
    async with request.app.state.parts.database.reading() as session:
        return DeadLetterShape.of(await get_dead_letter(session, dead_letter_id))


@router.post("/dead-letters/{dead_letter_id}/retry")
async def try_again(request: Request, dead_letter_id: UUID) -> DeadLetterShape:
    """Hand the event to its handler once more; 409 with the new reason when it fails again."""
    subscription: Subscription | None = request.app.state.subscription
    if subscription is None:
        raise NothingIsHeard
    parts = request.app.state.parts
    letter = await retry_dead_letter(parts.database, subscription, dead_letter_id, now=parts.clock.now())
    return DeadLetterShape.of(letter)


@router.post("/replay", status_code=202)
async def replay(request: Request, wanted: ReplayWanted) -> Replayed:
    """Publish again what this service announced since then; listeners that heard it change nothing."""
    relay: Relay = request.app.state.relay
    since: datetime = wanted.since
    return Replayed(events=await relay.replay(since))
