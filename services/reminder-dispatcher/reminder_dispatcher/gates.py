"""Nobody takes all the places: what goes to one domain has a share of them, so that a domain which is slow to answer holds up
only its own mails (reliability B6)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass


class Crowded(Exception):
    """The share of this key stayed full for too long; somebody else may have the turn."""


@dataclass(slots=True)
class _Share:
    free: asyncio.Semaphore
    users: int = 0


class Gate:
    """`places` in all, three quarters of them at most for one key; the empty key has no share to keep to."""

    def __init__(self, places: int) -> None:
        self._places = asyncio.Semaphore(places)
        self._share = max(1, places - max(1, places // 4)) if places > 1 else 1
        self._shares: dict[str, _Share] = {}

    @asynccontextmanager
    async def place(self, key: str, *, within: float | None = None) -> AsyncIterator[None]:
        """A place, as soon as one is free and the share of `key` is not full; Crowded when that takes longer than `within`."""
        if not key and not self._places.locked():
            async with self._places:
                yield
            return
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(within):
                    if key:
                        await stack.enter_async_context(self._share_of(key, stack))
                    await stack.enter_async_context(self._places)
            except TimeoutError:
                raise Crowded(key) from None
            yield

    def _share_of(self, key: str, stack: AsyncExitStack) -> asyncio.Semaphore:
        share = self._shares.setdefault(key, _Share(asyncio.Semaphore(self._share)))
        share.users += 1
        stack.callback(self._leave, key, share)
        return share.free

    def _leave(self, key: str, share: _Share) -> None:
        share.users -= 1
        if share.users == 0:
            del self._shares[key]
