"""How large a request body may be, and how slowly it may come (reliability D4).

The limit is looked up when the body is first read, when the route is known, so an endpoint can have its own:

    @router.post("/v1/import")
    @body_limit(20 * 1024 * 1024)
    async def import_contacts(…)
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

IDLE_SECONDS = 30
"""A body that does not go on for so long is given up."""
TAKEN_IN_BYTES = 16 * 1024 * 1024
"""So much of a body that is too large is read and dropped: a client that is cut off in the middle sees no answer."""

_ATTRIBUTE = "goniec_body_limit"
F = TypeVar("F", bound=Callable[..., Any])


class BodyTooLarge(HTTPException):
    """413 as a problem; an HTTPException because FastAPI lets only those through while it reads a body."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"The body is larger than {limit} bytes.", headers={"connection": "close"})


class BodyTooSlow(HTTPException):
    def __init__(self) -> None:
        super().__init__(408, f"The body did not go on for {IDLE_SECONDS} seconds.", headers={"connection": "close"})


def body_limit(size: int | None) -> Callable[[F], F]:
    """The endpoint takes bodies up to `size` bytes; None: it reads the stream and sees to the limit itself."""

    def mark(endpoint: F) -> F:
        setattr(endpoint, _ATTRIBUTE, size)
        return endpoint

    return mark


class BodyLimit:
    def __init__(self, app: ASGIApp, *, default: int) -> None:
        self.app = app
        self._default = default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD"}:
            await self.app(scope, receive, send)
        else:
            await self.app(scope, _LimitedReceive(scope, receive, self._default), send)


class _LimitedReceive:
    __slots__ = ("_default", "_limit", "_read", "_reading", "_receive", "_scope")

    def __init__(self, scope: Scope, receive: Receive, default: int) -> None:
        self._scope = scope
        self._receive = receive
        self._default = default
        self._limit: int | None = None
        self._read = -1
        self._reading = True

    async def __call__(self) -> Message:
        if not self._reading:
            return await self._receive()
        if self._read < 0:
            self._read = 0
            self._limit = getattr(self._scope.get("endpoint"), _ATTRIBUTE, self._default)
            await self._check(_declared_length(self._scope))
        message = await self._next()
        await self._check(self._read)
        return message

    async def _next(self) -> Message:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                message = await self._receive()
        except TimeoutError:
            raise BodyTooSlow from None
        self._read += len(message.get("body", b""))
        self._reading = message.get("more_body", False)
        return message

    async def _check(self, size: int) -> None:
        if self._limit is None or size <= self._limit:
            return
        most = self._limit + TAKEN_IN_BYTES
        if size <= most and not _waits_for_leave(self._scope):
            while self._reading and self._read <= most:
                await self._next()
        raise BodyTooLarge(self._limit)


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


def _waits_for_leave(scope: Scope) -> bool:
    """`Expect: 100-continue` (RFC 9110 section 10.1.1): the body comes only when it is read."""
    return any(name == b"expect" for name, _ in scope["headers"])
