"""An answer that does not end by itself, read as it comes; httpx's way of talking to an app waits for the whole."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI

from kit.testing.waiting import until


@dataclass
class Stream:
    """What came so far. `is_over` once the app has ended the answer."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    is_over: bool = False

    def events(self) -> list[dict[str, str]]:
        """Its server-sent events, each with the fields it has (`event`, `id`, `data`)."""
        blocks = self.text.split("\n\n")[:-1]
        fields = [[line.split(": ", 1) for line in block.splitlines() if not line.startswith(":")] for block in blocks]
        return [found for pairs in fields if "data" in (found := dict(pairs))]

    async def has(self, events: int) -> list[dict[str, str]]:
        """All events, once there are so many."""
        await until(lambda: len(self.events()) >= events)
        return self.events()


@asynccontextmanager
async def stream_of(app: FastAPI, path: str, *, query: str = "", headers: Mapping[str, str]) -> AsyncIterator[Stream]:
    """The answer to a GET, begun; on leaving the client hangs up."""
    stream, hangs_up = Stream(), asyncio.Event()
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await hangs_up.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            stream.status = message["status"]
            stream.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            stream.text += message.get("body", b"").decode()
            stream.is_over = not message.get("more_body", False)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("goniec.test", 80), "state": {},
    }  # fmt: skip
    answering = asyncio.create_task(app(scope, receive, send))
    try:
        await until(lambda: bool(stream.text) or answering.done())
        yield stream
    finally:
        hangs_up.set()
        async with asyncio.timeout(10):
            await answering
