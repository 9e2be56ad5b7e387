"""Foreign input is worked on in child processes that can be killed: by CPU time, by memory, by the clock (reliability A11).

A job that kills its child is known by name and fails alone; what waited behind it is run again by a fresh child. Answers
travel as plain bytes: whatever a broken parser can be brought to do, it cannot make the parent unpickle anything.

What waits while every child is held up gets one more child, which goes again when there is no need for it.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, Self

import structlog

from kit.errors import Unavailable
from kit.metrics import Metrics
from kit.worker_frames import (
    ANSWERED,
    BATCH_ENDS,
    FATAL,
    HEADER,
    LEAVING,
    MAX_FRAME,
    MEMORY,
    RAISED,
    READY,
    batch_parts,
)

START_SECONDS = 60.0
_KILLS_BELIEVED = 3
_CRASHES_BELIEVED = 2

log = structlog.get_logger("kit.workers")


@dataclass(frozen=True, slots=True)
class WorkerFailed:
    """An item without an answer. `timeout`, `memory` and `crashed` cost a child its life; `raised` did not."""

    reason: Literal["timeout", "memory", "crashed", "raised"]
    detail: str


Result = bytes | WorkerFailed


@dataclass(frozen=True, slots=True)
class _End:
    """How a child came to its end, and which failure that is of the item it was working on, if of any."""

    reason: str
    failure: WorkerFailed | None = None
    believed: int = 1
    """An item that meets this end so many times in a row is held responsible. A SIGKILL may come from outside."""


class WorkersUnavailable(Unavailable):
    """No child process could be started."""

    code = "workers_unavailable"


class WorkerPool:
    """`size` child processes with the modules of `preload` imported; only functions of these modules are run.

    `cpu_seconds` and `wall_seconds` (three times as much unless told) count for one item, `memory_mb` for the whole child.
    A child is replaced after `recycle_items` or after growing by `recycle_mb`. A job that waited `relief_after` seconds for
    one is given an extra child, of which there is one at most.
    """

    def __init__(
        self,
        *,
        size: int,
        preload: Sequence[str],
        cpu_seconds: float = 10.0,
        memory_mb: int = 512,
        wall_seconds: float | None = None,
        recycle_items: int = 20_000,
        recycle_mb: int = 64,
        relief_after: float = 0.75,
        metrics: Metrics | None = None,
    ) -> None:
        if size < 1:
            raise ValueError("A worker pool needs at least one worker.")
        self._size = size
        self._preload = tuple(preload)
        self._wall_seconds = wall_seconds or cpu_seconds * 3
        megabyte = 1024 * 1024
        limits = (memory_mb * megabyte, cpu_seconds, recycle_items, recycle_mb * megabyte)
        self._arguments = (*(str(limit) for limit in limits), *self._preload)
        self._metrics = metrics
        self._relief_after = relief_after
        self._has_relief = False
        self._free: asyncio.LifoQueue[_Child | None] = asyncio.LifoQueue()
        self._children: set[_Child] = set()
        self._warming: set[asyncio.Task[None]] = set()
        self._trouble: str | None = "The workers have not been started."
        self._closed = False

    async def start(self) -> None:
        """Start all children and wait until they are warm. WorkersUnavailable when they cannot import their modules."""
        children = await asyncio.gather(*(self._spawn() for _ in range(self._size)))
        for child in children:
            self._free.put_nowait(child)

    async def close(self) -> None:
        """Stop all children, busy or not."""
        self._closed = True
        for task in list(self._warming):
            task.cancel()
        await asyncio.gather(*self._warming, return_exceptions=True)
        await asyncio.gather(*(child.stop() for child in list(self._children)))
        self._children.clear()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def check(self) -> str | None:
        """For readiness: None, or why no work can be done."""
        return self._trouble

    @property
    def process_ids(self) -> list[int]:
        return [child.process.pid for child in self._children]

    @property
    def free(self) -> int:
        """How many children have nothing to do."""
        return self._free.qsize()

    async def run(self, function: str, arguments: Sequence[bytes]) -> list[Result]:
        """`function` ("package.module:name", bytes → bytes) of each argument, in order.

        The arguments go to one child together. An item never fails because of another one. ValueError for a function
        outside of `preload`; WorkersUnavailable when no child can be started.
        """
        if function.partition(":")[0] not in self._preload:
            raise ValueError(f"{function} is not in a module that workers were told to import.")
        if not arguments:
            return []
        if self._closed or (self._trouble and not self._children and self._free.empty()):
            raise WorkersUnavailable(self._trouble or "The workers are closed.")
        child = await self._free_child()
        results: list[Result] = []
        try:
            ends = 0
            while len(results) < len(arguments):
                child = child or await self._spawn()
                rest = arguments[len(results) :]
                answered, end = await child.work(function, rest[:1] if ends else rest, self._wall_seconds)
                results.extend(answered)
                ends = 0 if answered else ends
                if end is None:
                    continue
                await self._bury(child, end)
                child = None
                ends += end.failure is not None
                if end.failure is not None and ends >= end.believed:
                    results.append(end.failure)
                    ends = 0
        except BaseException:
            if child is not None:
                await self._bury(child, _End("cancelled"))
                child = None
            raise
        finally:
            self._hand_back(child)
        self._count(function, results)
        return results

    async def _free_child(self) -> "_Child | None":
        """The next child that is free; None when the job is to start one."""
        if not self._free.empty():
            return self._free.get_nowait()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._relief_after):
                return await self._free.get()
        if self._has_relief:
            return await self._free.get()
        self._has_relief = True
        return None

    async def _spawn(self) -> "_Child":
        child = await _Child.start(self._arguments)
        self._children.add(child)
        try:
            async with asyncio.timeout(START_SECONDS):
                complaint = await child.ready
        except BaseException:
            await self._bury(child, _End("never ready"))
            raise
        if complaint is not None:
            await self._bury(child, _End("never ready"))
            self._trouble = f"The workers cannot be started: {complaint}."
            raise WorkersUnavailable(self._trouble)
        self._trouble = None
        return child

    async def _bury(self, child: "_Child", end: _End) -> None:
        await child.stop()
        self._children.discard(child)
        if end.reason != "recycled":
            log.warning("worker_replaced", reason=end.reason, detail=end.failure.detail if end.failure else "")
        if self._metrics is not None:
            self._metrics.worker_restarts.labels(end.reason).inc()

    def _hand_back(self, child: "_Child | None") -> None:
        """A slot is free again; an empty one is filled first, in the background, so that the next job finds it warm."""
        if self._has_relief and not self._free.empty():
            self._has_relief = False
            if child is not None:
                self._in_background(self._bury(child, _End("recycled")))
        elif child is not None or self._closed:
            self._free.put_nowait(child)
        else:
            self._in_background(self._refill())

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._warming.add(task)
        task.add_done_callback(self._warming.discard)

    async def _refill(self) -> None:
        child = None
        try:
            with suppress(WorkersUnavailable, TimeoutError, OSError):
                child = await self._spawn()
        finally:
            self._free.put_nowait(child)

    def _count(self, function: str, results: Sequence[Result]) -> None:
        if self._metrics is None:
            return
        failed = [result.reason for result in results if isinstance(result, WorkerFailed)]
        self._metrics.worker_items.labels(function, "answered").inc(len(results) - len(failed))
        for reason in failed:
            self._metrics.worker_items.labels(function, reason).inc()


class _Child(asyncio.Protocol):
    """One child process and the conversation with it: it hears on one socket and answers on another.

    Two sockets, because a write that fails must not lose answers that wait to be read: they tell who is to blame.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[str | None] = loop.create_future()
        self._lost: asyncio.Future[None] = loop.create_future()
        self._batch_over: asyncio.Future[bool] = loop.create_future()
        self._writer: asyncio.Transport | None = None
        self._reader: asyncio.BaseTransport | None = None
        self._buffer = bytearray()
        self._answers: list[Result] = []
        self._last_sign = time.monotonic()

    @classmethod
    async def start(cls, arguments: Sequence[str]) -> "_Child":
        to_child, batches = socket.socketpair()
        from_child, answers = socket.socketpair()
        with batches, answers:
            process = subprocess.Popen(  # noqa: ASYNC220 - takes a millisecond; its thread must outlive it (PDEATHSIG)
                [sys.executable, "-m", "kit.worker_child", str(batches.fileno()), str(answers.fileno()), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[batches.fileno(), answers.fileno()],
                env=_bare_environment(),
            )
        child = cls(process)
        loop = asyncio.get_running_loop()
        try:
            child._writer, _ = await loop.create_connection(_Mouthpiece, sock=to_child)
            child._reader, _ = await loop.create_connection(lambda: child, sock=from_child)
        except BaseException:
            await child.stop()
            to_child.close()
            from_child.close()
            raise
        return child

    async def work(
        self, function: str, arguments: Sequence[bytes], wall_seconds: float
    ) -> tuple[list[Result], _End | None]:
        """The answers there are, and how the child ended, None when it goes on serving."""
        self._answers = []
        self._batch_over = asyncio.get_running_loop().create_future()
        if self._lost.done() or self._writer is None:
            return [], await self._end(too_slow=False)
        self._last_sign = time.monotonic()
        for piece in batch_parts(function, arguments):
            self._writer.write(piece)
        too_slow = await self._silence(wall_seconds)
        if self._batch_over.done() and self._batch_over.result():
            return self._answers, None
        if self._answers and self._answers[-1] == _OUT_OF_MEMORY:
            return self._answers, _End("memory")  # it told so itself, and that is its answer
        if len(self._answers) == len(arguments):
            return self._answers, _End("recycled")
        return self._answers, await self._end(too_slow=too_slow)

    async def _silence(self, longest: float) -> bool:
        """Waits for the end of the batch. True when the child said nothing for so long; it is killed then."""
        while not self._batch_over.done():
            patience = self._last_sign + longest - time.monotonic()
            if patience <= 0:
                self.process.kill()
                await self._lost
                return True
            await asyncio.wait([self._batch_over], timeout=patience)
        return False

    async def _end(self, *, too_slow: bool) -> _End:
        code = await asyncio.to_thread(self.process.wait)
        if too_slow:
            return _End("timeout", WorkerFailed("timeout", "It took too long."))
        if code == -signal.SIGPROF:
            return _End("timeout", WorkerFailed("timeout", "It took too much CPU time."))
        name = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        failure = WorkerFailed("crashed", f"The worker process ended with {name}.")
        return _End("crashed", failure, _KILLS_BELIEVED if code == -signal.SIGKILL else _CRASHES_BELIEVED)

    async def stop(self) -> None:
        """End the process and wait for everything of it to be gone."""
        if self.process.poll() is None:
            self.process.kill()
            await asyncio.to_thread(self.process.wait)
        if self._writer is not None:
            self._writer.abort()
        if self._reader is not None:
            await self._lost

    # What asyncio calls.

    def data_received(self, data: bytes) -> None:
        self._last_sign = time.monotonic()
        buffer = self._buffer
        buffer += data
        position, size = 0, len(buffer)
        while size - position >= HEADER.size:
            status, length = HEADER.unpack_from(buffer, position)
            if length > MAX_FRAME:
                self.process.kill()
                return
            end = position + HEADER.size + length
            if end > size:
                break
            self._on_frame(status, bytes(buffer[position + HEADER.size : end]))
            position = end
        del buffer[:position]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if not self._lost.done():
            self._lost.set_result(None)
        if not self.ready.done():
            self.ready.set_result("the child process ended at once")
        if not self._batch_over.done():
            self._batch_over.set_result(False)

    def _on_frame(self, status: int, content: bytes) -> None:
        if status == ANSWERED:
            self._answers.append(content)
        elif status == RAISED:
            self._answers.append(WorkerFailed("raised", content.decode("utf-8", "replace")))
        elif status == MEMORY:
            self._answers.append(_OUT_OF_MEMORY)
        elif status in {BATCH_ENDS, LEAVING} and not self._batch_over.done():
            self._batch_over.set_result(status == BATCH_ENDS)
        elif status in {READY, FATAL} and not self.ready.done():
            self.ready.set_result(None if status == READY else content.decode("utf-8", "replace"))


class _Mouthpiece(asyncio.Protocol):
    """The socket a child hears on; that it is gone is noticed on the other one."""


_OUT_OF_MEMORY = WorkerFailed("memory", "It needed too much memory.")


def _bare_environment() -> dict[str, str]:
    """Secrets stay with the parent; one malloc arena keeps the address space small."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GONIEC_")}
    return {**kept, "MALLOC_ARENA_MAX": "1"}
