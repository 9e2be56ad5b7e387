"""Free ports for servers that a test starts."""

import os
import socket

OFFSETS = (*range(1, 7), 25, 43)
_FIRST, _LAST, _STEP = 31_000, 60_000, 50


def free_port_base() -> int:
    """A base whose ports (services, broker, its monitoring, a mail server) are free now.

    Each process looks from another place on: two that look at the same moment must not find the same.
    """
    bases = range(_FIRST, _LAST, _STEP)
    for step in range(len(bases)):
        base = bases[(os.getpid() + step) % len(bases)]
        if all(_is_free(base + offset) for offset in OFFSETS):
            return base
    raise RuntimeError("There is no free block of ports.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
