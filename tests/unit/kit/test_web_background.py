"""Work that goes on: tried again with a growing pause, and stopped for good at the end."""

import asyncio
from functools import partial

import pytest

from kit import background
from kit.background import Supervisor, name_of


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(background, "LONGEST_PAUSE_SECONDS", 0.01)


async def test_work_that_dies_is_run_again() -> None:
    lives = 0
    done = asyncio.Event()

    async def work() -> None:
        nonlocal lives
        lives += 1
        if lives < 20:
            raise OSError("again")
        done.set()

    supervisor = Supervisor()
    supervisor.start(work)
    await asyncio.wait_for(done.wait(), 5)
    await asyncio.sleep(0)
    assert lives == 20
    assert await supervisor.check()() is None  # it has finished
    await supervisor.stop()


async def test_steady_work_counts_as_well_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "STEADY_SECONDS", 0.05)
    lives = 0

    async def work() -> None:
        nonlocal lives
        lives += 1
        if lives == 1:
            raise ValueError
        await asyncio.sleep(3600)

    supervisor = Supervisor()
    supervisor.start(work)
    check = supervisor.check()
    while lives < 2:
        await asyncio.sleep(0.001)
    assert await check() == "work stopped with ValueError and is tried again."
    async with asyncio.timeout(5):
        while await check() is not None:
            await asyncio.sleep(0.005)
    await supervisor.stop()


async def test_stopping_waits_for_the_last_words() -> None:
    said: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0.01)
            said.append("goodbye")

    supervisor = Supervisor()
    supervisor.start(work)
    await asyncio.sleep(0)
    await supervisor.stop()
    assert said == ["goodbye"]


async def test_work_that_will_not_stop_does_not_hold_up_the_end() -> None:
    released = asyncio.Event()

    async def stubborn() -> None:
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue

    supervisor = Supervisor()
    supervisor.start(stubborn)
    await asyncio.sleep(0)
    await supervisor.stop(within=0.05)
    released.set()
    await asyncio.sleep(0.01)


def test_names() -> None:
    async def watch_mailboxes(count: int) -> None: ...

    class Dispatcher:
        async def run(self) -> None: ...

        async def __call__(self) -> None: ...

    assert name_of(partial(watch_mailboxes, 1)) == "watch_mailboxes"
    assert name_of(Dispatcher().run) == "Dispatcher.run"
    assert name_of(Dispatcher()) == "Dispatcher"
