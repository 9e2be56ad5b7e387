"""A nats-server of our own for the reference loop: the same durability, no permissions."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from goniec.installation import broker_binary

CONFIGURATION = """
host: 127.0.0.1
port: {port}
http: "127.0.0.1:{monitoring}"
jetstream {{ store_dir: "{store}", sync_interval: always }}
"""


@contextmanager
def running_broker(folder: Path, port_base: int) -> Iterator[tuple[str, str, str]]:
    """(url, user, password) of a broker that runs as long as the block does."""
    folder.mkdir(parents=True)
    file = folder / "nats.conf"
    file.write_text(CONFIGURATION.format(port=port_base + 5, monitoring=port_base + 6, store=folder / "store"))
    with subprocess.Popen(
        [broker_binary(), "-c", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait_until_healthy(f"http://127.0.0.1:{port_base + 6}/healthz")
            yield f"nats://127.0.0.1:{port_base + 5}", "", ""
        finally:
            process.terminate()
            process.wait()


def _wait_until_healthy(url: str) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError("the broker of the reference loop did not start")
