"""kill -9 between every pair of steps of a dispatch: nothing lost, nothing twice but what the protocols allow (reliability E2)."""

import asyncio
import multiprocessing
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dispatching_process import dispatch_until_settled
from reminder_desk import Desk, FakeGateway, clients, created, desk_parts, desk_settings, make_app

from contracts.tasks import ChannelPlan
from kit.testing import FixedClock
from kit.testing.fixtures import OpenDatabase
from kit.testing.smtp_sink import SmtpSink
from kit.testing.web import client_of

HOUR = timedelta(hours=1)
AFTER_EVERY_LEASE = timedelta(minutes=8)
EACH = 6

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["reminder_dispatcher.app", "kit.testing.web", "kit.testing.smtp_sink"])


async def run_process(url: str, sink: SmtpSink, folder: Path, *, ahead: timedelta, failpoint: str | None) -> int:
    """The exit code; minus the signal when it was killed."""
    arguments = (url, sink.port, str(folder), ahead, failpoint)
    process = processes.Process(target=dispatch_until_settled, args=arguments)
    process.start()
    await asyncio.to_thread(process.join, 60)
    assert process.exitcode is not None, "the dispatcher did not settle everything"
    return process.exitcode


@pytest.mark.parametrize(
    ("place", "at"),
    [
        ("dispatch.after_claim", 1),
        ("dispatch.before_intent", 1),
        ("dispatch.after_intent", 1),
        ("dispatch.after_intent", 3),
        ("dispatch.after_send", 1),
        ("dispatch.after_send", 5),
        ("dispatch.after_record", 1),
    ],
)
async def test_killed_dispatcher(
    open_database: OpenDatabase, sink: SmtpSink, tmp_path: Path, place: str, at: int
) -> None:
    clock = FixedClock(datetime.now(UTC))
    url = await arm(open_database, clock, sink, tmp_path)

    died = await run_process(url, sink, tmp_path, ahead=timedelta(0), failpoint=f"{place}:{at}")
    if at == 1:
        assert died == -signal.SIGKILL
    assert await run_process(url, sink, tmp_path, ahead=AFTER_EVERY_LEASE, failpoint=None) == 0

    clock.advance(AFTER_EVERY_LEASE)
    sms, emails, log = await outcome(open_database, clock, sink, tmp_path)
    assert len(log) == 2 * EACH, "nothing is lost"
    assert set(sms.values()) <= {1}, "no SMS leaves twice"
    assert {status for (channel, status) in log.values() if channel == "email"} == {"sent"}
    assert set(emails) == {mid for mid, (channel, _) in log.items() if channel == "email"}
    nothing_was_sent = place in ("dispatch.after_claim", "dispatch.before_intent")
    assert set(emails.values()) <= ({1} if nothing_was_sent else {1, 2}), "twice only where the answer was lost"
    unknown = [reference for reference, (_, status) in log.items() if status == "unknown"]
    assert set(sms) | set(unknown) == {reference for reference, (channel, _) in log.items() if channel == "sms"}
    if nothing_was_sent:
        assert unknown == []


async def arm(open_database: OpenDatabase, clock: FixedClock, sink: SmtpSink, folder: Path) -> str:
    """Reminders by SMS and e-mail that are due now; the address of the database they lie in."""
    database = await open_database("reminder_dispatcher")
    parts = desk_parts(desk_settings(folder), database, clock, sink, FakeGateway())
    app = make_app(parts)
    async with client_of(app) as http:
        desk = Desk(database, clock, parts, app, http, sink, FakeGateway())
        await desk.set_up()
        for channel in ("sms", "email"):
            plan = clients(ChannelPlan(channel=channel, lead_time=HOUR))
            await desk.hear(*(created(starts_at=clock.now() + HOUR, reminders=plan) for _ in range(EACH)))
    return database.url.render_as_string(hide_password=False)


async def outcome(
    open_database: OpenDatabase, clock: FixedClock, sink: SmtpSink, folder: Path
) -> tuple[Counter[str], Counter[str], dict[str, tuple[str, str]]]:
    """SMS by reference, e-mails by Message-ID, and channel and status by either."""
    database = await open_database("reminder_dispatcher")
    parts = desk_parts(desk_settings(folder), database, clock, sink, FakeGateway())
    app = make_app(parts)
    async with client_of(app) as http:
        desk = Desk(database, clock, parts, app, http, sink, FakeGateway())
        reminders = await desk.reminders()
        emails = Counter(str(mail["Message-ID"]).strip("<>") for mail in desk.mails())
    written = folder / "sms.txt"
    sms = Counter(written.read_text().split() if written.exists() else [])
    log = {one["rfc_message_id"] or one["id"].replace("-", ""): (one["channel"], one["status"]) for one in reminders}
    return sms, emails, log
