"""Mails that were stored and never got a verdict, because a process died in between, are read after all (reliability A1).

Each attempt is counted before it is begun. The first repeat goes in batches, a second one alone, and a mail that was begun
`parse_attempts` times and never finished is set aside: it may be what brings the process down (A11).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog

from kit.clock import Clock
from kit.database import Database
from mail_ingest import repository
from mail_ingest.finishing import to_the_end
from mail_ingest.intake import Intake
from mail_ingest.measures import Measures

BATCH = 32
LOOK_EVERY_SECONDS = 15.0
GIVEN_UP_AFTER = timedelta(seconds=20)
"""A replica that lives finishes or fails long before; should it not, the first verdict counts."""

log = structlog.get_logger("mail_ingest.recovering")


class Recovery:
    def __init__(self, intake: Intake, *, database: Database, clock: Clock, measures: Measures) -> None:
        self._intake = intake
        self._database = database
        self._clock = clock
        self._measures = measures
        self._started_at = clock.now()
        self._is_first_look = True

    async def read_what_was_left(self) -> None:
        """The background work: once at the start, then every now and then."""
        while True:
            await self.once()
            self._is_first_look = False
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def once(self) -> int:
        """Read everything that was left; returns how many there were."""
        count = 0
        for most_attempts, batch in ((1, BATCH), (None, 1)):
            while left := await self._claim(most_attempts, batch):
                count += len(left)
                suspects = [mail for mail in left if mail.attempts > self._intake.settings.parse_attempts]
                await self._intake.give_up(
                    suspects, "parser_crashed", "Reading it was begun several times and never finished."
                )
                await self._read([mail for mail in left if mail not in suspects])
        if count:
            log.info("read_what_was_left", mails=count)
        async with self._database.reading() as session:
            self._measures.waiting.set(
                await repository.count_waiting(session, begun_before=self._clock.now() - GIVEN_UP_AFTER)
            )
            self._measures.quarantined.set(await repository.count_quarantined(session))
        return count

    async def _read(self, mails: Sequence[repository.Waiting]) -> None:
        try:
            await to_the_end(self._intake.read_kept(mails))
        except Exception:
            # Nobody died: this was not an attempt that could make a mail suspicious.
            async with self._database.transaction() as session:
                await repository.take_back_attempt(session, [mail.id for mail in mails])
            raise

    async def _claim(self, most_attempts: int | None, batch: int) -> list[repository.Waiting]:
        now = self._clock.now()
        begun_before = now - GIVEN_UP_AFTER
        if self._is_first_look and self._database.dialect == "sqlite":
            begun_before = self._started_at  # nobody else is there: whoever began it is dead
        async with self._database.transaction() as session:
            return await repository.claim_waiting(
                session,
                begun_before=begun_before,
                now=now,
                limit=batch,
                most_attempts=most_attempts,
                leave_out=list(self._intake.being_read),
            )
