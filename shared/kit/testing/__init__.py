"""Stand-ins that are part of the product: the same promises as the real parts, held in memory.

Fixtures for pytest are in `kit.testing.fixtures`, real servers in `kit.testing.servers`, tokens and an ASGI client in
`kit.testing.web`.
"""

from kit.testing.clock import FixedClock
from kit.testing.databases import announced, announced_envelopes, hear
from kit.testing.in_memory_bus import InMemoryBus

__all__ = ["FixedClock", "InMemoryBus", "announced", "announced_envelopes", "hear"]
