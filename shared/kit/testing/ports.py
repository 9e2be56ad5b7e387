"""Free ports for servers that a test starts."""

import socket

OFFSETS = (*range(1, 7), 25, 43)


def free_port_base() -> int:
    """A base whose ports (services, broker, its monitoring, a mail server) are free now."""
    for base in range(31_000, 60_000, 50):
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
