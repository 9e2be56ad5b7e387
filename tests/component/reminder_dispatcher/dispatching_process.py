"""A dispatcher in a process of its own, to be killed at a named place: on real time, or some minutes ahead of it."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reminder_desk import clients, created, desk_parts, desk_settings
from sqlalchemy import func, select

from contracts.tasks import ChannelPlan, TaskCreated
from kit.database import Database
from kit.testing import hear
from kit.testing.smtp_sink import SmtpSink
from reminder_dispatcher.arming import ArmingRules
from reminder_dispatcher.channels.role import Accepted, Sms
from reminder_dispatcher.handlers import subscription
from reminder_dispatcher.models import Reminder, core
from reminder_dispatcher.settings import Settings

HOUR = timedelta(hours=1)
RULES = ArmingRules("Europe/Warsaw", Settings().all_day_begins_at)


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


def dispatch_until_settled(
    url: str, smtp_port: int, folder: str, ahead: timedelta, failpoint: str | None, each: int
) -> None:
    """Run the dispatcher until nothing is armed or being sent, unless the failpoint ends the process before.

    With `each`, what the last process left is settled first, and the failpoint counts for so many new reminders of each channel.
    """
    asyncio.run(_dispatch(url, smtp_port, Path(folder), AheadClock(ahead), failpoint, each))


async def _dispatch(
    url: str, smtp_port: int, folder: Path, clock: AheadClock, failpoint: str | None, each: int
) -> None:
    database = Database.open(url, schema="reminder_dispatcher", clock=clock)
    if each:
        # To its end and by a dispatcher of its own: what is settled may still have a step before it with a failpoint.
        await _settle(database, smtp_port, folder, clock)
        await hear(database, subscription(RULES, wake=lambda: None), *due_now(clock.now(), each))
    os.environ["GONIEC_FAILPOINT"] = failpoint or ""
    await _settle(database, smtp_port, folder, clock)
    await database.dispose()


async def _settle(database: Database, smtp_port: int, folder: Path, clock: AheadClock) -> None:
    sink, gateway = SmtpSink(port=smtp_port), FileGateway(folder / "sms.txt")
    parts = desk_parts(desk_settings(folder), database, clock, sink, gateway)  # type: ignore[arg-type]
    await parts.dispatcher.adopt()
    parts.dispatcher.hold.release()
    running = [asyncio.create_task(background()) for background in parts.dispatcher.backgrounds()]
    await _settled(database)
    for task in running:
        task.cancel()
    await asyncio.wait(running)
    await parts.dispatcher.close()
    await parts.http.aclose()


def due_now(now: datetime, each: int) -> list[TaskCreated]:
    """Tasks with reminders by SMS and e-mail that are due now."""
    plans = [clients(ChannelPlan(channel=channel, lead_time=HOUR)) for channel in ("sms", "email")]
    return [created(starts_at=now + HOUR, reminders=plan) for plan in plans for _ in range(each)]


async def _settled(database: Database) -> None:
    table = core(Reminder)
    waiting = select(func.count()).select_from(table).where(table.c.status.in_(("armed", "sending")))
    for _ in range(1200):
        async with database.reading() as session:
            if not await session.scalar(waiting):
                return
        await asyncio.sleep(0.02)
