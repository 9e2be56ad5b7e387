"""Dispatchers that die, stop, or are several: nothing is lost and nothing is sent twice (reliability B1, B2, B11, B12)."""

import asyncio
import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from reminder_desk import (
    DAY_BEFORE,
    EMAIL,
    NOW,
    SMS,
    START,
    Desk,
    cancelled,
    changed,
    clients,
    created,
)

from contracts.reminders import ReminderFailed
from contracts.tasks import ChannelPlan, TaskUpdated
from kit.testing.waiting import until
from reminder_dispatcher.claiming import LEASE, Appetite, claim_due
from reminder_dispatcher.composing import circumstances_of, compose
from reminder_dispatcher.lanes import Lane
from reminder_dispatcher.ledger import SENDING_LEASE, Intent, write_intents

DUE = START - DAY_BEFORE
MINUTE = timedelta(minutes=1)


async def died_after(desk: Desk, step: str, channel: str) -> None:
    """Leave the database as a process leaves it that is killed after this step."""
    lane = desk.restarted_lane(channel)
    appetite = Appetite(limit=100, backlog_before=NOW, backlog_limit=100)
    async with desk.database.transaction() as session:
        claims = await claim_due(session, channel, appetite, now=desk.clock.now(), default_zone="Europe/Warsaw")
    if step == "claim":
        return
    async with desk.database.reading() as session:
        given = await circumstances_of(session, [one.reminder for one in claims.taken])
    intents = [
        Intent(one, compose(one.reminder, given, lane._language))  # type: ignore[arg-type]
        for one in claims.taken
    ]
    async with desk.database.transaction() as session:
        assert all(await write_intents(session, intents, now=desk.clock.now()))
    if step == "send":
        for intent in intents:
            await lane._channel.send(intent.composed.message)


async def armed(desk: Desk, *channels: ChannelPlan) -> None:
    await desk.set_up()
    await desk.hear(created(reminders=clients(*channels)))
    desk.clock.set(DUE)


@pytest.mark.parametrize("plan", [SMS, EMAIL])
async def test_death_after_the_claim_costs_a_lease_and_nothing_else(desk: Desk, plan: ChannelPlan) -> None:
    """reliability B1."""
    await armed(desk, plan)
    await died_after(desk, "claim", plan.channel)
    await desk.at(DUE + LEASE - timedelta(seconds=1))
    assert await desk.statuses() == ["sending"]
    await desk.at(DUE + LEASE + timedelta(seconds=1))
    reminder = await desk.only()
    assert (reminder["status"], len(reminder["attempts"])) == ("sent", 1)
    assert len(desk.gateway.taken) + len(desk.mails()) == 1


@pytest.mark.parametrize("step", ["intent", "send"])
async def test_email_whose_sender_died_is_sent_once_more_under_the_same_id(desk: Desk, step: str) -> None:
    """reliability B2."""
    await armed(desk, EMAIL)
    await died_after(desk, step, "email")
    await desk.at(DUE + SENDING_LEASE + timedelta(seconds=1))
    reminder = await desk.only()
    assert reminder["status"] == "sent"
    assert [(one["outcome"], one["reason"]) for one in reminder["attempts"]] == [
        ("unknown", "process_gone"),
        ("sent", None),
    ]
    copies = [mail["Message-ID"] for mail in desk.mails()]
    assert copies == [f"<{reminder['rfc_message_id']}>"] * (2 if step == "send" else 1)


@pytest.mark.parametrize("step", ["intent", "send"])
async def test_sms_whose_sender_died_is_shown_and_not_sent_again(desk: Desk, step: str) -> None:
    await armed(desk, SMS)
    await died_after(desk, step, "sms")
    await desk.at(DUE + SENDING_LEASE + timedelta(seconds=1))
    reminder = await desk.only()
    assert (reminder["status"], reminder["reason"]) == ("unknown", "process_gone")
    assert len(desk.gateway.taken) == (1 if step == "send" else 0)
    assert [one.reason for one in await desk.announced(ReminderFailed)] == ["outcome_unknown"]


async def test_sms_through_a_gateway_that_knows_our_reference_is_sent_again(desk: Desk) -> None:
    desk.gateway.may_repeat = True
    await armed(desk, SMS)
    await died_after(desk, "send", "sms")
    await desk.at(DUE + SENDING_LEASE + timedelta(seconds=1))
    assert await desk.statuses() == ["sent"]
    assert {sms.reference for sms in desk.gateway.taken} == {UUID((await desk.only())["id"]).hex}


async def test_on_sqlite_a_new_process_takes_up_at_once_what_the_old_one_left(desk: Desk) -> None:
    if desk.database.dialect != "sqlite":
        pytest.skip("on PostgreSQL another replica may be sending it: the lease decides")
    await armed(desk, EMAIL)
    await died_after(desk, "send", "email")
    await desk.parts.dispatcher.adopt()
    await desk.dispatch()
    assert await desk.statuses() == ["sent"]


async def test_what_was_withdrawn_while_its_sender_died_is_not_sent_again(desk: Desk) -> None:
    await desk.set_up()
    task = created(reminders=clients(EMAIL))
    await desk.hear(task)
    desk.clock.set(DUE)
    await died_after(desk, "intent", "email")
    await desk.hear(cancelled(task))
    await desk.at(DUE + SENDING_LEASE + timedelta(seconds=1))
    assert (await desk.only())["status"] == "unknown"
    assert desk.mails() == []


async def test_three_dispatchers_send_each_reminder_once(desk: Desk) -> None:
    """reliability B12."""
    await desk.set_up()
    await desk.hear(*(created() for _ in range(300)))
    desk.clock.set(DUE)
    await asyncio.gather(*(desk.restarted_lane("sms").drain() for _ in range(3)))
    assert len(desk.gateway.taken) == 300
    assert len({sms.reference for sms in desk.gateway.taken}) == 300
    assert set(await desk.statuses()) == {"sent"}
    counts = await desk.counts()
    assert (counts["duplicate"], counts["lost"]) == (0, 0)


async def test_tasks_that_move_while_they_are_dispatched_are_told_of_their_last_start_once(desk: Desk) -> None:
    """reliability B11: moves and cancellations race with three dispatchers; no reminder leaves twice, none is stuck."""
    await desk.set_up()
    chance = random.Random(7)
    tasks = [created() for _ in range(60)]
    await desk.hear(*tasks)
    desk.clock.set(DUE)
    last = {task.task.task_id: task for task in tasks}

    async def move() -> None:
        for _ in range(25):
            chosen = chance.sample(list(last), 8)
            for task_id in chosen:
                before = last[task_id]
                last[task_id] = (
                    cancelled(before)
                    if chance.random() < 0.2
                    else changed(
                        before, TaskUpdated, status="planned", starts_at=START + chance.choice((0, 1, 2)) * MINUTE
                    )
                )
            await desk.hear(*(last[task_id] for task_id in chosen))

    lanes = [desk.restarted_lane("sms") for _ in range(3)]

    async def dispatch(lane: Lane) -> None:
        while not moving.done():
            await lane.drain()

    moving = asyncio.create_task(move())
    await asyncio.gather(moving, *(dispatch(lane) for lane in lanes))
    desk.clock.set(DUE + 3 * MINUTE)
    await lanes[0].drain()
    references = [sms.reference for sms in desk.gateway.taken]
    assert len(references) == len(set(references))
    by_task: dict[str, list[dict[str, Any]]] = {}
    for reminder in await desk.reminders():
        by_task.setdefault(reminder["task_id"], []).append(reminder)
    for task_id, event in last.items():
        told = [one for one in by_task[str(task_id)] if one["status"] == "sent"]
        assert not [one for one in by_task[str(task_id)] if one["status"] in ("armed", "sending")]
        if event.task.status != "cancelled":
            newest = max(told, key=lambda one: one["generation"])
            assert datetime.fromisoformat(newest["starts_at"]) == event.task.starts_at


async def test_the_same_events_again_arm_nothing_twice(desk: Desk) -> None:
    await desk.set_up()
    task = created(reminders=clients(SMS, EMAIL))
    await desk.hear(task, task)
    await desk.hear(task)
    await desk.at(DUE)
    await desk.hear(task)
    await desk.dispatch()
    assert await desk.statuses() == ["sent", "sent"]
    assert (len(desk.gateway.taken), len(desk.mails())) == (1, 1)


async def test_stopping_lets_arrive_what_is_on_its_way(desk: Desk) -> None:
    await armed(desk, EMAIL)
    desk.sink.hold("DATA", 1)
    running = asyncio.create_task(desk.run())

    async def on_its_way() -> bool:
        return await desk.statuses() == ["sending"]

    await until(on_its_way)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await desk.statuses() == ["sent"]
