"""A parrot that tells the world what it says, and a receiver that is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
from fastapi import FastAPI

from kit.application import build_app
from kit.database import Database
from kit.events import Event
from kit.live_events import Earshot
from kit.outbox import announce
from kit.settings import ServiceSettings
from kit.testing import FixedClock, InMemoryBus
from kit.testing.parrot import Echoed, Parroted
from kit.testing.web import client_of, parts_for_tests

PARROT = "kit.testing.parrot"
EARSHOT = Earshot({"mail": ("mail:read",)})


@dataclass
class Parrot:
    app: FastAPI
    database: Database
    http: httpx.AsyncClient

    @classmethod
    def without_app(cls, database: Database) -> Parrot:
        """Only says something; nobody listens to it over HTTP."""
        return cls(FastAPI(), database, httpx.AsyncClient())

    async def say(self, *ns: int) -> None:
        await self._announce([Parroted(n=n) for n in ns])

    async def echo(self, *ns: int) -> None:
        await self._announce([Echoed(n=n) for n in ns])

    async def _announce(self, events: Sequence[Event]) -> None:
        async with self.database.transaction() as session:
            for event in events:
                announce(session, event)

    async def all_published(self) -> bool:
        return await self.app.state.relay.depth() == 0

    def wake_webhooks(self) -> None:
        """As when the log has grown: the clock of tests moves without anybody noticing."""
        for tell in self.app.state.relay._when_published:
            tell()

    def end_streams(self) -> None:
        """What the server does first when it is told to stop."""
        for tell in self.app.state.when_stopping:
            tell()


@asynccontextmanager
async def parrot_with(
    database: Database, clock: FixedClock, bus: InMemoryBus, *, earshot: Earshot = EARSHOT, **settings: Any
) -> AsyncIterator[Parrot]:
    parts = parts_for_tests(ServiceSettings(secret_key="k" * 43, **settings), database, clock, bus=bus)
    app = build_app(
        parts, name="parrot", title="Parrot", package=PARROT, routers=[], says=(Parroted, Echoed), earshot=earshot
    )
    async with client_of(app) as http:
        yield Parrot(app, database, http)


@dataclass
class Call:
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A web server on loopback that answers what `answer` says to the n-th call."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    answer: Callable[[int], tuple[int, dict[str, str]]] = lambda _: (204, {})
    _may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._may_answer.set()

    def hold(self) -> asyncio.Event:
        """Answer nobody until the event is set."""
        self._may_answer = asyncio.Event()
        return self._may_answer

    def numbers(self) -> list[int]:
        return [orjson.loads(call.body)["data"]["n"] for call in self.calls]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")[1:]
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines) if name}
                self.calls.append(Call(headers, await reader.readexactly(int(headers["content-length"]))))
                await self._may_answer.wait()
                status, more = self.answer(len(self.calls))
                told = "".join(f"{name}: {value}\r\n" for name, value in more.items())
                writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n{told}\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def a_receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/goniec"
    async with server:
        yield receiver
