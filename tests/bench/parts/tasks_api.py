"""The API people work with all day: mixed calls at 100 a second on 100,000 tasks, and what each kind costs."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from urllib.parse import quote

import orjson

from tests.bench.calling import Calls, Door, call_all
from tests.bench.report import Report, share_of
from tests.bench.seeded_tasks import COMMON_WORD, SeededTasks, seed_tasks
from tests.bench.stand import Running, Stand

TASKS = 100_000
RATE = 100.0
SECONDS = 30
ALONE = 40
CONNECTIONS = 32
P99_MS = 50
WORDS = ("faktura pozdrawiam", "gwarancja", "łódź", "monta", "4711", "płatność zwrot", COMMON_WORD)

Ask = Callable[[Door, SeededTasks, random.Random], bytes]


def _list(door: Door, seeded: SeededTasks, chance: random.Random) -> bytes:
    wanted = (
        "", "?order=-created", "?status=planned&order=starts_at", f"?assignee_id={chance.choice(seeded.employee_ids)}&order=starts_at",
        f"?account_id={chance.choice(seeded.account_ids)}", "?color=green&order=-starts_at",
        "?kind=meeting&from=2026-12-01T00:00:00Z&to=2027-01-01T00:00:00Z&order=starts_at",
    )  # fmt: skip
    return door.get(f"/v1/tasks{chance.choice(wanted)}")


def _get(door: Door, seeded: SeededTasks, chance: random.Random) -> bytes:
    return door.get(f"/v1/tasks/{chance.choice(seeded.task_ids)}")


def _patch(door: Door, seeded: SeededTasks, chance: random.Random) -> bytes:
    body = orjson.dumps({"note": f"zadzwoniono {chance.random()}"})
    return door.patch(f"/v1/tasks/{chance.choice(seeded.open_ids)}", body)


def _month_of_one(door: Door, seeded: SeededTasks, chance: random.Random) -> bytes:
    month = chance.choice(("2026-11-01", "2026-12-01", "2027-01-01"))
    return door.get(f"/v1/calendar?view=month&from={month}T00:00:00Z&assignee_id={chance.choice(seeded.employee_ids)}")


def _month_of_all(door: Door, _: SeededTasks, chance: random.Random) -> bytes:
    return door.get(f"/v1/calendar?view=month&from={chance.choice(('2026-11-01', '2026-12-01'))}T00:00:00Z")


def _search(door: Door, _: SeededTasks, chance: random.Random) -> bytes:
    return door.get(f"/v1/tasks?q={quote(chance.choice(WORDS))}")


MIX: dict[str, tuple[int, Ask]] = {
    "list": (28, _list),
    "get": (35, _get),
    "patch": (12, _patch),
    "calendar, a month of one employee": (10, _month_of_one),
    "calendar, a month of everybody": (3, _month_of_all),
    "search": (12, _search),
}
"""Kind → its share in a hundred calls."""


async def measure_tasks_api(stand: Stand) -> Report:
    """p50 and p99 from when each call was due, and CPU per call of each kind alone; every call must succeed."""
    report = Report(f"API of tasks-api, {stand.database}: {TASKS} tasks")
    async with stand.places() as places:
        async with stand.own_database(places, "tasks-api") as database:
            seeded = await seed_tasks(database, TASKS)
        async with stand.running(places) as running:
            door = await running.door("tasks-api")
            chance = random.Random(9)
            for name, (_, ask) in MIX.items():
                await _alone(running, door, name, [ask(door, seeded, chance) for _ in range(ALONE)], report)
            kinds = [kind for _, kind in zip(range(int(RATE * SECONDS)), _mixed(chance), strict=False)]
            requests = [MIX[kind][1](door, seeded, chance) for kind in kinds]
            before = running.usage()["tasks-api"].cpu_seconds
            calls = await call_all(door, requests, connections=CONNECTIONS, rate=RATE)
            cpu = running.usage()["tasks-api"].cpu_seconds - before
            _tell(kinds, calls, cpu, report)
    return report


async def _alone(running: Running, door: Door, name: str, requests: list[bytes], report: Report) -> None:
    """One call after the other, when caches are warm: what it costs the service itself."""
    await call_all(door, requests[:10], connections=1)
    before = running.usage()["tasks-api"].cpu_seconds
    calls = await call_all(door, requests, connections=1)
    cpu = (running.usage()["tasks-api"].cpu_seconds - before) * 1000 / len(requests)
    _check(calls, name, report)
    waits = calls.milliseconds
    report.tell(f"{name}, alone: CPU ms / p50 ms", f"{cpu:.1f} / {share_of(waits, 0.5):.1f}")


def _mixed(chance: random.Random) -> Iterator[str]:
    names, shares = list(MIX), [share for share, _ in MIX.values()]
    while True:
        yield from chance.choices(names, shares, k=100)


def _tell(kinds: list[str], calls: Calls, cpu_seconds: float, report: Report) -> None:
    _check(calls, "mixed", report)
    waits = calls.milliseconds
    report.tell(f"mixed at {RATE:g} calls/s, p50 ms", f"{share_of(waits, 0.5):.1f}")
    report.at_most("  p99 ms", share_of(waits, 0.99), P99_MS, form=".1f")
    report.tell("  CPU ms per call, all processes of tasks-api", f"{cpu_seconds * 1000 / len(kinds):.1f}")
    for name in MIX:
        of_kind = [wait for wait, kind in zip(waits, kinds, strict=True) if kind == name]
        report.tell(f"  {name}, p50 / p99 ms", f"{share_of(of_kind, 0.5):.1f} / {share_of(of_kind, 0.99):.1f}")


def _check(calls: Calls, name: str, report: Report) -> None:
    bad = sum(status != 200 for status in calls.statuses)
    if bad:
        first = next(body for status, body in zip(calls.statuses, calls.bodies, strict=True) if status != 200)
        report.problems.append(f"{name}: {bad} of {len(calls.statuses)} calls failed, the first with {first[:200]!r}")
