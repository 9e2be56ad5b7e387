"""How pushed mails gather, and who overtakes whom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

from kit.ids import new_id
from mail_ingest import pushing
from mail_ingest.incoming import Incoming, Taken
from mail_ingest.intake import Intake
from mail_ingest.pushing import PushQueue

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)


class SlowIntake:
    """Takes a batch in when its mails are let go, all at once unless `held` names one of them."""

    def __init__(self) -> None:
        self.batches: list[list[bytes]] = []
        self.held: dict[bytes, asyncio.Event] = {}

    async def take_in(self, mails: Sequence[Incoming]) -> list[Taken]:
        self.batches.append([mail.raw for mail in mails])
        for mail in mails:
            if mail.raw in self.held:
                await self.held[mail.raw].wait()
            else:
                await asyncio.sleep(0)
        return [Taken(new_id(), mail.sha256, "stored", None) for mail in mails]


def a_mail(raw: bytes) -> Incoming:
    return Incoming(uuid4(), "inbox", "inbox", raw, raw.hex(), len(raw), AT)


@asynccontextmanager
async def serving() -> AsyncIterator[Any]:
    intake = SlowIntake()
    queue = PushQueue(cast(Intake, intake), workers=2)
    async with asyncio.TaskGroup() as group:
        background = group.create_task(queue.serve_pushes())
        yield SimpleNamespace(intake=intake, push=lambda raw: group.create_task(queue.take_in(a_mail(raw))))
        background.cancel()


async def test_who_waits_at_the_same_moment_shares_a_batch() -> None:
    async with serving() as door:
        await asyncio.gather(*(door.push(b"%d" % number) for number in range(10)))
        assert [len(batch) for batch in door.intake.batches] == [10]


async def test_what_comes_meanwhile_is_the_next_batch() -> None:
    async with serving() as door:
        door.intake.held[b"first"] = asyncio.Event()
        first = door.push(b"first")
        await asyncio.sleep(0.01)
        others = [door.push(b"%d" % number) for number in range(5)]
        await asyncio.sleep(0.01)
        door.intake.held[b"first"].set()
        await asyncio.gather(first, *others)
        assert [len(batch) for batch in door.intake.batches] == [1, 5]


async def test_a_batch_that_takes_long_is_overtaken(monkeypatch: Any) -> None:
    monkeypatch.setattr(pushing, "PATIENCE", 0.01)
    async with serving() as door:
        door.intake.held[b"slow"] = asyncio.Event()
        slow = door.push(b"slow")
        await asyncio.sleep(0.02)
        await asyncio.wait_for(door.push(b"quick"), 5)
        await asyncio.wait_for(door.push(b"quick again"), 5)
        assert not slow.done()
        door.intake.held[b"slow"].set()
        await slow


async def test_two_late_batches_are_waited_for(monkeypatch: Any) -> None:
    monkeypatch.setattr(pushing, "PATIENCE", 0.01)
    async with serving() as door:
        for name in (b"slow", b"slow too"):
            door.intake.held[name] = asyncio.Event()
        late = [door.push(b"slow")]
        await asyncio.sleep(0.02)
        late.append(door.push(b"slow too"))
        await asyncio.sleep(0.02)
        third = door.push(b"quick")
        await asyncio.sleep(0.02)
        assert len(door.intake.batches) == 2
        door.intake.held[b"slow"].set()
        await asyncio.wait_for(third, 5)
        door.intake.held[b"slow too"].set()
        await asyncio.gather(*late)
