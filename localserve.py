"""`make run`: the bundled nats-server and the four services on SQLite under var/, in the foreground."""

from __future__ import annotations

import asyncio
import sys

from goniec.places import Places
from goniec.running import run

if __name__ == "__main__":
    sys.exit(asyncio.run(run(Places.from_environment())))
