"""Work that goes on for the life of an app: started with it, restarted when it dies, seen in readiness, stopped with it."""

import asyncio
import functools
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from kit.health import Check

Background = Callable[[], Awaitable[None]]
"""Runs until it is cancelled. When it raises it is run again after a while; when it returns it has finished."""

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 10.0
"""After running for so long without dying it counts as well again."""

log = structlog.get_logger("kit.background")


@dataclass(slots=True)
class _Watched:
    name: str
    run: Background
    failures: int = 0
    running_since: float | None = None
    reason: str = ""
    task: asyncio.Task[None] | None = field(default=None)


class Supervisor:
    """Runs backgrounds and knows which of them are well."""

    def __init__(self) -> None:
        self._watched: list[_Watched] = []

    def start(self, run: Background, *, name: str | None = None) -> None:
        """Run it from now on, under the given name or that of the function."""
        watched = _Watched(name or name_of(run), run)
        watched.task = asyncio.create_task(self._keep_running(watched), name=watched.name)
        self._watched.append(watched)

    async def stop(self, *, within: float = 10.0) -> None:
        """Cancel all, the youngest first, and wait for them."""
        tasks = [watched.task for watched in reversed(self._watched) if watched.task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            _, stuck = await asyncio.wait(tasks, timeout=within)
            for task in stuck:
                log.error("background_did_not_stop", background=task.get_name())
        self._watched.clear()

    def check(self) -> Check:
        """A readiness check that names those which die again and again."""

        async def backgrounds() -> str | None:
            unwell = [watched for watched in self._watched if _is_unwell(watched)]
            if not unwell:
                return None
            return " ".join(f"{watched.name} stopped with {watched.reason} and is tried again." for watched in unwell)

        return backgrounds

    async def _keep_running(self, watched: _Watched) -> None:
        while True:
            watched.running_since = time.monotonic()
            try:
                await watched.run()
            except Exception as error:
                if not _is_unwell(watched):
                    watched.failures = 0
                watched.failures += 1
                watched.reason = type(error).__name__
                watched.running_since = None
                log.error("background_died", background=watched.name, failures=watched.failures, exc_info=error)
            else:
                watched.failures = 0
                return
            await asyncio.sleep(_pause(watched.failures))


def _is_unwell(watched: _Watched) -> bool:
    if watched.failures == 0:
        return False
    return watched.running_since is None or time.monotonic() - watched.running_since < STEADY_SECONDS


def _pause(failures: int) -> float:
    """Doubling, with jitter so that replicas do not march in step."""
    longest: float = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(failures - 1, 20))
    return longest * random.uniform(0.5, 1)  # noqa: S311 - not for secrets


def name_of(run: Background) -> str:
    """What the work is called in logs and readiness: the name of its function, with that of its class."""
    while isinstance(run, functools.partial):
        run = run.func
    owner = getattr(run, "__self__", None)
    name: str = getattr(run, "__name__", type(run).__name__)
    return f"{type(owner).__name__}.{name}" if owner is not None else name
