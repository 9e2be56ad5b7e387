"""The law of a zone changes while reminders wait: those counted on the clock move, the others stay (reliability B10)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from reminder_desk import Desk, clients, created

from contracts.tasks import ChannelPlan
from kit.testing.zones import a_zone_file, swapped_zones
from reminder_dispatcher.zone_keeping import follow_zone_data

pytestmark = pytest.mark.storage
START = datetime(2026, 11, 26, 9, tzinfo=UTC)
A_MONTH = ChannelPlan(channel="sms", lead_time=timedelta(days=5))


async def restarted(desk: Desk) -> int:
    return await follow_zone_data(desk.database, desk.rules, now=desk.clock.now())


async def test_reminders_counted_on_the_clock_are_armed_anew(desk: Desk, tmp_path: Path) -> None:
    """Five days before ten o'clock: the law of a later hour holds from the 22nd on, so ten o'clock five days earlier is another."""
    await desk.set_up(quiet_hours={"from": "20:00", "to": "08:00", "channels": ["email"], "audiences": ["operator"]})
    warsaw, utc = created(starts_at=START, reminders=clients(A_MONTH)), created(
        starts_at=START, timezone="UTC", reminders=clients(A_MONTH)
    )  # fmt: skip
    await desk.hear(warsaw, utc)
    before = {one["task_id"]: one["due_at"] for one in await desk.reminders()}
    assert await restarted(desk) == 0
    rule = "CET-1CEST-2,M11.4.0/0,M12.4.0/0"  # summer time from Sunday 22 November 2026 on
    with swapped_zones(tmp_path / "zones", {"Europe/Warsaw": a_zone_file(rule)}):
        assert await restarted(desk) == 1
        after = {one["task_id"]: one["due_at"] for one in await desk.reminders(status="armed")}
        assert after[str(utc.task.task_id)] == before[str(utc.task.task_id)] == "2026-11-21T09:00:00Z"
        assert (before[str(warsaw.task.task_id)], after[str(warsaw.task.task_id)]) == (
            "2026-11-21T09:00:00Z",
            "2026-11-21T10:00:00Z",
        )
        assert await restarted(desk) == 0
    assert len(await desk.reminders()) == 2, "none was armed twice"
