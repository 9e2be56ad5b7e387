"""The bare loop of DESIGN 4: one process, a standard-library parse, one durable row and one durable publish per mail."""

from __future__ import annotations

import asyncio
import email
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import nats
from nats.js.api import StreamConfig

from tests.bench.broker import running_broker


@dataclass(frozen=True)
class Figures:
    mails_per_second: float
    cpu_ms_per_mail: float


async def reference_loop(raws: list[bytes], folder: Path, nats_url: str, user: str, password: str) -> Figures:
    """Every mail: parse with compat32, commit a row with synchronous=FULL, publish and wait for the acknowledgement."""
    database = sqlite3.connect(folder / "reference.sqlite3", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE mail (id INTEGER PRIMARY KEY, sender TEXT, subject TEXT, body TEXT)")
    connection = await nats.connect(nats_url, user=user, password=password)
    stream = connection.jetstream()
    await stream.add_stream(StreamConfig(name="REFERENCE", subjects=["reference.>"]))
    began, cpu = time.monotonic(), time.process_time()
    for number, raw in enumerate(raws):
        mail = email.message_from_bytes(raw)
        bodies = [part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()]
        text = b"\n".join(body for body in bodies if isinstance(body, bytes)).decode("utf-8", "replace")
        database.execute("BEGIN IMMEDIATE")
        database.execute(
            "INSERT INTO mail VALUES (?, ?, ?, ?)", (number, str(mail["From"]), str(mail["Subject"]), text)
        )
        database.execute("COMMIT")
        await stream.publish(f"reference.mail.{number}", text[:2000].encode())
    took, used = time.monotonic() - began, time.process_time() - cpu
    await connection.close()
    database.close()
    return Figures(len(raws) / took, used * 1000 / len(raws))


def measure_reference(raws: list[bytes], folder: Path, port_base: int) -> Figures:
    """On a broker and a database of its own, which are removed afterwards."""
    with TemporaryDirectory(dir=folder) as name, running_broker(Path(name) / "broker", port_base) as (url, user, word):
        return asyncio.run(reference_loop(raws, Path(name), url, user, word))
