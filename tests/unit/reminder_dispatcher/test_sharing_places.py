"""Places, shares and paces: who is slow or limited waits alone (reliability B6, B14)."""

import asyncio

import pytest

from reminder_dispatcher.gates import Crowded, Gate
from reminder_dispatcher.pace import Paces


async def test_one_key_never_takes_all_places() -> None:
    gate = Gate(8)
    inside: list[str] = []
    leave = asyncio.Event()

    async def come(key: str) -> None:
        async with gate.place(key):
            inside.append(key)
            await leave.wait()

    tasks = [asyncio.create_task(come("slow.example")) for _ in range(20)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert inside == ["slow.example"] * 6
    tasks.append(asyncio.create_task(come("quick.example")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert inside[-1] == "quick.example"
    leave.set()
    await asyncio.gather(*tasks)
    assert len(inside) == 21
    assert gate._shares == {}


async def test_whoever_waits_too_long_for_a_place_is_told() -> None:
    gate = Gate(1)
    async with gate.place("a"):
        with pytest.raises(Crowded):
            async with gate.place("a", within=0.01):
                pass
        with pytest.raises(Crowded):
            async with gate.place("", within=0.01):
                pass
    async with gate.place("a", within=0.01):
        pass


async def test_place_is_given_back_whatever_happens_in_it() -> None:
    gate = Gate(1)
    for _ in range(3):
        with pytest.raises(ValueError, match="in between"):
            async with gate.place("a", within=0.1):
                raise ValueError("in between")


def test_each_key_has_a_pace_of_its_own() -> None:
    now = [100.0]
    paces = Paces(6, monotonic=lambda: now[0])
    assert [paces.turn("a"), paces.turn("b")] == [0.0, 0.0]
    assert paces.turn("a") == pytest.approx(10)
    now[0] += 10
    assert [paces.turn("a"), paces.turn("b")] == [0.0, 0.0]
    assert Paces(0).turn("a") == 0.0
    assert Paces(1).turn("") == 0.0


def test_paces_of_long_ago_are_forgotten() -> None:
    now = [0.0]
    paces = Paces(60, monotonic=lambda: now[0])
    for n in range(1001):
        paces.turn(f"domain-{n}")
    now[0] += 1000
    paces.turn("another")
    assert len(paces._paces) == 1
