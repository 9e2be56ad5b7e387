"""A client that costs little itself: kept-alive connections, requests as bytes, answers read by length."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True)
class Door:
    """Where one service answers, and with which token."""

    host: str
    port: int
    token: str

    def get(self, path: str) -> bytes:
        return f"GET {path} HTTP/1.1\r\n{self._head()}\r\n".encode()

    def post(self, path: str, body: bytes, *, content_type: str = "application/json") -> bytes:
        return self._with_body("POST", path, body, content_type)

    def patch(self, path: str, body: bytes, *, content_type: str = "application/json") -> bytes:
        return self._with_body("PATCH", path, body, content_type)

    def _with_body(self, method: str, path: str, body: bytes, content_type: str) -> bytes:
        head = f"{method} {path} HTTP/1.1\r\n{self._head()}Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    def _head(self) -> str:
        return f"Host: {self.host}:{self.port}\r\nAuthorization: Bearer {self.token}\r\n"


@dataclass
class Calls:
    """In the order of the requests: status, body, and when each was due, asked and answered (monotonic seconds).

    `due_at` is the moment the rate demanded: counted from there, a client that waits for a slow server hides nothing.
    """

    statuses: list[int] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    due_at: list[float] = field(default_factory=list)
    asked_at: list[float] = field(default_factory=list)
    answered_at: list[float] = field(default_factory=list)

    @property
    def milliseconds(self) -> list[float]:
        """How long each answer took, from when it was due."""
        return [(end - begin) * 1000 for begin, end in zip(self.due_at, self.answered_at, strict=True)]

    def answer(self, index: int) -> Any:
        return orjson.loads(self.bodies[index])


async def call_all(door: Door, requests: Sequence[bytes], *, connections: int, rate: float | None = None) -> Calls:
    """Send every request over `connections` connections, as fast as answers come or `rate` a second."""
    count = len(requests)
    calls = Calls([0] * count, [b""] * count, [0.0] * count, [0.0] * count, [0.0] * count)
    supply = iter(range(count))
    began = time.monotonic()
    await asyncio.gather(*(_work(door, requests, supply, calls, began, rate) for _ in range(min(connections, count))))
    return calls


async def _work(
    door: Door, requests: Sequence[bytes], supply: Iterator[int], calls: Calls, began: float, rate: float | None
) -> None:
    reader, writer = await asyncio.open_connection(door.host, door.port, limit=2**20)
    try:
        for index in supply:
            if rate is not None:
                await asyncio.sleep(max(0.0, began + index / rate - time.monotonic()))
            calls.asked_at[index] = time.monotonic()
            calls.due_at[index] = calls.asked_at[index] if rate is None else began + index / rate
            writer.write(requests[index])
            calls.statuses[index], calls.bodies[index] = await _answer(reader)
            calls.answered_at[index] = time.monotonic()
    finally:
        writer.close()
        await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    return int(head[9:12]), await reader.readexactly(length)
