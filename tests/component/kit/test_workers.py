"""Foreign input cannot take the service down with it: reliability A11, section 0 point 2."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from kit.metrics import Metrics
from kit.workers import WorkerFailed, WorkerPool, WorkersUnavailable

DUTIES = """
import ctypes, os, signal, sys, time

def upper(argument): return argument.upper()
def obey(argument):
    word = argument.decode()
    if word == "spin":
        while True: pass
    if word == "sleep": time.sleep(600)
    if word == "eat": return bytes(10**10)
    if word == "nibble":
        held = []
        while True: held.append(bytes(10**7))
    if word == "segfault": ctypes.string_at(0)
    if word == "abort": os.abort()
    if word == "exit": os._exit(3)
    if word == "leave": sys.exit(4)
    if word == "raise": raise ValueError("no\\x00 \\ud800")
    if word == "deep":
        def deeper(): return deeper()
        return deeper()
    if word == "text": return "text"
    if word == "pid": return str(os.getpid()).encode()
    if word == "shout": print("to stdout"); print("to stderr", file=sys.stderr); return b"quiet"
    if word == "secret": return os.environ.get("GONIEC_SECRET", "none").encode()
    if word == "kill-once":
        if not os.path.exists(os.environ["KILLED_ONCE"]):
            open(os.environ["KILLED_ONCE"], "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
    if word == "grow": globals().setdefault("hoard", []).append(os.urandom(8 * 1024 * 1024))
    return word.encode()
"""


@pytest.fixture(autouse=True)
def duties(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "duties_of_workers.py").write_text(DUTIES)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    monkeypatch.setenv("KILLED_ONCE", str(tmp_path / "killed"))


def a_pool(**options: object) -> WorkerPool:
    told = {"size": 1, "preload": ["duties_of_workers"], "cpu_seconds": 0.5, "memory_mb": 256, **options}
    return WorkerPool(**told)  # type: ignore[arg-type]


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    async with a_pool() as pool:
        yield pool


async def obey(pool: WorkerPool, *words: str) -> list[bytes | str]:
    """The answers, with the reason in place of a failed one."""
    results = await pool.run("duties_of_workers:obey", [word.encode() for word in words])
    return [result.reason if isinstance(result, WorkerFailed) else result for result in results]


async def test_answers_come_in_order(pool: WorkerPool) -> None:
    words = [f"word {number}".encode() for number in range(300)]
    assert await pool.run("duties_of_workers:upper", words) == [word.upper() for word in words]


async def test_nothing_asked_nothing_answered(pool: WorkerPool) -> None:
    assert await pool.run("duties_of_workers:upper", []) == []


async def test_large_arguments_and_answers(pool: WorkerPool) -> None:
    large = b"x" * 20_000_000
    assert await pool.run("duties_of_workers:upper", [large, b"a", large]) == [large.upper(), b"A", large.upper()]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("spin", "timeout"),  # burns CPU
        ("eat", "memory"),  # one allocation that is refused
        ("nibble", "memory"),  # many that are not, until one is
        ("segfault", "crashed"),  # dies in C code
        ("abort", "crashed"),
        ("exit", "crashed"),
        ("leave", "raised"),  # SystemExit is no way out
        ("raise", "raised"),
        ("deep", "raised"),  # RecursionError
        ("text", "raised"),  # only bytes come back
    ],
)
async def test_the_culprit_fails_alone(pool: WorkerPool, word: str, reason: str) -> None:
    assert await obey(pool, "one", "two", word, "three", "four") == [b"one", b"two", reason, b"three", b"four"]
    assert await obey(pool, "five") == [b"five"]


async def test_an_item_that_only_waits_is_ended_by_the_clock() -> None:
    async with a_pool(wall_seconds=0.3) as pool:
        assert await obey(pool, "one", "sleep", "two") == [b"one", "timeout", b"two"]


async def test_several_culprits_in_one_batch(pool: WorkerPool) -> None:
    words = ["segfault", "segfault", "one", "spin", "eat", "two", "exit"]
    assert await obey(pool, *words) == ["crashed", "crashed", b"one", "timeout", "memory", b"two", "crashed"]


async def test_a_large_batch_behind_a_crash_is_not_blamed(pool: WorkerPool) -> None:
    """The parent is still writing when the child dies; the answers that were given must not be lost over that."""
    large = b"y" * 3_000_000
    arguments = [b"one", b"segfault", *[large] * 5]
    results = await pool.run("duties_of_workers:obey", arguments)
    assert [result if isinstance(result, bytes) else result.reason for result in results] == [
        b"one",
        "crashed",
        *[large] * 5,
    ]


async def test_a_kill_from_outside_is_not_held_against_the_item(pool: WorkerPool) -> None:
    assert await obey(pool, "one", "kill-once", "two") == [b"one", b"kill-once", b"two"]


async def test_an_idle_child_killed_from_outside_is_replaced(pool: WorkerPool) -> None:
    os.kill(pool.process_ids[0], signal.SIGKILL)
    assert await obey(pool, "one", "two") == [b"one", b"two"]


async def test_the_reason_is_told(pool: WorkerPool) -> None:
    crashed, raised = await pool.run("duties_of_workers:obey", [b"segfault", b"raise"])
    assert crashed == WorkerFailed("crashed", "The worker process ended with SIGSEGV.")
    assert isinstance(raised, WorkerFailed)
    assert raised.detail.startswith("ValueError: no")


async def test_only_functions_of_preloaded_modules_are_run(pool: WorkerPool) -> None:
    with pytest.raises(ValueError, match="os:system"):
        await pool.run("os:system", [b"true"])


async def test_children_share_the_work() -> None:
    async with a_pool(size=2, cpu_seconds=1) as pool:
        began = time.monotonic()
        slow, quick = await asyncio.gather(obey(pool, "spin"), obey(pool, "one"))
        assert (slow, quick) == (["timeout"], [b"one"])
        assert time.monotonic() - began >= 0.5
        assert len(pool.process_ids) == 2 or await eventually(lambda: len(pool.process_ids) == 2)


async def test_what_waits_behind_a_long_job_gets_a_child_of_its_own_for_as_long() -> None:
    async with a_pool(cpu_seconds=1.5, relief_after=0.05) as pool:
        long = asyncio.create_task(pool.run("duties_of_workers:obey", [b"spin"]))
        await asyncio.sleep(0)  # it has taken the only child
        for _ in range(2):
            assert await pool.run("duties_of_workers:upper", [b"a"]) == [b"A"]
        assert not long.done()
        assert len(pool.process_ids) == 2
        assert [each.reason for each in await long if isinstance(each, WorkerFailed)] == ["timeout"]
        await pool.run("duties_of_workers:upper", [b"a"])
        while len(pool.process_ids) > 1:
            await asyncio.sleep(0.01)
        assert await pool.run("duties_of_workers:upper", [b"a"]) == [b"A"]


async def test_a_fresh_child_takes_over_after_so_many_items() -> None:
    async with a_pool(recycle_items=3) as pool:
        first = await obey(pool, "pid", "pid", "pid")
        second = await obey(pool, "pid")
        assert first[0] == first[2] != second[0]


async def test_a_fresh_child_takes_over_after_growing() -> None:
    async with a_pool(recycle_mb=16) as pool:
        pids = [(await obey(pool, "pid", "grow"))[0] for _ in range(6)]
        assert len(set(pids)) > 1


async def test_a_given_up_job_frees_its_child(pool: WorkerPool) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await obey(pool, "sleep")
    assert await obey(pool, "one") == [b"one"]


async def test_output_of_children_goes_nowhere(pool: WorkerPool, capfd: pytest.CaptureFixture[str]) -> None:
    assert await obey(pool, "shout") == [b"quiet"]
    assert capfd.readouterr() == ("", "")


async def test_children_do_not_know_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONIEC_SECRET", "canary")
    async with a_pool() as pool:
        assert await obey(pool, "secret") == [b"none"]


async def test_children_ignore_control_c(pool: WorkerPool) -> None:
    os.kill(pool.process_ids[0], signal.SIGINT)
    before = pool.process_ids
    assert await obey(pool, "one") == [b"one"]
    assert pool.process_ids == before


async def test_closing_leaves_no_process() -> None:
    pool = a_pool(size=2)
    await pool.start()
    pids = pool.process_ids
    await pool.close()
    assert not any(psutil.pid_exists(pid) for pid in pids)
    with pytest.raises(WorkersUnavailable):
        await obey(pool, "one")


async def test_children_die_with_their_parent(tmp_path: Path) -> None:
    script = (
        "import asyncio\n"
        "from kit.workers import WorkerPool\n"
        "async def main():\n"
        "    pool = WorkerPool(size=2, preload=['duties_of_workers'])\n"
        "    await pool.start()\n"
        "    print(*pool.process_ids, flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    pids = [int(word) for word in (await parent.stdout.readline()).split()]
    assert len(pids) == 2
    parent.kill()
    await parent.communicate()
    assert await eventually(lambda: not any(is_running(pid) for pid in pids))


async def test_modules_that_cannot_be_imported_are_reported() -> None:
    pool = a_pool(preload=["no_such_module"])
    with pytest.raises(WorkersUnavailable, match="ModuleNotFoundError"):
        await pool.start()
    assert "ModuleNotFoundError" in (await pool.check() or "")
    await pool.close()


async def test_readiness_tells_whether_work_can_be_done() -> None:
    pool = a_pool()
    assert await pool.check() == "The workers have not been started."
    async with pool:
        assert await pool.check() is None


async def test_outcomes_are_counted() -> None:
    metrics = Metrics()
    async with a_pool(metrics=metrics) as pool:
        await obey(pool, "one", "segfault", "raise")
    sample = metrics.registry.get_sample_value
    assert sample("goniec_worker_items_total", {"function": "duties_of_workers:obey", "outcome": "answered"}) == 1
    assert sample("goniec_worker_items_total", {"function": "duties_of_workers:obey", "outcome": "crashed"}) == 1
    assert sample("goniec_worker_items_total", {"function": "duties_of_workers:obey", "outcome": "raised"}) == 1
    assert sample("goniec_worker_restarts_total", {"reason": "crashed"}) == 2


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def eventually(condition: Callable[[], bool], *, within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.01)
    return True
