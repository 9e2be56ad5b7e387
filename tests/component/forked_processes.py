"""Processes that are there at once: forked from one that has imported what they need, as a nursery forks services."""

import asyncio
import multiprocessing
import multiprocessing.process
import os
import runpy
from collections.abc import Mapping
from pathlib import Path

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(
    [
        "kit.application", "kit.serving", "kit.runner", "kit.migrating", "kit.testing.web", "kit.testing.smtp_sink",
        "kit.testing.parrot", "sqlalchemy.dialects.sqlite.aiosqlite", "uvicorn.protocols.http.httptools_impl", "uvloop",
        "alembic.command", "reminder_dispatcher.app", "tests.component.forked_processes",
    ]
)  # fmt: skip

Process = multiprocessing.process.BaseProcess


def start_program(path: Path, environment: Mapping[str, str], log: Path) -> Process:
    """Run the file as `python path` would; what it writes to standard error is in `log`."""
    process = processes.Process(target=_be_program, args=(str(path), dict(environment), str(log)))
    process.start()
    return process


async def end_of(process: Process, *, within: float = 60.0) -> int:
    """Its exit code; minus the signal when it was killed. TimeoutError when it goes on."""
    await asyncio.to_thread(process.join, within)
    if process.exitcode is None:
        raise TimeoutError(f"The process {process.pid} is still there after {within} s.")
    return process.exitcode


def _be_program(path: str, environment: dict[str, str], log: str) -> None:
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), 2)
    os.environ.clear()
    os.environ.update(environment)
    runpy.run_path(path, run_name="__main__")
