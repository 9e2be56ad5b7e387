"""What a service listens to."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.events import Event, Heard, wire_filter

Handler = Callable[[AsyncSession, Sequence[Heard[Event]], datetime], Awaitable[None]]


@dataclass(frozen=True)
class Subscription:
    """One per service, over the one stream, so that the order of everything it hears is kept.

    `handle(session, events, now)` is given events it has not had yet, in order, and one session: what it writes and
    announces is committed together with the memory of having heard them. It may raise Retry or Refuse, or anything.
    """

    consumer: str
    events: tuple[type[Event], ...]
    handle: Handler
    batch: int = 200
    when_caught_up: Callable[[], None] | None = None
    """Called once after the start, when everything that was waiting has been handled."""

    @property
    def lock(self) -> str:
        """The name of the lock that keeps replicas from handling at the same time."""
        return f"consumer.{self.consumer}"

    @property
    def filters(self) -> tuple[str, ...]:
        return tuple(wire_filter(event) for event in self.events)
