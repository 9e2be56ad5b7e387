"""What only the real broker can do to us: die, stop, fill up, forget, refuse."""

import asyncio
import types
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import nats
import nats.aio.client
import nats.errors
import pytest
import pytest_asyncio

from kit.bus import BusUnavailable, Outgoing
from kit.database import Database
from kit.ids import new_id
from kit.nats_bus import NatsBus
from kit.outbox import Relay, announce
from kit.runner import Runner, Subscription
from kit.testing.parrot import Parroted, keep, kept
from kit.testing.servers import NatsServer
from kit.testing.waiting import until

PARROT = "kit.testing.parrot"
FILTERS = ["mail.parroted.v1.*"]


def message(n: int, *, size: int = 0) -> Outgoing:
    return Outgoing(new_id(), f"mail.parroted.v1.{n}", str(n).encode().ljust(size))


class Pipeline:
    """A service that says, and hears what it said, over a real broker."""

    def __init__(self, database: Database, bus: NatsBus) -> None:
        self.database = database
        self.bus = bus
        self.relay = Relay(database, bus)
        self.runner = Runner(database, bus, Subscription("parrot", (Parroted,), keep))
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self.relay.run()), asyncio.create_task(self.runner.run())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._tasks = []

    async def says(self, first: int, last: int) -> None:
        for n in range(first, last):
            async with self.database.transaction() as session:
                announce(session, Parroted(n=n))

    async def has_kept(self, count: int) -> None:
        async def enough() -> bool:
            return len(await kept(self.database)) >= count

        await until(enough, within=60)
        assert sorted(await kept(self.database)) == list(range(count))


@pytest_asyncio.fixture
async def pipeline(nats_server: NatsServer, open_database) -> AsyncIterator[Pipeline]:
    bus = NatsBus(nats_server.url)
    await bus.start()
    made = Pipeline(await open_database(PARROT), bus)
    made.start()
    yield made
    await made.stop()
    await bus.close()


PRODUCTS_CONFIGURATION = Path(__file__).parents[2] / "shared" / "goniec" / "nats-server.conf"
USERS = ("tasks-api", "mail-ingest", "case-threader", "reminder-dispatcher", "integrator")


@pytest.fixture
def products_broker(tmp_path: Path) -> Iterator[NatsServer]:
    """The broker as it is installed, not yet started; each user's password is its name."""
    passwords = {f"GONIEC_NATS_PASSWORD_{user.upper().replace('-', '_')}": user for user in USERS}
    server = NatsServer(tmp_path / "nats", configuration=PRODUCTS_CONFIGURATION, environment=passwords)
    yield server
    server.kill()


async def test_what_is_said_is_heard_once_and_in_order(pipeline: Pipeline) -> None:
    await pipeline.says(0, 50)
    await pipeline.has_kept(50)
    assert await kept(pipeline.database) == list(range(50))


async def test_the_broker_killed_in_mid_run(pipeline: Pipeline, nats_server: NatsServer) -> None:
    """reliability A16"""
    await pipeline.says(0, 20)
    nats_server.kill()
    await pipeline.says(20, 40)
    nats_server.start()
    await pipeline.says(40, 60)
    await pipeline.has_kept(60)


async def test_the_store_deleted_in_mid_run(pipeline: Pipeline, nats_server: NatsServer) -> None:
    """DESIGN 2.1, reliability G4: nothing is lost, nothing is done twice."""
    await pipeline.says(0, 30)
    await pipeline.has_kept(30)
    for round_ in range(2):
        await pipeline.says(30 + round_ * 20, 40 + round_ * 20)
        nats_server.kill()
        nats_server.lose_store()
        nats_server.start()
        await pipeline.says(40 + round_ * 20, 50 + round_ * 20)
    await pipeline.has_kept(70)


async def test_the_store_deleted_under_a_running_broker(pipeline: Pipeline, nats_server: NatsServer) -> None:
    await pipeline.says(0, 10)
    nats_server.lose_store()
    await pipeline.says(10, 20)
    nats_server.kill()
    nats_server.start()
    await pipeline.says(20, 30)
    await pipeline.has_kept(30)


async def test_the_stream_deleted_by_hand(pipeline: Pipeline, nats_server: NatsServer) -> None:
    await pipeline.says(0, 10)
    await pipeline.has_kept(10)
    client = await nats.connect(nats_server.url)
    await client.jetstream().delete_stream("GONIEC")
    await client.close()
    await pipeline.says(10, 20)
    await pipeline.has_kept(20)


async def test_the_consumer_deleted_by_hand(pipeline: Pipeline, nats_server: NatsServer) -> None:
    await pipeline.says(0, 10)
    await pipeline.has_kept(10)
    client = await nats.connect(nats_server.url)
    await client.jetstream().delete_consumer("GONIEC", "parrot")
    await client.close()
    await pipeline.says(10, 20)
    await pipeline.has_kept(20)


async def test_the_broker_stopped_for_a_while(pipeline: Pipeline, nats_server: NatsServer) -> None:
    """SIGSTOP found most JetStream bugs (reliability E3)."""
    await pipeline.says(0, 10)
    nats_server.pause()
    await pipeline.says(10, 20)
    nats_server.resume()
    await pipeline.has_kept(20)


async def test_a_killed_listener_leaves_nothing_waiting(pipeline: Pipeline) -> None:
    """What it held is not kept from the next one for the 60 seconds it could have asked for."""
    await pipeline.stop()
    await pipeline.says(0, 10)
    await pipeline.relay.publish_waiting()
    held = await (await pipeline.bus.listen("parrot", FILTERS, heard=None)).fetch(10, wait=5)
    assert len(held) == 10
    await pipeline.bus.close()  # no farewell
    await pipeline.bus.start()
    await until(lambda: pipeline.bus.is_connected)
    pipeline.start()
    async with asyncio.timeout(20):
        await pipeline.has_kept(10)


async def test_a_bus_that_starts_before_its_broker(tmp_path: Path) -> None:
    """DESIGN 2.2: the first connect is in the background, so that HTTP starts."""
    server = NatsServer(tmp_path)
    bus = NatsBus(server.url)
    await bus.start()
    assert not bus.is_connected
    with pytest.raises(BusUnavailable):
        await bus.publish([message(1)])
    server.start()
    await until(lambda: bus.is_connected)
    assert await bus.publish([message(1)]) == [1]
    await bus.close()
    server.kill()


async def test_a_bus_closed_while_it_looks_for_its_broker(tmp_path: Path) -> None:
    bus = NatsBus(NatsServer(tmp_path).url)
    await bus.start()
    await asyncio.sleep(0)
    await bus.close()
    assert not bus.is_connected


async def test_a_password_corrected_at_the_broker_lets_the_bus_in(products_broker: NatsServer) -> None:
    right = products_broker.environment["GONIEC_NATS_PASSWORD_MAIL_INGEST"]
    products_broker.environment["GONIEC_NATS_PASSWORD_MAIL_INGEST"] = "another"
    products_broker.start()
    bus = NatsBus(products_broker.url, user="mail-ingest", password=right)
    await bus.start()
    await until(lambda: "authentication error" in products_broker.log())
    products_broker.kill()
    products_broker.environment["GONIEC_NATS_PASSWORD_MAIL_INGEST"] = right
    products_broker.start()
    await until(lambda: bus.is_connected)
    assert await bus.publish([message(1)]) == [1]
    await bus.close()


async def test_a_full_stream_forgets_what_everybody_has_heard(nats_server: NatsServer) -> None:
    bus = NatsBus(nats_server.url, max_bytes=1024 * 1024)
    await bus.start()
    await until(lambda: bus.is_connected)
    ear = await bus.listen("parrot", FILTERS, heard=None)
    waiting = [message(n, size=10_000) for n in range(300)]
    arrived = 0
    async with asyncio.timeout(60):
        while waiting or arrived < 300:
            if waiting:
                sequences = await bus.publish(waiting[:100])
                first_missing = next((n for n, sequence in enumerate(sequences) if sequence is None), len(sequences))
                assert all(sequence is None for sequence in sequences[first_missing:]), "nothing overtakes"
                del waiting[:first_missing]
            taken = await ear.fetch(100, wait=0.2)
            await ear.acknowledge(taken)
            assert [int(each.payload) for each in taken] == list(range(arrived, arrived + len(taken)))
            arrived += len(taken)
    await ear.close()
    await bus.close()


async def test_a_full_stream_keeps_what_somebody_has_not_heard(nats_server: NatsServer) -> None:
    bus = NatsBus(nats_server.url, max_bytes=1024 * 1024)
    await bus.start()
    await until(lambda: bus.is_connected)
    slow = await bus.listen("slow", FILTERS, heard=None)
    waiting = [message(n, size=10_000) for n in range(200)]
    for _ in range(3):
        sequences = await bus.publish(waiting)
        waiting = [each for each, sequence in zip(waiting, sequences, strict=True) if sequence is None]
    assert len(waiting) > 50
    (first,) = await slow.fetch(1, wait=5)
    assert int(first.payload) == 0
    await slow.close()
    await bus.close()


async def test_many_messages_are_one_batch_with_few_fsyncs(nats_harness) -> None:
    """ADR-50: all of it or nothing, in one place of the stream."""
    await nats_harness.bus.publish([message(n) for n in range(50)])
    stored = await nats_harness.bus.client().jetstream().get_msg("GONIEC", 50)
    assert stored.headers["Nats-Batch-Commit"] == "1"
    assert stored.headers["Nats-Batch-Sequence"] == "50"


async def test_a_batch_that_repeats_something_is_stored_without_the_repetition(nats_harness) -> None:
    messages = [message(n) for n in range(20)]
    assert await nats_harness.bus.publish(messages[:10]) == list(range(1, 11))
    assert await nats_harness.bus.publish(messages[5:]) == list(range(6, 21))
    assert (await nats_harness.bus.state()).last_sequence == 20


async def test_the_dead_and_the_living_in_one_go(nats_harness) -> None:
    dead = [Outgoing(new_id(), "dead.parrot", b"x") for _ in range(6)]
    sequences = await nats_harness.bus.publish([*(message(n) for n in range(5)), *dead, message(5), message(6)])
    assert sequences == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 6, 6, 7]


async def test_a_broker_without_batches_gets_the_messages_one_by_one(nats_server: NatsServer) -> None:
    bus = NatsBus(nats_server.url)
    bus._streams = tuple({**stream, "allow_atomic": False} for stream in bus._streams)
    await bus.start()
    await until(lambda: bus.is_connected)
    assert await bus.publish([message(n) for n in range(20)]) == list(range(1, 21))
    await bus.close()


async def may_publish(broker: NatsServer, user: str, subjects: list[str], *, inbox: str | None = None) -> list[str]:
    """Which of these subjects the user of the product's broker may publish to."""
    refused: list[str] = []

    async def on_error(error: Exception) -> None:
        refused.append(str(error).lower())

    client = await nats.connect(
        broker.url, user=user, password=user, error_cb=on_error, inbox_prefix=inbox or f"_INBOX.{user}"
    )
    for subject in subjects:
        await client.publish(subject, b"{}")
    await client.flush()
    await client.flush()
    await client.close()
    return [subject for subject in subjects if not any(f'"{subject.lower()}"' in words for words in refused)]


async def test_each_service_says_and_hears_its_own(products_broker: NatsServer) -> None:
    """reliability D14, with the configuration the product is installed with."""
    products_broker.start()
    ingest = NatsBus(products_broker.url, user="mail-ingest", password="mail-ingest", max_bytes=1024 * 1024)
    threader = NatsBus(products_broker.url, user="case-threader", password="case-threader", max_bytes=1024 * 1024)
    for bus in (ingest, threader):
        await bus.start()
        await until(lambda bus=bus: bus.is_connected)
    ear = await threader.listen("case-threader", FILTERS, heard=None)
    arrived = 0
    waiting = [message(n, size=10_000) for n in range(200)]
    async with asyncio.timeout(60):
        while arrived < 200:  # fills the stream, so that room must be made
            sequences = await ingest.publish(waiting[:50])
            del waiting[: sum(sequence is not None for sequence in sequences)]
            taken = await ear.fetch(100, wait=0.2)
            if arrived == 0:
                await ear.working_on(taken)
                await ear.again(taken[0], after=timedelta(0))
                taken = taken[1:]
            await ear.acknowledge(taken)
            arrived += len(taken)
    await ear.close()
    ear = await threader.listen("case-threader", FILTERS, heard=None)
    assert await threader.publish([Outgoing(new_id(), "dead.case-threader", b"x")]) == [1]
    assert await threader.publish([Outgoing(new_id(), f"case.opened.v1.{n}", b"x") for n in range(5)]) != [None] * 5
    await ear.close()
    await ingest.close()
    await threader.close()


async def test_no_service_says_or_hears_for_another(products_broker: NatsServer) -> None:
    """reliability D14"""
    products_broker.start()
    forbidden = [
        "mail.received.v1.x",
        "task.created.v1.x",
        "dead.tasks-api",
        "$JS.ACK.GONIEC.tasks-api.1.1.1.1.1",
        "$JS.API.STREAM.DELETE.GONIEC",
        "$JS.API.STREAM.MSG.DELETE.GONIEC",
        "$JS.API.CONSUMER.DELETE.GONIEC.tasks-api",
        "$JS.API.CONSUMER.MSG.NEXT.GONIEC.tasks-api",
        "$SYS.REQ.SERVER.PING",
        "$KV.X.y",
    ]
    assert await may_publish(products_broker, "case-threader", [*forbidden, "case.opened.v1.x"]) == ["case.opened.v1.x"]
    assert await may_publish(products_broker, "integrator", ["document.sent.v1.x", "task.created.v1.x"]) == [
        "document.sent.v1.x"
    ]
    acknowledgements = ["$JS.ACK.GONIEC.tasks-api.1.1.1.1.1", "$JS.ACK.GONIEC.crm.1.1.1.1.1"]
    consumers = ["$JS.API.CONSUMER.DELETE.GONIEC.tasks-api", "$JS.API.CONSUMER.MSG.NEXT.GONIEC.crm"]
    assert await may_publish(products_broker, "integrator", [*acknowledgements, *consumers]) == [
        "$JS.ACK.GONIEC.crm.1.1.1.1.1",
        "$JS.API.CONSUMER.MSG.NEXT.GONIEC.crm",
    ]


async def test_no_service_hears_what_is_sent_to_another(products_broker: NatsServer) -> None:
    products_broker.start()
    refused: list[str] = []

    async def on_error(error: Exception) -> None:
        refused.append(str(error))

    client = await nats.connect(products_broker.url, user="case-threader", password="case-threader", error_cb=on_error)
    for subject in ("mail.>", "_INBOX.>", "_INBOX.tasks-api.>", "$SYS.>"):
        await client.subscribe(subject)
    await until(lambda: len(refused) == 4)
    await client.close()


async def test_nobody_gets_in_without_a_user(products_broker: NatsServer) -> None:
    products_broker.start()

    async def quiet(_: Exception) -> None: ...

    client = nats.aio.client.Client()
    with pytest.raises(nats.errors.Error):
        await client.connect(products_broker.url, allow_reconnect=False, error_cb=quiet)
    await client.close()


async def test_a_small_disk_gets_a_small_stream(tmp_path: Path) -> None:
    server = NatsServer(tmp_path, max_store_bytes=300 * 1024 * 1024)
    server.start()
    bus = NatsBus(server.url)
    await bus.start()
    await until(lambda: bus.is_connected)
    assert await bus.publish([message(1), Outgoing(new_id(), "dead.parrot", b"x")]) == [1, 1]
    await bus.close()
    server.kill()


async def test_status_lines_are_read_even_where_fast_mail_parser_is_installed(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """nats-py would take it for headers, and then every value is a list (performance.md)."""

    def parse_email(raw: bytes) -> types.SimpleNamespace:
        return types.SimpleNamespace(headers={"Nats-Msg-Id": ["a list"]})

    monkeypatch.setattr(nats.aio.client, "parse_email", parse_email)
    bus = NatsBus(nats_server.url)
    await bus.start()
    await until(lambda: bus.is_connected)
    received = await bus.client().subscribe("mail.parroted.v1.1")
    event_id = new_id()
    await bus.publish([Outgoing(event_id, "mail.parroted.v1.1", b"1")])
    heard = await received.next_msg(timeout=5)
    assert heard.headers is None
    assert nats.aio.client.parse_email is None
    await bus.close()
