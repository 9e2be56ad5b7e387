"""One suite for the bus and its twin: what `kit.bus.Bus` promises, whoever keeps the promise."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from kit.bus import Bus, BusUnavailable, Delivery, Ear, Outgoing, StreamState
from kit.ids import new_id

EVERYTHING = ["mail.parroted.v1.*"]


def message(n: int, *, event_id: UUID | None = None, subject: str = "mail.parroted.v1") -> Outgoing:
    return Outgoing(event_id or new_id(), f"{subject}.{n}", str(n).encode())


def numbers(deliveries: list[Delivery]) -> list[int]:
    return [int(delivery.payload) for delivery in deliveries]


async def fetch_all(ear: Ear, count: int) -> list[Delivery]:
    """The next `count` deliveries, however many fetches they take."""
    taken: list[Delivery] = []
    async with asyncio.timeout(20):
        while len(taken) < count:
            taken += await ear.fetch(count - len(taken), wait=1.0)
    return taken


async def take(ear: Ear, count: int) -> list[int]:
    taken = await fetch_all(ear, count)
    await ear.acknowledge(taken)
    return numbers(taken)


async def listen(
    bus: Bus, name: str = "ear", filters: list[str] = EVERYTHING, *, heard: int | StreamState | None = 1_000_000
) -> Ear:
    """As a listener whose own memory reaches as far as `heard`; far enough, unless a test says otherwise."""
    if isinstance(heard, int):
        heard = StreamState((await bus.state()).identity, heard)
    return await bus.listen(name, filters, heard=heard)


async def test_messages_arrive_in_the_order_they_were_published(harness) -> None:
    await harness.bus.publish([message(n) for n in range(500)])
    ear = await listen(harness.bus)
    assert await take(ear, 500) == list(range(500))
    await ear.close()


async def test_each_message_published_has_its_place_in_the_stream(harness) -> None:
    assert await harness.bus.publish([message(n) for n in range(3)]) == [1, 2, 3]
    assert await harness.bus.publish([message(n) for n in range(2_500)]) == list(range(4, 2_504))
    assert (await harness.bus.state()).last_sequence == 2_503


async def test_a_message_published_again_is_stored_once(harness) -> None:
    event_id = new_id()
    first = await harness.bus.publish([message(1, event_id=event_id)])
    again = await harness.bus.publish([message(1, event_id=event_id), message(2)])
    assert again == [first[0], 2]
    many = [message(n) for n in range(30)]
    first_half = await harness.bus.publish(many[:15])
    assert await harness.bus.publish(many) == [*first_half, *range(18, 33)]


async def test_a_consumer_hears_only_what_its_filters_let_through(harness) -> None:
    await harness.bus.publish([message(1), message(2, subject="task.created.v1"), message(3, subject="mail.sent.v1")])
    ear = await listen(harness.bus, filters=["mail.parroted.v1.*", "mail.sent.v1.*"])
    assert await take(ear, 2) == [1, 3]
    await ear.close()


async def test_a_filter_that_grew_lets_the_new_kind_through(harness) -> None:
    ear = await listen(harness.bus)
    await harness.bus.publish([message(1)])
    assert await take(ear, 1) == [1]
    await ear.close()
    ear = await listen(harness.bus, filters=[*EVERYTHING, "task.created.v1.*"])
    await harness.bus.publish([message(2, subject="task.created.v1")])
    assert await take(ear, 1) == [2]
    await ear.close()


async def test_silence_is_an_empty_answer(harness) -> None:
    ear = await listen(harness.bus)
    assert await ear.fetch(10, wait=0.05) == []
    await ear.close()


async def test_a_message_published_while_somebody_waits_ends_the_waiting(harness) -> None:
    ear = await listen(harness.bus)
    waiting = asyncio.create_task(ear.fetch(10, wait=20))
    await asyncio.sleep(0)
    await harness.bus.publish([message(1)])
    assert numbers(await waiting) == [1]
    await ear.close()


async def test_what_was_acknowledged_is_not_heard_again(harness) -> None:
    await harness.bus.publish([message(n) for n in range(4)])
    ear = await listen(harness.bus)
    assert await take(ear, 2) == [0, 1]
    await ear.close()
    ear = await listen(harness.bus)
    assert await take(ear, 2) == [2, 3]
    await ear.close()


async def test_what_a_dead_listener_held_is_heard_at_once_by_the_next(harness) -> None:
    await harness.bus.publish([message(n) for n in range(4)])
    dead = await listen(harness.bus)
    assert numbers(await fetch_all(dead, 4)) == [0, 1, 2, 3]
    await dead.close()
    ear = await listen(harness.bus)
    again = await fetch_all(ear, 4)
    assert sorted(numbers(again)) == [0, 1, 2, 3]
    await ear.close()


@pytest.mark.parametrize(
    ("heard", "again"),
    [
        (1_000_000, []),
        (4, []),
        (2, [2, 3]),
        (0, [0, 1, 2, 3]),
        (None, [0, 1, 2, 3]),
        (StreamState("a stream that is no more", 3), [0, 1, 2, 3]),
    ],
)
async def test_a_listener_whose_memory_does_not_reach_as_far_hears_the_rest_again(
    harness, heard: int | StreamState | None, again: list[int]
) -> None:
    await harness.bus.publish([message(n) for n in range(4)])
    ear = await listen(harness.bus)
    assert await take(ear, 4) == [0, 1, 2, 3]
    await ear.close()
    await asyncio.sleep(0.05)
    ear = await listen(harness.bus, heard=heard)
    assert numbers(await ear.fetch(10, wait=0.2)) == again
    await ear.close()


async def test_a_message_wanted_again_comes_again_and_counts_its_deliveries(harness) -> None:
    await harness.bus.publish([message(1)])
    ear = await listen(harness.bus)
    (first,) = await fetch_all(ear, 1)
    assert first.deliveries == 1
    await ear.again(first, after=timedelta(milliseconds=200))
    (second,) = await fetch_all(ear, 1)
    assert (second.deliveries, second.sequence) == (2, first.sequence)
    await ear.close()


async def test_a_message_wanted_later_does_not_hold_up_the_others(harness) -> None:
    await harness.bus.publish([message(1), message(2)])
    ear = await listen(harness.bus)
    first, second = await fetch_all(ear, 2)
    await ear.again(first, after=timedelta(minutes=10))
    await ear.acknowledge([second])
    await harness.bus.publish([message(3)])
    assert await take(ear, 1) == [3]
    assert await ear.fetch(10, wait=0.05) == []
    await ear.close()


async def test_two_consumers_hear_everything_each(harness) -> None:
    await harness.bus.publish([message(1), message(2)])
    one, other = await listen(harness.bus, "one"), await listen(harness.bus, "other")
    assert await take(one, 2) == [1, 2]
    assert await take(other, 2) == [1, 2]
    await one.close()
    await other.close()


async def test_a_deleted_consumer_comes_back_and_hears_everything_again(harness) -> None:
    await harness.bus.publish([message(1)])
    ear = await listen(harness.bus)
    assert await take(ear, 1) == [1]
    await harness.delete_consumer("ear")
    await harness.bus.publish([message(2)])
    assert await take(ear, 2) == [1, 2]
    await ear.close()


async def test_a_lost_store_is_another_stream(harness) -> None:
    await harness.bus.publish([message(1)])
    before = await harness.bus.state()
    await harness.lose_store()
    after = await harness.bus.state()
    assert after.identity != before.identity
    assert after.last_sequence == 0


async def test_a_listener_survives_the_loss_of_the_store(harness) -> None:
    ear = await listen(harness.bus)
    await harness.bus.publish([message(1)])
    assert await take(ear, 1) == [1]
    await harness.lose_store()
    await harness.bus.publish([message(2)])
    assert await take(ear, 1) == [2]
    await ear.close()


async def test_an_acknowledgement_of_the_lost_stream_does_not_count_for_the_new_one(harness) -> None:
    await harness.bus.publish([message(1)])
    ear = await listen(harness.bus)
    lost = await fetch_all(ear, 1)
    await harness.lose_store()
    await harness.bus.publish([message(2)])
    assert numbers(await fetch_all(ear, 1)) == [2]
    await ear.acknowledge(lost)
    await ear.close()
    ear = await listen(harness.bus)
    assert await take(ear, 1) == [2]
    await ear.close()


async def test_without_a_connection_nothing_is_published_or_heard(harness) -> None:
    ear = await listen(harness.bus)
    await harness.cut_off()
    with pytest.raises(BusUnavailable):
        await harness.bus.publish([message(1)])
    with pytest.raises(BusUnavailable):
        await harness.bus.state()
    connection = harness.bus.connection
    await harness.reach_again()
    assert harness.bus.connection != connection
    await harness.bus.publish([message(2)])
    assert await take(ear, 1) == [2]
    await ear.close()


async def test_dead_letters_have_a_stream_of_their_own(harness) -> None:
    ear = await listen(harness.bus, filters=["mail.>"])
    assert await harness.bus.publish([message(1, subject="dead.ear")]) == [1]
    assert (await harness.bus.state()).last_sequence == 0
    assert await ear.fetch(1, wait=0.05) == []
    await ear.close()


async def test_what_is_still_being_worked_on_can_be_said(harness) -> None:
    await harness.bus.publish([message(1)])
    ear = await listen(harness.bus)
    taken = await fetch_all(ear, 1)
    await ear.working_on(taken)
    await ear.acknowledge(taken)
    assert await ear.fetch(1, wait=0.05) == []
    await ear.close()
