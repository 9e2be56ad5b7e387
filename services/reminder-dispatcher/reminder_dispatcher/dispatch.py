"""All lanes together: started when everything that was waiting has been heard, stopped when what is on its way has arrived."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog

from kit.background import Background
from kit.database import Database
from reminder_dispatcher.lanes import LOOK_AGAIN, Lane
from reminder_dispatcher.repository import dispatching as repository
from reminder_dispatcher.restoring import recognise_restoration
from reminder_dispatcher.sendings import KEPT_FOR, SendingFile

HOLD_AT_MOST = timedelta(seconds=60)
"""Without a broker nothing can be heard; reminders that are known leave all the same after this time."""

log = structlog.get_logger("reminder_dispatcher.dispatch")


def _background_of(lane: Lane, hold: "Hold") -> Background:
    async def run() -> None:
        await hold.wait()
        await lane.run()

    run.__name__ = f"{lane.rules.channel}_lane"
    return run


class Hold:
    """Nothing is sent before what was said meanwhile has been heard: a task may have been cancelled while we were away.

    After a backup was restored there is no end to waiting; otherwise it ends after a minute.
    """

    def __init__(self) -> None:
        self._heard = asyncio.Event()
        self.is_restored = False

    def release(self) -> None:
        """Everything that was waiting has been heard."""
        self._heard.set()

    async def wait(self) -> None:
        try:
            async with asyncio.timeout(None if self.is_restored else HOLD_AT_MOST.total_seconds()):
                await self._heard.wait()
        except TimeoutError:
            log.warning("dispatch_begins_without_hearing")
            self._heard.set()


class Dispatcher:
    """All lanes."""

    def __init__(self, database: Database, lanes: Sequence[Lane], *, sendings: SendingFile | None = None) -> None:
        self._database = database
        self.lanes = tuple(lanes)
        self.hold = Hold()
        self._sendings = sendings

    def wake(self) -> None:
        for lane in self.lanes:
            lane.wake()

    def backgrounds(self) -> list[Background]:
        """One for each lane, so that one which dies does not take the others along."""
        return [_background_of(lane, self.hold) for lane in self.lanes]

    async def adopt(self) -> None:
        """Before the lanes run. A restored backup is recognised. On SQLite nobody else can be sending: what was left behind is
        taken up at once."""
        now = await self._database.now()
        if self._sendings is not None:
            restoration = await recognise_restoration(self._database, self._sendings, now=now)
            self.hold.is_restored = restoration is not None
            self._sendings.forget_before(now - KEPT_FOR)
        if self._database.dialect == "sqlite":
            async with self._database.transaction() as session:
                await repository.end_all_leases(session, now=now - timedelta(milliseconds=1))

    async def drain(self) -> None:
        """Send everything that is due now in every lane."""
        await asyncio.gather(*(lane.drain() for lane in self.lanes))

    async def close(self) -> None:
        """Close what the channels hold open."""
        await asyncio.gather(*(lane.close() for lane in self.lanes))
        if self._sendings is not None:
            self._sendings.close()

    async def stalled(self) -> str | None:
        """For readiness: a sentence when a lane has not looked for work for a long time (features R27)."""
        now = await self._database.now()
        silent = [
            lane.rules.channel
            for lane in self.lanes
            if lane.last_look is not None and now - lane.last_look > 10 * LOOK_AGAIN
        ]
        return f"Nothing has been dispatched lately: {', '.join(silent)}." if silent else None
