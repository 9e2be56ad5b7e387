"""Hears a service's subscription: fetch a batch, one transaction, acknowledge; and what happens when that fails."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid5

import structlog

from kit import attempts as trouble
from kit import dead_letters, inbox
from kit.attempts import Attempts
from kit.bus import ACKNOWLEDGE_WITHIN, Bus, BusUnavailable, Delivery, Ear, StreamState
from kit.correlation import correlation
from kit.database import Database
from kit.errors import Refuse, Retry
from kit.events import Event, Heard, Unreadable, read_event
from kit.failpoints import failpoint
from kit.hearing import Progress, heard_so_far, note_heard
from kit.observing import NobodyObserves, Observer
from kit.outages import DatabaseAway, is_outage
from kit.subscription import Handler, Subscription

__all__ = ["Handler", "Runner", "Subscription"]

log = structlog.get_logger()

_NAMELESS = UUID("9a4c1f0e-6a35-4b8e-8d0b-7b7f0c9c1a52")
_FETCH_WAIT = 5.0
_SILENCE_AT_START = 1.0
_HEARTBEAT = ACKNOWLEDGE_WITHIN.total_seconds() / 3
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 10.0
_SUSPECTS_TOGETHER = 16


@dataclass(frozen=True, slots=True)
class _Message:
    delivery: Delivery
    heard: Heard[Event]


class Runner:
    """Each event has its effect once and in order, whatever is repeated, lost or killed in between.

    A batch is one transaction. When it fails it is split until the events that fail stand alone; the others are committed.
    Retry is asked for again after a growing delay; Refuse, the 8th failure, or too many attempts that ended the process put
    the event among the dead letters. While the database is away nothing is counted against anybody.
    """

    def __init__(
        self, database: Database, bus: Bus, subscription: Subscription, *, observer: Observer | None = None
    ) -> None:
        self._database = database
        self._bus = bus
        self._subscription = subscription
        self._consumer = subscription.consumer
        self._observer = observer or NobodyObserves()
        self._ear: Ear | None = None
        self._progress = Progress(None)
        self._longest_silence = _FETCH_WAIT if subscription.when_caught_up is None else _SILENCE_AT_START

    async def run(self) -> None:
        """For the life of the service; hands back what it has not handled when it is cancelled."""
        pause = _FIRST_PAUSE
        try:
            while True:
                try:
                    await self.run_once(wait=_FETCH_WAIT)
                    pause = _FIRST_PAUSE
                except Exception as error:  # noqa: BLE001 - the loop outlives whatever happens in it
                    log.warning("runner_pauses", consumer=self._consumer, reason=dead_letters.describe(error))
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
        finally:
            await self.close()

    async def run_once(self, *, wait: float = 0.0) -> int:
        """Take in one batch; returns how many deliveries it had."""
        if self._ear is None:
            async with self._database.reading() as session:
                heard = await heard_so_far(session, self._consumer)
            self._progress = Progress(heard)
            self._ear = await self._bus.listen(self._consumer, self._subscription.filters, heard=heard)
        deliveries = await self._ear.fetch(self._subscription.batch, wait=min(wait, self._longest_silence))
        if not deliveries and self._longest_silence < _FETCH_WAIT:
            self._tell_that_all_is_heard()
        if deliveries:
            try:
                async with _kept_alive(self._ear, deliveries):
                    await self._take_in(self._ear, deliveries)
            except asyncio.CancelledError:
                for delivery in deliveries:
                    await self._ear.again(delivery, after=timedelta(0))
                raise
        return len(deliveries)

    def _tell_that_all_is_heard(self) -> None:
        """Silence for a while after the start: what was waiting has been handled."""
        self._longest_silence = _FETCH_WAIT
        if self._subscription.when_caught_up is not None:
            self._subscription.when_caught_up()

    async def close(self) -> None:
        if self._ear is not None:
            ear, self._ear = self._ear, None
            await ear.close()

    async def _take_in(self, ear: Ear, deliveries: Sequence[Delivery]) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                postponed = await self._handle_all(deliveries)
                await self._note_progress(self._progress.after(deliveries, postponed))
                break
            except DatabaseAway as error:
                log.warning("database_away", consumer=self._consumer, reason=str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
        failpoint("runner.after_commit")
        await ear.acknowledge([delivery for delivery in deliveries if delivery.sequence not in postponed])
        for delivery in deliveries:
            if delivery.sequence in postponed:
                await ear.again(delivery, after=postponed[delivery.sequence])
        self._observer.consumed(len(deliveries) - len(postponed))

    async def _handle_all(self, deliveries: Sequence[Delivery]) -> dict[int, timedelta]:
        """Returns what is to come again, by its sequence, and after how long."""
        messages = await self._read_all(deliveries)
        repeated = [message.heard.id for message in messages if message.delivery.deliveries > 1]
        done, in_trouble = await self._recall(repeated) if repeated else (set(), {})
        postponed: dict[int, timedelta] = {}
        suspects, others = [], []
        for message in messages:
            if message.heard.id in done:
                continue
            if message.heard.id in in_trouble:
                await self._handle_alone(message, in_trouble[message.heard.id], postponed)
            elif message.delivery.deliveries > 1:
                suspects.append(message)
            else:
                others.append(message)
        for start in range(0, len(suspects), _SUSPECTS_TOGETHER):
            await self._handle_suspects(suspects[start : start + _SUSPECTS_TOGETHER], postponed)
        all_at_once = len(others) == len(deliveries)
        await self._handle_together(others, postponed, so_far=self._progress.after(deliveries) if all_at_once else None)
        if messages:
            self._observer.lag((self._database.clock.now() - messages[-1].heard.at).total_seconds())
        return postponed

    async def _read_all(self, deliveries: Sequence[Delivery]) -> list[_Message]:
        messages = []
        for delivery in deliveries:
            try:
                heard = read_event(delivery.subject, delivery.payload, deliveries=delivery.deliveries)
            except Unreadable as error:
                await self._set_aside_unread(delivery, str(error))
            else:
                messages.append(_Message(delivery, heard))
        return messages

    async def _handle_together(
        self, messages: Sequence[_Message], postponed: dict[int, timedelta], *, so_far: StreamState | None = None
    ) -> None:
        if not messages:
            return
        try:
            await self._handle(messages, so_far)
        except DatabaseAway:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is one event's fault; find out whose
            if len(messages) == 1:
                await self._on_failure(messages[0], error, postponed)
                return
            middle = len(messages) // 2
            await self._handle_together(messages[:middle], postponed)
            await self._handle_together(messages[middle:], postponed)

    async def _handle_suspects(self, messages: Sequence[_Message], postponed: dict[int, timedelta]) -> None:
        """Delivered before without a known end: the last process died over one of these, or while they were about."""
        await self._keep_attempts({message.heard.id: Attempts().after_begin() for message in messages})
        await self._handle_together(messages, postponed)

    async def _handle_alone(self, message: _Message, known: Attempts, postponed: dict[int, timedelta]) -> None:
        """With a note beforehand, so that an event that ends the process is known by it."""
        if wait := known.waits(self._database.clock.now()):
            postponed[message.delivery.sequence] = wait
            return
        if verdict := known.verdict():
            await self._set_aside(message, verdict)
            return
        await self._keep_attempts({message.heard.id: known.after_begin()})
        with correlation(message.heard.correlation_id):
            await self._handle_together([message], postponed)

    async def _handle(self, messages: Sequence[_Message], so_far: StreamState | None) -> None:
        now = self._database.clock.now()
        events = [message.heard for message in messages]
        noted = [message.heard.id for message in messages if message.delivery.deliveries > 1]
        async with self._outage_noticed(), self._database.transaction() as session:
            await self._database.lock(session, self._subscription.lock)
            known = await inbox.already_heard(session, self._consumer, [heard.id for heard in events])
            fresh = {heard.id: heard for heard in events if heard.id not in known}
            if so_far:
                await note_heard(session, self._consumer, so_far)
            if noted:
                await trouble.forget_attempts(session, self._consumer, noted)
            if fresh:
                await inbox.remember(session, self._consumer, fresh, now=now)
                await self._subscription.handle(session, list(fresh.values()), now)
            failpoint("runner.before_commit")
        if so_far:
            self._progress.noted = so_far

    async def _note_progress(self, so_far: StreamState) -> None:
        """For a batch that was not one transaction, which would have noted it."""
        if so_far != self._progress.noted:
            async with self._outage_noticed(), self._database.transaction() as session:
                await note_heard(session, self._consumer, so_far)
            self._progress.noted = so_far

    async def _on_failure(self, message: _Message, error: Exception, postponed: dict[int, timedelta]) -> None:
        reason = dead_letters.storable(dead_letters.describe(error))
        log.warning(
            "event_failed",
            consumer=self._consumer,
            subject=message.delivery.subject,
            event_id=str(message.heard.id),
            correlation_id=message.heard.correlation_id,
            reason=reason,
            exc_info=None if isinstance(error, Retry | Refuse) else error,
        )
        self._observer.failed(1)
        if isinstance(error, Refuse):
            await self._set_aside(message, reason)
            return
        now = self._database.clock.now()
        _, known = await self._recall([message.heard.id])
        attempts = known.get(message.heard.id, Attempts())
        if isinstance(error, Retry):
            attempts = attempts.after_retry(reason, after=error.after, now=now)
        else:
            attempts = attempts.after_failure(reason, now=now)
        if verdict := attempts.verdict():
            await self._set_aside(message, verdict)
            return
        await self._keep_attempts({message.heard.id: attempts})
        postponed[message.delivery.sequence] = attempts.waits(now)

    async def _recall(self, event_ids: Sequence[UUID]) -> tuple[set[UUID], dict[UUID, Attempts]]:
        """Which of these have had their effect, and what is known of those in trouble."""
        async with self._outage_noticed(), self._database.reading() as session:
            return (
                await inbox.already_heard(session, self._consumer, event_ids),
                await trouble.find_attempts(session, self._consumer, event_ids),
            )

    async def _keep_attempts(self, attempts: Mapping[UUID, Attempts]) -> None:
        async with self._outage_noticed(), self._database.transaction() as session:
            await trouble.keep_attempts(session, self._consumer, attempts)

    async def _set_aside(self, message: _Message, reason: str) -> None:
        await self._write_dead_letter(message.delivery, message.heard.id, message.heard.correlation_id, reason)

    async def _set_aside_unread(self, delivery: Delivery, reason: str) -> None:
        event_id = uuid5(_NAMELESS, delivery.payload.hex())
        await self._write_dead_letter(delivery, event_id, "", reason)

    async def _write_dead_letter(self, delivery: Delivery, event_id: UUID, correlation_id: str, reason: str) -> None:
        async with self._outage_noticed(), self._database.transaction() as session:
            await dead_letters.set_aside(
                session,
                consumer=self._consumer,
                event_id=event_id,
                subject=delivery.subject,
                payload=delivery.payload,
                correlation_id=correlation_id,
                reason=reason,
                deliveries=delivery.deliveries,
                now=self._database.clock.now(),
            )
        log.error("event_set_aside", consumer=self._consumer, subject=delivery.subject, event_id=str(event_id))
        self._observer.dead_lettered(1)

    @asynccontextmanager
    async def _outage_noticed(self) -> AsyncIterator[None]:
        try:
            yield
        except Exception as error:
            if await is_outage(error, self._database):
                raise DatabaseAway(dead_letters.describe(error)) from error
            raise


@asynccontextmanager
async def _kept_alive(ear: Ear, deliveries: Sequence[Delivery]) -> AsyncIterator[None]:
    """While a batch is handled the bus hears that it is, so that it does not deliver it to somebody else."""

    async def say_so() -> None:
        while True:
            await asyncio.sleep(_HEARTBEAT)
            with contextlib.suppress(BusUnavailable):
                await ear.working_on(deliveries)

    beating = asyncio.create_task(say_so(), name="heartbeat")
    try:
        yield
    finally:
        beating.cancel()
