"""What a service says is committed with what it did (`announce`) and carried to the broker afterwards (`Relay`)."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, bindparam, delete, func, select, update

from kit import inbox
from kit.announcing import announce
from kit.bulk import upsert_many
from kit.bus import DEAD_SUBJECTS, STREAM, Bus, Outgoing, StreamState
from kit.database import AsyncSession, Database
from kit.failpoints import failpoint
from kit.observing import NobodyObserves, Observer
from kit.prepared import Prepared, among
from kit.tables import outbox, relay_state

__all__ = ["Relay", "announce"]

log = structlog.get_logger()

KEPT_FOR = timedelta(days=7)
# Longer than any row can still be published again: 7 days from the first time, which may come days after it was heard.
HEARD_KEPT_FOR = timedelta(days=15)

_ROUND = 500
_ROUND_BYTES = 8 * 1024 * 1024
_POLL = 1.0
# What is announced within this time leaves together: one batch instead of several, and longer while much is said.
_GATHER, _GATHER_FOR_EACH, _LONGEST_GATHER = 0.005, 0.002, 0.05
_NOT_LEADING = 2.0
_CHECK_STREAM_EVERY = timedelta(seconds=10)
_TIDY_EVERY = timedelta(hours=1)
_TIDY_AT_ONCE = 5_000
_MOMENT = timedelta(microseconds=1)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 10.0
_DEAD_PREFIX = DEAD_SUBJECTS[0].removesuffix(">")

_heads = (
    select(outbox.c.seq, func.length(outbox.c.payload).label("size"))
    .where(outbox.c.waiting)
    .order_by(outbox.c.seq)
    .limit(_ROUND)
    .subquery()
)
_measured = select(
    _heads.c.seq, (func.sum(_heads.c.size).over(order_by=_heads.c.seq) - _heads.c.size).label("before")
).subquery()
# The oldest that wait, as many as a round takes, but not many megabytes of them at once.
_waiting_rows = Prepared(
    lambda _: (
        select(outbox.c.seq, outbox.c.event_id, outbox.c.subject, outbox.c.payload)
        .join(_measured, _measured.c.seq == outbox.c.seq)
        .where(_measured.c.before < _ROUND_BYTES)
        .order_by(outbox.c.seq)
    )
)
_mark_published = Prepared(
    lambda dialect: (
        update(outbox)
        .where(among(dialect, outbox.c.seq, "seqs"))
        .values(
            waiting=False,
            published_at=func.coalesce(outbox.c.published_at, bindparam("now", type_=outbox.c.published_at.type)),
        )
    )
)
_note_sequence = Prepared(
    lambda _: (
        update(relay_state)
        .where(relay_state.c.stream == STREAM, relay_state.c.last_sequence < bindparam("highest"))
        .values(last_sequence=bindparam("highest"))
    )
)
_last_moment = Prepared(lambda _: select(func.max(outbox.c.published_at)))


class Relay:
    """Publishes the outbox in the order it was committed; one per database, whoever of the replicas leads.

    It wakes after each commit that announced something and looks by itself every second. What it cannot publish stays; it
    tries for ever. It may repeat itself (the event id lets the broker and every listener notice). When it finds another
    stream than the one it published to - the broker's store was lost or restored - it publishes everything again that is
    not older than 7 days.
    """

    def __init__(self, database: Database, bus: Bus, *, observer: Observer | None = None) -> None:
        self._database = database
        self._bus = bus
        self._observer = observer or NobodyObserves()
        self._wake = asyncio.Event()
        self._checked_connection = -1
        self._check_due: datetime | None = None
        self._tidy_due: datetime | None = None
        self._when_published: list[Callable[[], None]] = []
        database.on_announced(self.wake)

    def wake(self) -> None:
        self._wake.set()

    def on_published(self, tell: Callable[[], None]) -> None:
        """Call `tell` after each round of which the broker took something."""
        self._when_published.append(tell)

    async def run(self) -> None:
        """For the life of the service: lead when nobody else does, publish, and come back from every failure."""
        pause = _FIRST_PAUSE
        while True:
            try:
                async with self._database.leadership("relay") as still_leading:
                    while still_leading is not None:
                        await still_leading()
                        published = await self.publish_waiting()
                        pause = _FIRST_PAUSE
                        if published < _ROUND:
                            await self._rest(after=published)
                await asyncio.sleep(_NOT_LEADING)
            except Exception as error:  # noqa: BLE001 - the loop outlives whatever happens in it
                log.warning("relay_pauses", reason=str(error) or type(error).__name__, seconds=round(pause, 1))
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def publish_waiting(self) -> int:
        """Publish one round of what waits; returns how many the broker has taken. BusUnavailable when it takes none."""
        now = self._database.clock.now()
        await self._check_stream(now)
        await self._tidy(now)
        self._wake.clear()
        async with self._database.reading() as session:
            rows = [(seq, Outgoing(*row)) for seq, *row in await _waiting_rows.rows(session)]
        if not rows:
            return 0
        self._observer.outbox_depth(len(rows))
        sequences = await self._bus.publish([outgoing for _, outgoing in rows])
        failpoint("relay.after_publish")
        taken = [
            (seq, outgoing, sequence)
            for (seq, outgoing), sequence in zip(rows, sequences, strict=True)
            if sequence is not None
        ]
        if not taken:
            raise ConnectionError("The broker took none of what waits.")
        highest = max((sequence for _, out, sequence in taken if not out.subject.startswith(_DEAD_PREFIX)), default=0)
        await self._mark([seq for seq, _, _ in taken], highest)
        self._observer.published(len(taken))
        for tell in self._when_published:
            tell()
        return len(taken)

    async def replay(self, since: datetime) -> int:
        """Publish again what was announced at or after `since`, as far as it is still kept; returns how many."""
        async with self._database.transaction() as session:
            count = await _let_wait_again(session, outbox.c.announced_at >= since)
        self.wake()
        return count

    async def depth(self) -> int:
        """How many events wait for the broker."""
        async with self._database.reading() as session:
            return await session.scalar(select(func.count()).select_from(outbox).where(outbox.c.waiting)) or 0

    async def _rest(self, *, after: int) -> None:
        """Until something is announced, and a moment longer for what comes with it; `after` is what the last round took."""
        if not after:
            self._observer.outbox_depth(0)
            try:
                async with asyncio.timeout(_POLL):
                    await self._wake.wait()
            except TimeoutError:
                return
        await asyncio.sleep(min(max(_GATHER, after * _GATHER_FOR_EACH), _LONGEST_GATHER))

    async def _mark(self, seqs: Sequence[int], highest: int) -> None:
        """Each round gets a later moment than the one before, which makes the outbox a log (`kit.event_log`). Should two
        relays overlap, the second waits at the row of the stream, so it is looked at first."""
        async with self._database.transaction() as session:
            await _note_sequence.rows(session, highest=highest)
            ((latest,),) = await _last_moment.rows(session)
            now = self._database.clock.now()
            await _mark_published.rows(session, seqs=seqs, now=max(now, latest + _MOMENT) if latest else now)

    async def _check_stream(self, now: datetime) -> None:
        """Is it still the stream we published to? Asked on each new connection, and now and then."""
        connection = self._bus.connection
        if connection == self._checked_connection and self._check_due is not None and now < self._check_due:
            return
        state = await self._bus.state()
        async with self._database.reading() as session:
            known = (await session.execute(select(relay_state).where(relay_state.c.stream == STREAM))).first()
        if known is None or known.identity != state.identity or state.last_sequence < known.last_sequence:
            again = await self._adopt(state, now)
            log.log(logging.WARNING if known else logging.INFO, "stream_is_new", published_again=again)
        self._checked_connection = connection
        self._check_due = now + _CHECK_STREAM_EVERY

    async def _adopt(self, state: StreamState, now: datetime) -> int:
        """From now on we publish to this stream; what it cannot have, it gets. Returns how many events that are."""
        row = {
            "stream": STREAM,
            "identity": state.identity,
            "last_sequence": state.last_sequence,
            "adopted_at": now,
        }
        async with self._database.transaction() as session:
            again = await _let_wait_again(session, outbox.c.published_at.is_not(None))
            await upsert_many(
                session, relay_state, [row], ["stream"], update=["identity", "last_sequence", "adopted_at"]
            )
        return again

    async def _tidy(self, now: datetime) -> None:
        """Forget what can be neither published nor heard again."""
        if self._tidy_due is not None and now < self._tidy_due:
            return
        old = (
            select(outbox.c.seq)
            .where(outbox.c.published_at < now - KEPT_FOR, outbox.c.waiting.is_(False))
            .limit(_TIDY_AT_ONCE)
        )
        async with self._database.transaction() as session:
            gone = await (await session.connection()).execute(delete(outbox).where(outbox.c.seq.in_(old)))
            await inbox.forget(session, before=now - HEARD_KEPT_FOR)
        if gone.rowcount < _TIDY_AT_ONCE:
            self._tidy_due = now + _TIDY_EVERY


async def _let_wait_again(session: AsyncSession, which: ColumnElement[bool]) -> int:
    connection = await session.connection()
    result = await connection.execute(update(outbox).where(which, outbox.c.waiting.is_(False)).values(waiting=True))
    return result.rowcount
