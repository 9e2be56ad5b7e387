"""CPU time and memory of an installation, part by part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Usage:
    """CPU seconds since the process began, its children included, and megabytes.

    `rss_mb` counts pages that forked processes share once in each, `pss_mb` gives each its part of them.
    """

    cpu_seconds: float
    rss_mb: float
    pss_mb: float


def usage_of(parts: Mapping[str, int]) -> dict[str, Usage]:
    """Usage of each part (name → process id) with its workers."""
    return {name: _usage(pid) for name, pid in parts.items()}


def forking_process_mb(service_pid: int) -> float:
    """What the parent of a service has to itself and its part of what it shares (PSS), without its children."""
    parent = psutil.Process(service_pid).parent()
    return 0.0 if parent is None else float(getattr(parent.memory_full_info(), "pss", 0)) / 1e6


def _usage(pid: int) -> Usage:
    parent = psutil.Process(pid)
    cpu, rss, pss = 0.0, 0.0, 0.0
    for process in (parent, *parent.children(recursive=True)):
        try:
            times, memory = process.cpu_times(), process.memory_full_info()
        except psutil.NoSuchProcess:
            continue
        cpu += times.user + times.system
        rss += memory.rss
        pss += getattr(memory, "pss", memory.rss)
    ended_children = parent.cpu_times()
    return Usage(cpu + ended_children.children_user + ended_children.children_system, rss / 1e6, pss / 1e6)
