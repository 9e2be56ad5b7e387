"""`GET /v1/events`: what this service says, as it says it, for those who may know it (server-sent events)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from kit.bell import Bell
from kit.database import AsyncSession, Database
from kit.errors import Invalid
from kit.event_log import ROUND, LoggedEvent, Place, chosen_types, end_of_log, events_after
from kit.parts import AppParts
from kit.tokens import Caller, MissingScope, requires

LOOK_EVERY = timedelta(seconds=2)
"""Another replica may have published something."""
LASTS = timedelta(minutes=14)
"""A little less than a token is valid; the client comes back with a new one and the last id it has seen."""
COME_BACK_AFTER_MS = 3000
CLOCKS_DIFFER_BY = timedelta(hours=1)
MOST_PATTERNS = 50
ALL = "*"
_GAP = "gap"

Narrow = Callable[[AsyncSession, Caller, Sequence[LoggedEvent]], Awaitable[list[LoggedEvent]]]


class BadEventId(Invalid):
    code = "bad_event_id"

    def __init__(self) -> None:
        super().__init__("Last-Event-ID is not an id that this stream gave out.")


async def _all_of_them(_: AsyncSession, __: Caller, events: Sequence[LoggedEvent]) -> list[LoggedEvent]:
    return list(events)


@dataclass(frozen=True, slots=True)
class Earshot:
    """Who may know which events.

    `scopes` maps types, or their beginnings (`task`, `task.created`), to the scopes one needs for them; the longest that fits
    counts. `narrow` leaves those events that the caller may see. `door` is where the caller comes in.
    """

    scopes: Mapping[str, tuple[str, ...]]
    narrow: Narrow = _all_of_them
    door: requires = field(default_factory=requires)

    def scopes_for(self, event_type: str) -> tuple[str, ...]:
        """ValueError when it is not said who may know such events."""
        words = event_type.split(".")
        for length in range(len(words), 0, -1):
            found = self.scopes.get(".".join(words[:length]))
            if found is not None:
                return found
        raise ValueError(f"Who may know {event_type} is not said.")

    def types_for(self, caller: Caller, wanted: frozenset[str]) -> frozenset[str]:
        """Those of the wanted types that the caller's scopes allow. MissingScope when there are none."""
        allowed = frozenset(one for one in wanted if all(caller.has(scope) for scope in self.scopes_for(one)))
        if not allowed:
            raise MissingScope(sorted({scope for one in wanted for scope in self.scopes_for(one)}))
        return allowed


@dataclass(frozen=True, slots=True)
class Listener:
    """Somebody who listens: who they are, what they may hear, from where on, and whether they wait for what comes."""

    caller: Caller
    types: frozenset[str]
    place: Place
    missed_some: bool = False
    stays: bool = True


@dataclass(frozen=True, slots=True)
class Listening:
    """Follows the log for one listener at a time."""

    database: Database
    bell: Bell
    narrow: Narrow
    look_every: timedelta = LOOK_EVERY
    lasts: timedelta = LASTS

    async def follow(self, listener: Listener) -> AsyncIterator[LoggedEvent]:
        """What the listener may hear, as it is published, for as long as a stream lasts."""
        ends = asyncio.get_running_loop().time() + self.lasts.total_seconds()
        place = listener.place
        with self.bell.heard() as rang:
            while not self.bell.is_closed and asyncio.get_running_loop().time() < ends:
                rang.clear()
                async with self.database.reading() as session:
                    events = await events_after(session, place)
                    wanted = [event for event in events if event.type in listener.types]
                    heard = await self.narrow(session, listener.caller, wanted) if wanted else []
                for event in heard:
                    yield event
                if events:
                    place = events[-1].place
                if len(events) == ROUND:
                    continue
                if not listener.stays:
                    return
                await self._wait(rang)

    async def _wait(self, rang: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(self.look_every.total_seconds()):
                await rang.wait()
        except TimeoutError:
            return


Types = Annotated[
    list[Annotated[str, Query(max_length=100)]] | None,
    Query(
        max_length=MOST_PATTERNS,
        description="Only these: `task.*`, `task.created`, `task.created.v1`. Several times for several.",
    ),
]
LastSeen = Annotated[
    str | None,
    Header(alias="last-event-id", max_length=100, description="The id of the last event seen: go on after it."),
]

Follow = Annotated[bool, Query(description="Wait for what comes; otherwise the answer ends with what is there.")]


def live_router(said: Sequence[str], earshot: Earshot, bell: Bell) -> APIRouter:
    """The stream of a service that says these types."""
    for one in said:
        earshot.scopes_for(one)
    router = APIRouter(tags=["live"])

    async def listener(
        the: AppParts,
        caller: Annotated[Caller, Depends(earshot.door)],
        types: Types = None,
        last_seen: LastSeen = None,
        follow: Follow = True,
    ) -> Listener:
        allowed = earshot.types_for(caller, chosen_types(types or [ALL], said))
        if last_seen is None:
            async with the.database.reading() as session:
                return Listener(caller, allowed, await end_of_log(session), stays=follow)
        now = the.clock.now()
        place = _place_in(last_seen, now)
        return Listener(caller, allowed, place, missed_some=place.is_forgotten(now), stays=follow)

    @router.get("/v1/events", response_class=EventSourceResponse)
    async def follow_events(
        the: AppParts, listener: Annotated[Listener, Depends(listener)]
    ) -> AsyncIterator[ServerSentEvent]:
        """Server-sent events: each event as it is published, under its type, with its whole envelope (CloudEvents 1.0).

        It ends before the token does; a client that comes back with `Last-Event-ID` misses nothing of the last seven days.
        When more time has passed, an event `gap` comes first: read the lists anew.
        """
        yield ServerSentEvent(comment="listening", retry=COME_BACK_AFTER_MS)
        if listener.missed_some:
            yield ServerSentEvent(event=_GAP, data={"after": _moment(listener.place.at)})
        listening = Listening(the.database, bell, earshot.narrow)
        async for event in listening.follow(listener):
            yield ServerSentEvent(event=event.type, id=str(event.place), raw_data=event.payload.decode())

    return router


def _place_in(event_id: str, now: datetime) -> Place:
    try:
        place = Place.read(event_id)
    except (ValueError, OverflowError):
        raise BadEventId from None
    if place.at > now + CLOCKS_DIFFER_BY:
        raise BadEventId
    return place


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
