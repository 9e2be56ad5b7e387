"""Ten thousand reminders due at the same moment, and how fast they are claimed beside a bare loop on the same table."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select, text

from contracts.directory import AccountChanged
from contracts.tasks import AudiencePlan, ChannelPlan, Occurrence, ReminderPlan, TaskState
from kit.database import Database
from kit.ids import new_id
from reminder_dispatcher.arming_changes import Changes
from reminder_dispatcher.arming_rows import ArmingWriter, Origin
from reminder_dispatcher.automation import AutomationSettings
from reminder_dispatcher.claiming import Appetite, claim_due
from reminder_dispatcher.models import Reminder, core
from reminder_dispatcher.reminder_plan import wanted_reminders
from reminder_dispatcher.repository import copies
from reminder_dispatcher.settings_keeping import first_settings
from tests.bench.report import Report, share_of
from tests.bench.stand import Running, Stand

REMINDERS = 10_000
UNTIL_DUE = timedelta(seconds=25)
LATENESS_P99_S = 60.0
PATIENCE_S = 300.0
CLAIMED_AT_A_TIME = 64
LEAD = timedelta(hours=24)
ACCOUNT = UUID(int=0xBE7C)
_AT_A_TIME = 1000
_BARE_CLAIM = {
    "postgresql": "UPDATE reminder SET status = 'sending', lease_until = now() + interval '1 minute' WHERE id IN "
    "(SELECT id FROM reminder WHERE status = 'armed' AND channel = 'sms' AND next_at <= :now ORDER BY next_at, id "
    "LIMIT :most FOR UPDATE SKIP LOCKED) RETURNING id",
    "sqlite": "UPDATE reminder SET status = 'sending', lease_until = :now WHERE id IN "
    "(SELECT id FROM reminder WHERE status = 'armed' AND channel = 'sms' AND next_at <= :now ORDER BY next_at, id "
    "LIMIT :most) RETURNING id",
}


async def measure_reminders(stand: Stand) -> Report:
    """Lateness, sends/s and CPU of 10,000 SMS (console) due at once; claims/s beside the bare loop. All leave once, none early."""
    report = Report(f"reminders, {stand.database}: {REMINDERS} due at the same moment")
    await _tell_claims(stand, report)
    async with stand.places() as places:
        due_at = datetime.now(UTC) + UNTIL_DUE
        async with stand.own_database(places, "reminder-dispatcher") as database:
            await _load(database, due_at)
        async with stand.running(places) as running:
            if datetime.now(UTC) > due_at - timedelta(seconds=2):
                report.problems.append("the installation was not ready in time; lateness counts its start")
            await asyncio.sleep(max(0.0, (due_at - datetime.now(UTC)).total_seconds() - 1))
            before, began = running.usage(), time.monotonic()
            await _all_sent(running, report)
            took, after = time.monotonic() - began - 1, running.usage()
        async with stand.own_database(places, "reminder-dispatcher") as database:
            await _tell_lateness(database, report)
    report.tell("sends/s", f"{REMINDERS / max(took, 0.001):.0f}")
    for name, usage in before.items():
        cpu_ms = (after[name].cpu_seconds - usage.cpu_seconds) * 1000 / REMINDERS
        report.tell(f"CPU ms per reminder, {name}", f"{cpu_ms:.2f}")
    return report


async def _load(database: Database, due_at: datetime) -> None:
    """An automation that is on, one firm, and a task with an SMS to it for each reminder."""
    now = datetime.now(UTC)
    plan = ReminderPlan(client=AudiencePlan(enabled=True, channels=[ChannelPlan(channel="sms", lead_time=LEAD)]))
    starts_at = due_at + LEAD
    async with database.transaction() as session:
        await first_settings(session, AutomationSettings(enabled=True), now=now)
        await copies.save_accounts(
            session, [AccountChanged(account_id=ACCOUNT, name="Klient sp. z o.o.", sms_phone="+48600100200")]
        )
    for start in range(0, REMINDERS, _AT_A_TIME):
        tasks = [
            TaskState(
                task_id=new_id(),
                version=1,
                number=f"CRM/{start + n}/2026",
                title=f"Przegląd nr {start + n}",
                starts_at=starts_at,
                account_id=ACCOUNT,
                reminders=plan,
                occurrences=[Occurrence(starts_at=starts_at)],
            )
            for n in range(_AT_A_TIME)
        ]
        async with database.transaction() as session:
            await copies.save_tasks(session, [(task, True) for task in tasks], now=now)
            writer = ArmingWriter(None, now)
            for task in tasks:
                wanted = wanted_reminders(task, now=now, day_begins_at=clock_time(8), zone=ZoneInfo("UTC"))
                writer.take(Origin(ACCOUNT, None, "bench"), Changes(insert=[(want, 1) for want in wanted]))
            await writer.write(session)


async def _all_sent(running: Running, report: Report) -> None:
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        counts = await running.api.get("reminder-dispatcher", "/v1/reminders/counts")
        if sum(row["reminders"] for row in counts if row["status"] == "sent") == REMINDERS:
            return
        await asyncio.sleep(0.5)
    report.problems.append(f"not all left: {counts}")


async def _tell_lateness(database: Database, report: Report) -> None:
    table = core(Reminder)
    query = select(table.c.sent_at, table.c.planned_at, table.c.attempts).where(table.c.status == "sent")
    async with database.reading() as session:
        rows = (await session.execute(query)).all()
    late = [(row.sent_at - row.planned_at).total_seconds() for row in rows]
    report.tell("lateness p50 s", f"{share_of(late, 0.5):.1f}")
    report.at_most("lateness p99 s", share_of(late, 0.99), LATENESS_P99_S, form=".1f")
    early, again = sum(one < 0 for one in late), sum(row.attempts != 1 for row in rows)
    if early or again or len(rows) != REMINDERS:
        report.problems.append(f"{early} early, {again} more than once, {REMINDERS - len(rows)} not at all")


async def _tell_claims(stand: Stand, report: Report) -> None:
    """The claim of the dispatcher, which judges, locks and checks each one, beside an UPDATE that does nothing else."""
    rates: dict[str, float] = {}
    for name, claim in (("bare loop", _bare), ("dispatcher", _judged)):
        async with stand.places() as places, stand.own_database(places, "reminder-dispatcher") as database:
            due_at = datetime.now(UTC)
            await _load(database, due_at + timedelta(seconds=1))
            rates[name] = await _rate(database, claim, now=due_at + timedelta(seconds=2))
    report.tell("claims/s, bare loop (SKIP LOCKED on PostgreSQL)", f"{rates['bare loop']:.0f}")
    share = rates["dispatcher"] / rates["bare loop"]
    report.tell("claims/s, dispatcher", f"{rates['dispatcher']:.0f} ({share:.0%} of the bare loop)")


async def _rate(database: Database, claim: Callable[[Database, datetime], Awaitable[int]], *, now: datetime) -> float:
    claimed, began = 0, time.monotonic()
    while taken := await claim(database, now):
        claimed += taken
    return claimed / (time.monotonic() - began)


async def _bare(database: Database, now: datetime) -> int:
    moment = bindparam("now", now, type_=core(Reminder).c.next_at.type)
    statement = text(_BARE_CLAIM[database.dialect]).bindparams(moment, most=CLAIMED_AT_A_TIME)
    async with database.transaction() as session:
        return len((await session.execute(statement)).all())


async def _judged(database: Database, now: datetime) -> int:
    appetite = Appetite(CLAIMED_AT_A_TIME, now - timedelta(days=1), CLAIMED_AT_A_TIME)
    async with database.transaction() as session:
        claims = await claim_due(session, "sms", appetite, now=now, default_zone="Europe/Warsaw")
    return len(claims.taken)
