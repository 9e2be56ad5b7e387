"""The ladder for mail-ingest: clock → database → workers → service → client."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import httpx

from kit.database import Database
from kit.events import Event
from kit.testing import FixedClock, announced
from kit.workers import Result, WorkerPool
from mail_ingest.parts import MailIngestParts

E = TypeVar("E", bound=Event)


class WorkersInProcess(WorkerPool):
    """Runs jobs where it is called: quick to start, and nothing can be killed. `answer` replaces what a job says."""

    def __init__(self) -> None:
        super().__init__(size=1, preload=("mail_ingest.parsing.jobs",))
        self.answer: Callable[[bytes], Result | None] = lambda argument: None
        self.asked: list[list[bytes]] = []

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def check(self) -> str | None:
        return None

    async def run(self, function: str, arguments: Sequence[bytes]) -> list[Result]:
        module, _, name = function.partition(":")
        job = getattr(importlib.import_module(module), name)
        self.asked.append(list(arguments))
        return [self.answer(argument) or job(argument) for argument in arguments]


class Pauses:
    """The service's sleep before it tries a mailbox again: it lasts until the test lets it end; the clock moves with it."""

    def __init__(self, clock: FixedClock) -> None:
        self.asked: list[float] = []
        self._clock = clock
        self._asleep: list[tuple[float, asyncio.Event]] = []
        self._changed = asyncio.Condition()

    @property
    def asleep(self) -> bool:
        return bool(self._asleep)

    async def __call__(self, seconds: float) -> None:
        over = asyncio.Event()
        async with self._changed:
            self.asked.append(seconds)
            self._asleep.append((seconds, over))
            self._changed.notify_all()
        await over.wait()

    async def end(self) -> float:
        """Wait until somebody sleeps, let the time pass, wake the one who slept first."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(lambda: bool(self._asleep))
            seconds, over = self._asleep.pop(0)
        self._clock.advance(timedelta(seconds=seconds))
        over.set()
        return seconds


async def until(condition: Callable[[], Awaitable[Any]], *, seconds: float = 15) -> Any:
    """What the condition answers as soon as that is something."""
    async with asyncio.timeout(seconds):
        while not (answer := await condition()):
            await asyncio.sleep(0.01)
        return answer


@dataclass
class Ingest:
    """A running mail-ingest as a stranger sees it."""

    client: httpx.AsyncClient
    parts: MailIngestParts
    clock: FixedClock
    workers: WorkersInProcess
    pauses: Pauses

    @property
    def database(self) -> Database:
        return self.parts.database

    async def add_account(self, address: str = "biuro@firma.example", **fields: Any) -> UUID:
        answer = await self.client.post("/v1/mail-accounts", json={"name": "Biuro", "address": address, **fields})
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["id"])

    async def push(self, account_id: UUID, raw: bytes, **query: Any) -> dict[str, Any]:
        answer = await self.client.post(f"/v1/mail-accounts/{account_id}/messages", params=query, content=raw)
        assert answer.status_code in {200, 201}, answer.text
        return {**answer.json(), "known": answer.status_code == 200}

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def announced(self, kind: type[E]) -> list[E]:
        return await announced(self.database, kind)


StartIngest = Callable[..., AbstractAsyncContextManager[Ingest]]
