"""Mail that is handed in over HTTP, many at a time: whoever waits at the same moment shares two transactions.

Nobody is kept waiting for company: a batch is what has gathered while the one before it was being read and written, and
what comes within some milliseconds of it while much is handed in. Small mails and large ones queue apart, and a batch that
takes long is overtaken by the next, so that a mail that takes seconds holds up few others.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from mail_ingest.finishing import to_the_end
from mail_ingest.incoming import Incoming, Taken
from mail_ingest.intake import Intake

BATCH = 64
BATCH_BYTES = 4 * 1024 * 1024
LARGE_FROM = 128 * 1024
SMALL_BATCHES_AT_ONCE = 2
PATIENCE = 0.25
"""Seconds after which a batch is overtaken."""
GATHER_FOR_EACH = 0.0003
"""Seconds to wait for more, by the mails of the batch before: whoever was just answered may have another one."""


@dataclass(frozen=True, slots=True)
class _Pushed:
    mail: Incoming
    answer: asyncio.Future[Taken]


class _Lane:
    """Mails waiting for the next batch, first come first served."""

    def __init__(self, *, batch: int) -> None:
        self._batch = batch
        self._waiting: deque[_Pushed] = deque()
        self._something = asyncio.Event()
        self._last = 0

    def put(self, pushed: _Pushed) -> None:
        self._waiting.append(pushed)
        self._something.set()

    async def next_batch(self) -> list[_Pushed]:
        while True:
            await self._something.wait()
            if self._last > 1:
                await asyncio.sleep(self._last * GATHER_FOR_EACH)
            batch: list[_Pushed] = []
            size = 0
            while self._waiting and len(batch) < self._batch and size < BATCH_BYTES:
                pushed = self._waiting.popleft()
                if not pushed.answer.done():  # whoever gave up waiting is not served
                    batch.append(pushed)
                    size += len(pushed.mail.raw)
            if not self._waiting:
                self._something.clear()
            self._last = len(batch)
            if batch:
                return batch


class PushQueue:
    """`serve_pushes` must be running; `take_in` waits for the verdict of one mail."""

    def __init__(self, intake: Intake, *, workers: int) -> None:
        self._intake = intake
        self._small = _Lane(batch=BATCH)
        self._large = _Lane(batch=1)
        self._large_at_once = max(1, workers - 1)

    async def take_in(self, mail: Incoming) -> Taken:
        pushed = _Pushed(mail, asyncio.get_running_loop().create_future())
        (self._large if len(mail.raw) >= LARGE_FROM else self._small).put(pushed)
        return await pushed.answer

    async def serve_pushes(self) -> None:
        """The background work: runs until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._serve_small())
            for _ in range(self._large_at_once):
                group.create_task(self._serve_large())

    async def _serve_small(self) -> None:
        """One batch after the other, so that they grow while there is much to do; one that takes long is overtaken."""
        late: set[asyncio.Task[None]] = set()
        async with asyncio.TaskGroup() as group:
            while True:
                batch = group.create_task(self._serve(await self._small.next_batch()))
                await asyncio.wait([batch], timeout=PATIENCE)
                late = {each for each in (*late, batch) if not each.done()}
                if len(late) == SMALL_BATCHES_AT_ONCE:
                    await asyncio.wait(late, return_when=asyncio.FIRST_COMPLETED)

    async def _serve_large(self) -> None:
        while True:
            await self._serve(await self._large.next_batch())

    async def _serve(self, batch: list[_Pushed]) -> None:
        try:
            taken = await to_the_end(self._intake.take_in([pushed.mail for pushed in batch]))
        except asyncio.CancelledError:
            for pushed in batch:
                pushed.answer.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - each of them is told; the next batch may fare better
            for pushed in batch:
                if not pushed.answer.done():
                    pushed.answer.set_exception(error)
        else:
            for pushed, one in zip(batch, taken, strict=True):
                if not pushed.answer.done():
                    pushed.answer.set_result(one)
