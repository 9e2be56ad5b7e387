"""The child process of `kit.workers`: limits itself, then answers batches until its parent goes.

Started as `python -m kit.worker_child <in> <out> <memory> <cpu seconds> <items> <growth> <module>…`, the first two being
sockets it inherits. It imports the named modules and nothing else of the product, so that it starts warm and stays small.
"""

import ctypes
import gc
import importlib
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kit.worker_frames import ANSWERED, BATCH_ENDS, FATAL, LEAVING, MEMORY, RAISED, READY, BatchReader, frame

_PR_SET_PDEATHSIG = 1
_DETAIL_LENGTH = 500

Function = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Limits:
    memory: int
    """Bytes of address space (RLIMIT_AS)."""
    cpu_seconds: float
    """For one item."""
    items: int
    """After so many a fresh child takes over, …"""
    growth: int
    """… or after growing by so many resident bytes."""


def main(arguments: Sequence[str]) -> None:
    batches_from, answers_to, memory, cpu_seconds, items, growth, *modules = arguments
    limits = Limits(int(memory), float(cpu_seconds), int(items), int(growth))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()
    with open(int(batches_from), "rb", buffering=1 << 18) as batches, socket.socket(fileno=int(answers_to)) as answers:  # noqa: PTH123
        try:
            loaded = {name: importlib.import_module(name) for name in modules}
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
            answers.sendall(frame(FATAL, _in_words(error)))
            return
        _restrict(limits)
        gc.collect()
        gc.freeze()
        answers.sendall(frame(READY))
        _serve(BatchReader(batches), answers, loaded, limits)


def _die_with_parent() -> None:
    parent = os.getppid()
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "prctl"):
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _restrict(limits: Limits) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))


def _serve(reader: BatchReader, answers: socket.socket, loaded: dict[str, Any], limits: Limits) -> None:
    served, at_start = 0, _resident_bytes()
    while (batch := reader.next_batch()) is not None:
        name, items = batch
        function = _function(loaded, name)
        for _ in range(items):
            status, answer = _answer(function, reader.next_item(), limits.cpu_seconds)
            if status == MEMORY:
                # What else the allocator left behind is anybody's guess: go, the parent sends the rest elsewhere.
                answers.sendall(frame(MEMORY, answer))
                return
            answers.sendall(frame(status, answer))
        signal.setitimer(signal.ITIMER_PROF, 0)
        served += items
        if served >= limits.items or _resident_bytes() - at_start > limits.growth:
            answers.sendall(frame(LEAVING))
            return
        answers.sendall(frame(BATCH_ENDS))


def _answer(function: Function, argument: bytes, cpu_seconds: float) -> tuple[int, bytes]:
    """The CPU limit is a profiling timer whose signal nobody handles: it ends the process in C code as well."""
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
    try:
        answer = function(argument)
    except MemoryError:
        return MEMORY, b""
    except BaseException as error:  # noqa: BLE001 - an item may raise anything; it is told, and the next one is taken
        return RAISED, _in_words(error)
    if not isinstance(answer, bytes):
        return RAISED, f"TypeError: expected bytes, was given {type(answer).__name__}".encode()
    return ANSWERED, answer


def _in_words(error: BaseException) -> bytes:
    return f"{type(error).__name__}: {error}".encode("utf-8", "replace")[:_DETAIL_LENGTH]


def _function(loaded: dict[str, Any], name: str) -> Function:
    module, _, attribute = name.partition(":")
    function: Function = getattr(loaded[module], attribute)
    return function


def _resident_bytes() -> int:
    with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123 - every few milliseconds
        return int(statm.read().split()[1]) * resource.getpagesize()


if __name__ == "__main__":
    main(sys.argv[1:])
