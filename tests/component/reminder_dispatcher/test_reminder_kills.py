"""kill -9 between every pair of steps of a dispatch: nothing lost, nothing twice but what the protocols allow (reliability E2).

One database lives through all of it: at each named place a dispatcher dies while it sends what is due, and the next one goes on.
"""

import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dispatching_process import dispatch_until_settled, due_now
from reminder_desk import Desk, FakeGateway, desk_parts, desk_settings, make_app
from tests.component.forked_processes import Process, end_of, processes

from kit.testing import FixedClock
from kit.testing.fixtures import OpenDatabase
from kit.testing.smtp_sink import SmtpSink
from kit.testing.web import client_of

pytestmark = pytest.mark.slow

AFTER_EVERY_LEASE = timedelta(minutes=8)
EACH = 3
PLACES = (
    "dispatch.after_claim:1",
    "dispatch.before_intent:1",
    "dispatch.after_intent:1",
    "dispatch.after_note:1",
    "dispatch.after_send:1",
    "dispatch.after_send:4",
    "dispatch.after_record:1",
)
"""After which step, and the how-many-th time."""
NOTHING_LEFT_YET = frozenset({"dispatch.after_claim:1", "dispatch.before_intent:1"})


@dataclass
class Tally:
    """What became of the reminders, seen from outside: how often each left, and what the log says."""

    sms: Counter[str]
    emails: Counter[str]
    log: dict[str, tuple[str, str]]  # reference or Message-ID → channel, status

    def counts(self, *, may_repeat: int) -> dict[str, int]:
        """By class. `may_repeat`: kills whose answer was lost; an e-mail more than those is a duplicate, an SMS always is."""
        repeated = sum(count - 1 for count in self.emails.values())
        told = set(self.sms) | set(self.emails)
        return {
            "sent": sum(status == "sent" for _, status in self.log.values()),
            "unknown": sum(status == "unknown" for _, status in self.log.values()),
            "missed": sum(status == "missed" for _, status in self.log.values()),
            "duplicate": sum(count - 1 for count in self.sms.values()) + max(0, repeated - may_repeat),
            "lost": sum(
                status not in ("sent", "unknown", "missed") or (status == "sent" and reference not in told)
                for reference, (_, status) in self.log.items()
            ),
        }


async def run_process(
    url: str, sink: SmtpSink, folder: Path, *, ahead: timedelta, failpoint: str | None = None, each: int = 0
) -> int:
    """The exit code; minus the signal when it was killed."""
    return await end_of(start_process(url, sink, folder, ahead=ahead, failpoint=failpoint, each=each))


def start_process(
    url: str, sink: SmtpSink, folder: Path, *, ahead: timedelta, failpoint: str | None = None, each: int = 0
) -> Process:
    arguments = (url, sink.port, str(folder), ahead, failpoint, each)
    process = processes.Process(target=dispatch_until_settled, args=arguments)
    process.start()
    return process


async def test_killed_at_every_step(open_database: OpenDatabase, sink: SmtpSink, tmp_path: Path) -> None:
    clock = FixedClock(datetime.now(UTC))
    ahead = timedelta(0)
    async with a_desk(open_database, clock, sink, tmp_path) as desk:
        url = desk.database.url.render_as_string(hide_password=False)
    for place in PLACES:
        died = await run_process(url, sink, tmp_path, ahead=ahead, failpoint=place, each=EACH)
        assert died == -signal.SIGKILL, place
        ahead += AFTER_EVERY_LEASE
    assert await run_process(url, sink, tmp_path, ahead=ahead) == 0
    clock.set(datetime.now(UTC) + ahead)
    async with a_desk(open_database, clock, sink, tmp_path) as desk:
        tally = await tally_of(desk, tmp_path)
    may_repeat = 2 * EACH * (len(PLACES) - len(NOTHING_LEFT_YET))
    counts = tally.counts(may_repeat=may_repeat)
    assert counts["duplicate"] == counts["lost"] == counts["missed"] == 0, counts
    assert counts["sent"] + counts["unknown"] == 2 * EACH * len(PLACES)
    assert {status for channel, status in tally.log.values() if channel == "email"} == {"sent"}
    assert set(tally.sms) <= {reference for reference, (channel, _) in tally.log.items() if channel == "sms"}


async def test_three_dispatchers_one_of_them_killed_again_and_again(
    open_database: OpenDatabase, sink: SmtpSink, tmp_path: Path
) -> None:
    """reliability B12, G2: on PostgreSQL, and the clock of one of the three is five minutes ahead of the others."""
    clock = FixedClock(datetime.now(UTC))
    async with a_desk(open_database, clock, sink, tmp_path) as desk:
        if desk.database.dialect == "sqlite":
            pytest.skip("SQLite has one dispatcher")
        url = desk.database.url.render_as_string(hide_password=False)
        await desk.hear(*due_now(clock.now(), 40))
        steady = [start_process(url, sink, tmp_path, ahead=timedelta(minutes=m)) for m in (0, 5)]
        killed = await run_process(url, sink, tmp_path, ahead=timedelta(0), failpoint="dispatch.after_send:6")
        for process in steady:
            await end_of(process)
        ahead = AFTER_EVERY_LEASE
        assert await run_process(url, sink, tmp_path, ahead=ahead) == 0
        clock.set(datetime.now(UTC) + ahead)
        tally = await tally_of(desk, tmp_path)
    assert killed in (-signal.SIGKILL, 0)
    counts = tally.counts(may_repeat=40)
    assert counts["duplicate"] == counts["lost"] == counts["missed"] == 0, counts
    assert counts["sent"] + counts["unknown"] == 80


@asynccontextmanager
async def a_desk(open_database: OpenDatabase, clock: FixedClock, sink: SmtpSink, folder: Path) -> AsyncIterator[Desk]:
    database = await open_database("reminder_dispatcher")
    parts = desk_parts(desk_settings(folder), database, clock, sink, FakeGateway())
    app = make_app(parts)
    async with client_of(app) as http:
        desk = Desk(database, clock, parts, app, http, sink, FakeGateway())
        await desk.set_up()
        yield desk


async def tally_of(desk: Desk, folder: Path) -> Tally:
    reminders = await desk.reminders()
    emails = Counter(str(mail["Message-ID"]).strip("<>") for mail in desk.mails())
    written = folder / "sms.txt"
    sms = Counter(written.read_text().split() if written.exists() else [])
    log = {one["rfc_message_id"] or one["id"].replace("-", ""): (one["channel"], one["status"]) for one in reminders}
    return Tally(sms, emails, log)
