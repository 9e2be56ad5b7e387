"""Waiting for a condition, never for a number of seconds."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable

_LOOK_AGAIN = 0.01


async def until(condition: Callable[[], bool | Awaitable[bool]], *, within: float = 20.0) -> None:
    """Return as soon as `condition` (plain or async) is true; TimeoutError when it is not within that many seconds."""
    async with asyncio.timeout(within):
        while True:
            answer = condition()
            if await answer if inspect.isawaitable(answer) else answer:
                return
            await asyncio.sleep(_LOOK_AGAIN)
