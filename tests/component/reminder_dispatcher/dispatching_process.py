"""A dispatcher in a process of its own, to be killed at a named place: on real time, or some minutes ahead of it."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reminder_desk import desk_parts, desk_settings
from sqlalchemy import func, select

from kit.database import Database
from kit.testing.smtp_sink import SmtpSink
from reminder_dispatcher.channels.role import Accepted, Sms
from reminder_dispatcher.models import Reminder, core


class AheadClock:
    def __init__(self, by: timedelta) -> None:
        self._by = by

    def now(self) -> datetime:
        return datetime.now(UTC) + self._by


class FileGateway:
    """Writes what it takes to a file, so that it is known whoever dies."""

    kind = "file"
    may_repeat = False

    def __init__(self, path: Path) -> None:
        self._path = path

    async def send(self, message: Sms) -> Accepted:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{message.reference}\n")
            file.flush()
            os.fsync(file.fileno())
        return Accepted(gateway_id=message.reference)

    async def close(self) -> None: ...


def dispatch_until_settled(url: str, smtp_port: int, folder: str, ahead: timedelta, failpoint: str | None) -> None:
    """Run the dispatcher until nothing is armed or being sent, unless the failpoint ends the process before."""
    if failpoint is not None:
        os.environ["GONIEC_FAILPOINT"] = failpoint
    asyncio.run(_dispatch(url, smtp_port, Path(folder), AheadClock(ahead)))


async def _dispatch(url: str, smtp_port: int, folder: Path, clock: AheadClock) -> None:
    database = Database.open(url, schema="reminder_dispatcher", clock=clock)
    sink = SmtpSink(port=smtp_port)
    gateway = FileGateway(folder / "sms.txt")
    settings = desk_settings(folder, backlog_per_minute=6000)  # after the lease everything is backlog
    parts = desk_parts(settings, database, clock, sink, gateway)  # type: ignore[arg-type]
    await parts.dispatcher.adopt()
    parts.dispatcher.hold.release()
    running = [asyncio.create_task(background()) for background in parts.dispatcher.backgrounds()]
    table = core(Reminder)
    waiting = select(func.count()).select_from(table).where(table.c.status.in_(("armed", "sending")))
    for _ in range(600):
        async with database.reading() as session:
            if not await session.scalar(waiting):
                break
        await asyncio.sleep(0.05)
    for task in running:
        task.cancel()
    await asyncio.wait(running)
    await parts.dispatcher.close()
    await parts.http.aclose()
    await database.dispose()
