"""The parts of an installation as processes: the broker as a program of its own, the services forked by the nursery."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

PR_SET_PDEATHSIG = 1


class Child(Protocol):
    """What is asked of a running part; `asyncio.subprocess.Process` has it too."""

    pid: int

    @property
    def returncode(self) -> int | None: ...

    async def wait(self) -> int: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


class ForkedChild:
    """A service that the nursery forked; its end is told by the nursery."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    @property
    def returncode(self) -> int | None:
        return self._code.result() if self._code.done() else None

    async def wait(self) -> int:
        return await asyncio.shield(self._code)

    def terminate(self) -> None:
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def ended(self, code: int) -> None:
        if not self._code.done():
            self._code.set_result(code)


class Nursery:
    """Starts services quickly; see `goniec.nursery`. It is started itself with the first service, and again if it is gone."""

    def __init__(self, log: Path, *, also: Sequence[str] = ()) -> None:
        """`also` are modules that every service will need this time."""
        self._log = log
        self._also = also
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._starting: dict[str, asyncio.Future[ForkedChild]] = {}
        self._children: dict[int, ForkedChild] = {}

    async def start(self, name: str, package: str, environment: dict[str, str], log: Path) -> ForkedChild:
        """Fork a service; ConnectionError when the nursery died before it did."""
        process = await self._running()
        order = {"start": name, "package": package, "environment": environment, "log": str(log)}
        started: asyncio.Future[ForkedChild] = asyncio.get_running_loop().create_future()
        self._starting[name] = started
        assert process.stdin is not None
        process.stdin.write(json.dumps(order).encode() + b"\n")
        await process.stdin.drain()
        return await started

    async def stop(self) -> None:
        if self._process is None or self._listening is None:
            return
        with suppress(ProcessLookupError):
            self._process.terminate()
        await self._process.wait()
        await self._listening

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        with self._log.open("ab") as log:
            self._process = await start_program(
                [sys.executable, "-m", "goniec.nursery", *self._also],
                dict(os.environ),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log.fileno(),
            )
        self._listening = asyncio.create_task(self._listen(self._process), name="nursery")
        return self._process

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            fact = json.loads(line)
            if "started" in fact:
                child = self._children[fact["pid"]] = ForkedChild(fact["pid"])
                self._starting.pop(fact["started"]).set_result(child)
            else:
                self._children.pop(fact["pid"]).ended(fact["code"])
        code = await process.wait()
        for waiting in self._starting.values():
            waiting.set_exception(ConnectionError(f"The process that starts services ended with {code}: {self._log}"))
        for child in self._children.values():  # they were told to end when their parent did
            child.ended(-signal.SIGTERM)
        self._starting.clear()
        self._children.clear()


async def start_program(
    command: list[str], environment: dict[str, str], *, stdin: int, stdout: int, stderr: int
) -> asyncio.subprocess.Process:
    """A child in a session of its own: Ctrl-C reaches us alone, and we stop the parts in order."""
    return await asyncio.create_subprocess_exec(
        *command,
        env=environment,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,
    )


def _die_with_parent() -> None:
    """Linux: the kernel ends this child when its parent is gone, so that nothing outlives a killed `make run`."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
