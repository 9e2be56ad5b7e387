"""Sending what is due by one channel; each has a lane of its own, so that a slow mail server never holds up an SMS.

claim (committed) → compose → intent (committed) → send → record (committed). A process that dies between any two of these
leaves a row that says how far it came; when its lease ends the next one takes it from there.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from kit.correlation import correlation
from kit.database import Database
from kit.failpoints import failpoint
from reminder_dispatcher.channels.role import Accepted, Channel, NotEver, NotNow, OutcomeUnknown
from reminder_dispatcher.claiming import Appetite, Claimed, Claims, claim_due
from reminder_dispatcher.composing import CannotCompose, Circumstances, Composed, Language, circumstances_of, compose
from reminder_dispatcher.due import ON_TIME
from reminder_dispatcher.ending import give_up, take_up_abandoned
from reminder_dispatcher.gates import Crowded, Gate
from reminder_dispatcher.ledger import Intent, Ledger, Outcome
from reminder_dispatcher.measures import Measures
from reminder_dispatcher.outcomes import Answer, is_trouble
from reminder_dispatcher.pace import Pace, Paces
from reminder_dispatcher.repository import dispatching as repository
from reminder_dispatcher.restoring import Past, past_of

LOOK_AGAIN = timedelta(seconds=30)
"""However quiet it is: another replica may have armed something, or the clock may have been set."""
_BREATH = timedelta(milliseconds=100)
"""Between two looks, so that reminders which follow each other closely are taken together."""
_CLAIMED_PER_PLACE = 8
_INTENDED_PER_PLACE = 4
_FINISH_SECONDS = 6.0
_SLOW_SECONDS = 5.0
"""What takes longer does not count as busy: others are claimed meanwhile."""
_CROWDED_FOR = timedelta(seconds=5)
"""When the share of a domain is full for too long, its reminders are looked at again after this."""
_LOOK_FOR_ROOM = 0.5
_PATIENCE_SECONDS = 90.0
"""For a place, once the intent is written: with the time of the sending itself it stays below the lease of an intent."""

log = structlog.get_logger("reminder_dispatcher.dispatch")


@dataclass(frozen=True, slots=True)
class LaneRules:
    """How a lane behaves: messages on their way at a time, messages a minute (0 for no limit), its share of the backlog.

    `per_key_per_minute` is the same for each domain of e-mail and for each number of SMS.
    """

    channel: str
    places: int
    per_minute: int = 0
    backlog_per_minute: int = 60
    per_key_per_minute: int = 0

    def key_of(self, recipient: str) -> str:
        """Whose pace a message keeps to."""
        return recipient.rpartition("@")[2].lower() if self.channel == "email" else recipient


class Lane:
    """Sends the reminders of one channel. It claims some more than it sends at a time, so that it never idles."""

    def __init__(
        self,
        rules: LaneRules,
        channel: Channel[Any],
        *,
        database: Database,
        ledger: Ledger,
        language: Language,
        measures: Measures,
    ) -> None:
        self.rules = rules
        self._channel = channel
        self._database = database
        self._ledger = ledger
        self._language = language
        self._measures = measures
        self._pace = Pace(rules.per_minute)
        self._backlog_pace = Pace(rules.backlog_per_minute)
        # An intent whose message cannot be sent twice must not wait for its place: a crash would leave it unknown.
        self._intended = Gate(rules.places * (_INTENDED_PER_PLACE if channel.may_repeat else 1))
        self._places = Gate(rules.places)
        self._paces = Paces(rules.per_key_per_minute)
        self._claimed: dict[asyncio.Task[None], float] = {}  # and since when, on the monotonic clock
        self._most_claimed = rules.places * _CLAIMED_PER_PLACE
        self._wake = asyncio.Event()
        self._began: datetime | None = None
        self._past = Past()
        self._paused_until: datetime | None = None
        self._is_refused = False  # by the whole channel, since the last look
        self._is_stopping = False
        self.last_look: datetime | None = None

    def wake(self) -> None:
        """Something may be due sooner than this lane believes."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled; what is on its way then is given a few seconds to arrive, what waits is given back."""
        self._is_stopping = False
        try:
            while True:
                if not self._has_room:
                    await asyncio.wait(self._claimed, timeout=_LOOK_FOR_ROOM, return_when=asyncio.FIRST_COMPLETED)
                    continue
                self._wake.clear()
                await self.look()
                await self._until_due()
        finally:
            await self._finish()

    async def drain(self) -> None:
        """Send everything that is due now, and return when it is done."""
        while (self._has_room and await self.look()) or self._claimed:
            if self._claimed:
                await asyncio.wait(self._claimed, return_when=asyncio.FIRST_COMPLETED)

    async def look(self) -> int:
        """Take what is due and start sending it; how many reminders changed by that."""
        now = await self._database.now()
        self.last_look = now
        if self._began is None:
            self._began = now
            async with self._database.reading() as session:
                self._past = await past_of(session, now=now)
        async with self._database.transaction() as session:
            taken_up = await take_up_abandoned(
                session,
                self.rules.channel,
                channel_kind=self._channel.kind,
                may_repeat=self._channel.may_repeat,
                now=now,
            )
            claims = await claim_due(
                session,
                self.rules.channel,
                self._appetite(),
                now=now,
                default_zone=self._language.timezone,
                past=self._past,
            )
        if claims.taken:
            failpoint("dispatch.after_claim")
        self._paused_until = claims.paused_until
        self._measures.paused(self.rules.channel, is_paused=claims.paused_until is not None)
        for status, reminders in claims.ended.items():
            self._measures.ended(self.rules.channel, status, reminders)
        if claims.taken:
            self._is_refused = False
            await self._send(claims, now)
        self._measures.on_their_way(self.rules.channel, len(self._claimed))
        return taken_up + claims.changed

    @property
    def _has_room(self) -> bool:
        """Only for many at a time: a look costs as much for one reminder as for fifty."""
        return self._busy <= self._most_claimed // 4 and len(self._claimed) < 4 * self._most_claimed

    @property
    def _busy(self) -> int:
        """Messages on their way but for those that a slow server holds."""
        recently = time.monotonic() - _SLOW_SECONDS
        return sum(since > recently for since in self._claimed.values())

    def _appetite(self) -> Appetite:
        assert self._began is not None
        return Appetite(
            limit=max(0, min(self._most_claimed - self._busy, self._pace.allowed())),
            backlog_before=self._began - ON_TIME,
            backlog_limit=self._backlog_pace.allowed(),
        )

    async def _send(self, claims: Claims, now: datetime) -> None:
        assert self._began is not None
        self._pace.take(len(claims.taken))
        self._backlog_pace.take(claims.from_backlog)
        async with self._database.reading() as session:
            given = await circumstances_of(session, [one.reminder for one in claims.taken])
        impossible: list[tuple[Claimed, CannotCompose]] = []
        put_off: dict[UUID, tuple[UUID, datetime]] = {}
        for claimed in claims.taken:
            composed = self._composed(claimed, given)
            if isinstance(composed, CannotCompose):
                impossible.append((claimed, composed))
                continue
            wait = self._paces.turn(self.rules.key_of(composed.recipient.address))
            if wait:
                put_off[claimed.reminder.id] = (claimed.claim_id, now + timedelta(seconds=wait))
            else:
                self._start(claimed, composed, is_troubled=claims.is_troubled)
        await self._put_off(put_off)
        if impossible:
            async with self._database.transaction() as session:
                await give_up(session, impossible, channel_kind=self._channel.kind, now=now)
            self._measures.ended(self.rules.channel, "failed", len(impossible))

    async def _put_off(self, waits: Mapping[UUID, tuple[UUID, datetime]]) -> None:
        if waits:
            async with self._database.transaction() as session:
                await repository.put_off(session, waits)

    def _composed(self, claimed: Claimed, given: Circumstances) -> Composed | CannotCompose:
        try:
            return compose(claimed.reminder, given, self._language)
        except Exception as error:  # one reminder that cannot be put into words must not hold up all that follow
            log.error("composing_broke_off", reminder_id=str(claimed.reminder.id), exc_info=error)
            return CannotCompose("internal_error", type(error).__name__)

    def _start(self, claimed: Claimed, composed: Composed, *, is_troubled: bool) -> None:
        task = asyncio.create_task(
            self._deliver(claimed, composed, is_troubled=is_troubled), name=f"reminder-{claimed.reminder.id}"
        )
        self._claimed[task] = time.monotonic()
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._claimed.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("dispatch_broke_off", lane=self.rules.channel, exc_info=error)

    async def _deliver(self, claimed: Claimed, composed: Composed, *, is_troubled: bool) -> None:
        domain = self.rules.key_of(composed.recipient.address) if self.rules.channel == "email" else ""
        try:
            await self._deliver_in_turn(claimed, composed, domain, is_troubled=is_troubled)
        except Crowded:
            log.info("domain_is_slow", reminder_id=str(claimed.reminder.id))
            until = await self._database.now() + _CROWDED_FOR
            await self._put_off({claimed.reminder.id: (claimed.claim_id, until)})

    async def _deliver_in_turn(self, claimed: Claimed, composed: Composed, domain: str, *, is_troubled: bool) -> None:
        async with self._intended.place(domain, within=_SLOW_SECONDS if domain else None):
            with correlation(claimed.reminder.correlation_id):
                failpoint("dispatch.before_intent")
                is_called_off = self._is_refused or self._is_stopping
                if not await self._ledger.intend(Intent(claimed, composed, is_called_off=is_called_off)):
                    log.info("dispatch_dropped", reminder_id=str(claimed.reminder.id))
                    return
                started_at = self._database.clock.now()
                answer = await self._answer(composed, domain)
                self._is_refused = self._is_refused or is_trouble(answer)
                failpoint("dispatch.after_send")
                outcome = Outcome(
                    claimed,
                    composed,
                    answer,
                    channel_kind=self._channel.kind,
                    started_at=started_at,
                    may_repeat=self._channel.may_repeat,
                    channel_was_troubled=is_troubled,
                )
                state = await self._ledger.record(outcome)
                self._measure(outcome)
                log.info(
                    "reminder_dispatched",
                    reminder_id=str(claimed.reminder.id),
                    channel=self._channel.kind,
                    attempt=claimed.reminder.attempts + 1,
                    status=state.status if state else "taken_over",
                )
        if state is not None and state.status == "armed":
            self.wake()

    def _measure(self, outcome: Outcome) -> None:
        self._measures.attempted(self.rules.channel, outcome.word)
        self._measures.on_their_way(self.rules.channel, len(self._claimed) - 1)
        if isinstance(outcome.answer, Accepted):
            lateness = self._database.clock.now() - outcome.claimed.reminder.planned_at
            self._measures.sent(self.rules.channel, lateness=lateness.total_seconds())

    async def _answer(self, composed: Composed, domain: str) -> Answer:
        try:
            async with self._places.place(domain, within=_PATIENCE_SECONDS):
                if self._is_refused:
                    return NotNow("channel_rests", "Another one was refused just before.", whole_channel=True)
                return await self._channel.send(composed.message)
        except Crowded:
            return NotNow("crowded", "Others to the same domain took all its places.")
        except (NotNow, NotEver, OutcomeUnknown) as answer:
            return answer
        except Exception as error:  # a channel that breaks its promise must not take the lane with it
            log.error("channel_broke_its_promise", channel=self._channel.kind, exc_info=error)
            return OutcomeUnknown("internal_error", type(error).__name__)

    async def _until_due(self) -> None:
        """A wake-up or the next due moment. Timers run on the monotonic clock (reliability B8)."""
        try:
            async with asyncio.timeout(await self._pause()):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _pause(self) -> float:
        async with self._database.reading() as session:
            moment = await repository.next_moment(session, self.rules.channel)
        if moment is None:
            return LOOK_AGAIN.total_seconds()
        now = await self._database.now()
        moment = max(moment, self._paused_until or moment)
        return min(max(moment - now, _BREATH), LOOK_AGAIN).total_seconds()

    async def close(self) -> None:
        await self._channel.close()

    async def _finish(self) -> None:
        self._is_stopping = True
        if not self._claimed:
            return
        _, late = await asyncio.wait(self._claimed, timeout=_FINISH_SECONDS)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=1)
