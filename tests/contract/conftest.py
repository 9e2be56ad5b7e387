"""What the bus suite does to a bus from outside, for the real one and for its twin."""

from collections.abc import AsyncIterator
from typing import Protocol

import nats
import pytest
import pytest_asyncio

from kit.bus import STREAM, Bus
from kit.nats_bus import NatsBus
from kit.testing import InMemoryBus
from kit.testing.servers import NatsServer
from kit.testing.waiting import until


class BusHarness(Protocol):
    bus: Bus

    async def lose_store(self) -> None: ...

    async def delete_consumer(self, name: str) -> None: ...

    async def cut_off(self) -> None: ...

    async def reach_again(self) -> None: ...


class InMemoryHarness:
    def __init__(self) -> None:
        self.bus = InMemoryBus()

    async def lose_store(self) -> None:
        self.bus.lose_everything()

    async def delete_consumer(self, name: str) -> None:
        self.bus.delete_consumer(name)

    async def cut_off(self) -> None:
        self.bus.disconnect()

    async def reach_again(self) -> None:
        self.bus.reconnect()


class NatsHarness:
    def __init__(self, server: NatsServer) -> None:
        self.server = server
        self.bus = NatsBus(server.url)

    async def lose_store(self) -> None:
        await self.cut_off()
        self.server.lose_store()
        await self.reach_again()

    async def delete_consumer(self, name: str) -> None:
        client = await nats.connect(self.server.url)
        await client.jetstream().delete_consumer(STREAM, name)
        await client.close()

    async def cut_off(self) -> None:
        self.server.kill()
        await until(lambda: not self.bus.is_connected)

    async def reach_again(self) -> None:
        self.server.start()
        await until(lambda: self.bus.is_connected)


@pytest_asyncio.fixture(params=["in memory", "nats"])
async def harness(request: pytest.FixtureRequest) -> AsyncIterator[BusHarness]:
    made: InMemoryHarness | NatsHarness
    made = InMemoryHarness() if request.param == "in memory" else NatsHarness(request.getfixturevalue("nats_server"))
    await made.bus.start()
    await until(lambda: made.bus.is_connected)
    yield made
    await made.bus.close()


@pytest_asyncio.fixture
async def nats_harness(nats_server: NatsServer) -> AsyncIterator[NatsHarness]:
    made = NatsHarness(nats_server)
    await made.bus.start()
    await until(lambda: made.bus.is_connected)
    yield made
    await made.bus.close()
