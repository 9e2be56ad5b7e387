"""Wakes everybody in this process who waits for news."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Bell:
    """Rings for all who listen just then. It says that there is news, not which: who hears it looks for itself."""

    def __init__(self) -> None:
        self._listening: set[asyncio.Event] = set()
        self.is_closed = False

    def ring(self) -> None:
        for rang in self._listening:
            rang.set()

    def close(self) -> None:
        """Whoever waits goes home."""
        self.is_closed = True
        self.ring()

    @contextmanager
    def heard(self) -> Iterator[asyncio.Event]:
        """An event that is set by each ring; the listener clears it before it looks."""
        rang = asyncio.Event()
        self._listening.add(rang)
        try:
            yield rang
        finally:
            self._listening.discard(rang)
