"""A client that costs little itself: kept-alive connections, requests as bytes, answers read by length."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass
class PushResult:
    """Answers in the order of the mails: status, body, and when it was asked and answered (monotonic seconds)."""

    answers: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    asked_at: list[float] = field(default_factory=list)
    answered_at: list[float] = field(default_factory=list)


async def push_all(
    host: str, port: int, path: str, token: str, raws: list[bytes], *, connections: int, rate: float | None = None
) -> PushResult:
    """Push every mail over `connections` connections, as fast as they go or at `rate` mails a second."""
    count = len(raws)
    result = PushResult([{}] * count, [0] * count, [0.0] * count, [0.0] * count)
    supply = iter(range(count))
    began = time.monotonic()
    await asyncio.gather(
        *(_work(host, port, path, token, raws, supply, result, began, rate) for _ in range(min(connections, count)))
    )
    return result


async def _work(
    host: str,
    port: int,
    path: str,
    token: str,
    raws: list[bytes],
    supply: Iterator[int],
    result: PushResult,
    began: float,
    rate: float | None,
) -> None:
    reader, writer = await asyncio.open_connection(host, port, limit=2**20)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {token}\r\nContent-Type: message/rfc822\r\nContent-Length: "
    ).encode()
    try:
        for index in supply:
            if rate is not None:
                await asyncio.sleep(max(0.0, began + index / rate - time.monotonic()))
            result.asked_at[index] = time.monotonic()
            writer.write(head + str(len(raws[index])).encode() + b"\r\n\r\n" + raws[index])
            result.statuses[index], body = await _answer(reader)
            result.answers[index] = orjson.loads(body)
            result.answered_at[index] = time.monotonic()
    finally:
        writer.close()
        await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return status, await reader.readexactly(length)
