"""Clocks that are set back, nights of another length, hours of silence (reliability B7-B9)."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from reminder_desk import (
    DAY_BEFORE,
    SMS,
    START,
    Desk,
    clients,
    created,
)

from contracts.reminders import ReminderMissed
from contracts.tasks import ChannelPlan
from kit.testing.waiting import until

DUE = START - DAY_BEFORE
MINUTE = timedelta(minutes=1)


async def armed(desk: Desk, *channels: ChannelPlan) -> None:
    await desk.set_up()
    await desk.hear(created(reminders=clients(*channels)))
    desk.clock.set(DUE)


async def test_clock_set_back_makes_nothing_early_and_nothing_twice(desk: Desk) -> None:
    """reliability B8."""
    await desk.set_up()
    await desk.hear(created(), created(starts_at=START + timedelta(hours=2)))
    await desk.at(DUE)
    assert len(desk.gateway.taken) == 1
    await desk.at(DUE - timedelta(hours=1))
    await desk.at(DUE)
    assert len(desk.gateway.taken) == 1
    await desk.at(DUE + timedelta(hours=1))  # stepped forward, and back again
    await desk.at(DUE + timedelta(minutes=30))
    assert len(desk.gateway.taken) == 1
    await desk.at(DUE + timedelta(hours=2))
    assert len(desk.gateway.taken) == 2
    assert await desk.counts() == {"sent": 2, "late": 0, "missed": 0, "duplicate": 0, "lost": 0}


@pytest.mark.parametrize("night", ["2027-03-27T20:00:00+00:00", "2027-10-30T20:00:00+00:00"])
async def test_both_nights_of_warsaw_pass_with_each_reminder_once_and_in_time(desk: Desk, night: str) -> None:
    """reliability B9: appointments every half hour through the missing and the repeated hour, a day and an hour ahead."""
    begins = datetime.fromisoformat(night).astimezone(UTC)
    desk.clock.set(begins - timedelta(days=2))
    await desk.set_up()
    plans = clients(SMS, ChannelPlan(channel="sms", lead_time=timedelta(hours=1)))
    starts = [begins + timedelta(minutes=30 * n) for n in range(20)]
    await desk.hear(*(created(starts_at=moment, reminders=plans) for moment in starts))
    reminders = await desk.reminders()
    assert len(reminders) == 40
    due = {UUID(one["id"]).hex: datetime.fromisoformat(one["due_at"]) for one in reminders}
    lane = desk.restarted_lane("sms")
    sent_at: list[tuple[datetime, str]] = []
    for moment in sorted({when + step for when in due.values() for step in (timedelta(seconds=-1), timedelta(0))}):
        desk.clock.set(moment)
        await lane.drain()
        sent_at += [(moment, sms.reference) for sms in desk.gateway.taken[len(sent_at) :]]
    assert len(sent_at) == len({reference for _, reference in sent_at}) == 40
    assert all(when == due[reference] for when, reference in sent_at)
    assert await desk.counts() == {"sent": 40, "late": 0, "missed": 0, "duplicate": 0, "lost": 0}


async def test_six_hours_down_end_every_reminder_in_exactly_one_way(desk: Desk) -> None:
    """reliability B7: late ones within the grace leave at no more than 60 a minute, the rest is missed and told."""
    await desk.set_up()
    back = DUE + timedelta(hours=6)
    moments = [DUE + timedelta(minutes=3 * n) for n in range(120)]  # every three minutes until now
    await desk.hear(*(created(starts_at=moment + DAY_BEFORE) for moment in moments))
    desk.clock.set(back)
    lane = desk.restarted_lane("sms", backlog_per_minute=300)
    await lane.look()
    statuses = await desk.statuses()
    assert statuses.count("missed") == 111
    assert statuses.count("armed") >= 4  # they follow at the pace of the backlog: five a second here
    assert len(await desk.announced(ReminderMissed)) == 111

    async def all_sent() -> bool:
        await lane.drain()
        return (await desk.statuses()).count("sent") == 9

    await until(all_sent)
    assert {one["late"] for one in await desk.reminders(status="sent")} == {True}
    assert len(desk.gateway.taken) == 9
    assert await desk.counts() == {"sent": 9, "late": 9, "missed": 111, "duplicate": 0, "lost": 0}


async def test_a_running_dispatcher_wakes_up_for_the_next_moment_and_for_what_is_armed(desk: Desk) -> None:
    await desk.set_up()
    running = asyncio.create_task(desk.run())
    await until(lambda: all(lane.last_look is not None for lane in desk.parts.dispatcher.lanes))
    desk.clock.set(DUE)
    await desk.hear(created())  # arming wakes the lane
    await until(lambda: len(desk.gateway.taken) == 1)
    await desk.hear(created(starts_at=START + timedelta(seconds=0.5)))

    async def armed_later() -> bool:
        return sorted(await desk.statuses()) == ["armed", "sent"]

    await until(armed_later)
    desk.clock.advance(timedelta(seconds=1))
    await until(lambda: len(desk.gateway.taken) == 2, within=5)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
