"""CPU time and memory of an installation, process by process."""

from __future__ import annotations

from dataclasses import dataclass

import psutil

from goniec.installation import Installation


@dataclass(frozen=True)
class Usage:
    """CPU seconds since the process began (its children included) and resident megabytes."""

    cpu_seconds: float
    rss_mb: float


def usage_of(installation: Installation, *extra: tuple[str, int]) -> dict[str, Usage]:
    """Usage by part: the broker, each service with its workers, and `extra` (name, process id) such as the database."""
    parts = [(name, process.pid) for name, process in installation.processes.items()] + list(extra)
    return {name: _usage(pid) for name, pid in parts}


def _usage(pid: int) -> Usage:
    parent = psutil.Process(pid)
    cpu, memory = 0.0, 0.0
    for process in (parent, *parent.children(recursive=True)):
        try:
            times = process.cpu_times()
            cpu += times.user + times.system
            memory += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    ended_children = parent.cpu_times()
    return Usage(cpu + ended_children.children_user + ended_children.children_system, memory / 1e6)
