"""A backup that was restored (reliability B16); domains that are slow or limited (B6, B14); what waits for somebody of ours."""

import asyncio
import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from reminder_desk import ACCOUNT, ANNA, DAY_BEFORE, EMAIL, NOW, PIOTR, SMS, START, Desk, clients, created
from sqlalchemy import delete

from contracts.directory import AccountChanged
from contracts.reminders import ReminderMissed, ReminderSent
from kit.errors import Unavailable
from kit.testing.waiting import until
from reminder_dispatcher.models import Attempt, Reminder, core
from reminder_dispatcher.waiting import WaitingMatters

pytestmark = pytest.mark.storage

DUE = START - DAY_BEFORE
MINUTE = timedelta(minutes=1)


# ---- a backup that was restored


async def test_what_left_after_the_backup_never_leaves_again(desk: Desk) -> None:
    """Before the backup one left; after it two more, of which one was armed after it. Then the backup comes back."""
    await desk.set_up()
    before, after, armed_later, unsent = (
        created(reminders=clients(SMS), starts_at=START + n * MINUTE) for n in range(4)
    )
    await desk.hear(before, after, unsent)
    await desk.at(DUE)
    backup = await _backup(desk)
    await desk.hear(armed_later)
    await desk.at(DUE + 2 * MINUTE)
    assert len(desk.gateway.taken) == 3

    await _restore(desk, backup)
    desk.clock.set(DUE + 4 * MINUTE)
    await desk.parts.dispatcher.adopt()
    assert desk.parts.dispatcher.hold.is_restored
    await desk.hear(armed_later)  # the broker still has what came after the backup
    await desk.restarted_lane("sms").drain()
    assert len(desk.gateway.taken) == 3
    ended = {one["task_id"]: (one["status"], one["reason"]) for one in await desk.reminders()}
    assert ended == {
        str(before.task.task_id): ("sent", None),
        str(after.task.task_id): ("sent", "sent_before_restore"),
        str(armed_later.task.task_id): ("sent", "sent_before_restore"),
        str(unsent.task.task_id): ("missed", "restored"),
    }
    assert [one.reason for one in await desk.announced(ReminderMissed)] == ["restored"]

    missed = next(one for one in await desk.reminders() if one["status"] == "missed")
    assert (await desk.http.post(f"/v1/reminders/{missed['id']}/resend")).status_code == 202  # a person's word
    await desk.restarted_lane("sms").drain()
    assert len(desk.gateway.taken) == 4
    later = created(starts_at=START + timedelta(hours=1))
    await desk.hear(later)
    desk.clock.set(DUE + timedelta(hours=1))
    await desk.restarted_lane("sms").drain()
    assert len(desk.gateway.taken) == 5, "what becomes due afterwards leaves as ever"


async def test_ordinary_restart_is_no_restoration(desk: Desk) -> None:
    await desk.set_up()
    await desk.hear(created(reminders=clients(SMS, EMAIL)))
    await desk.at(DUE)
    await desk.parts.dispatcher.adopt()
    assert not desk.parts.dispatcher.hold.is_restored
    assert len(await desk.announced(ReminderSent)) == 2


async def test_nothing_leaves_before_everything_was_heard(desk: Desk) -> None:
    """A task may have been cancelled while we were away."""
    await desk.set_up()
    await desk.hear(created())
    desk.clock.set(DUE)
    (sms_lane,) = [one for one in desk.parts.dispatcher.backgrounds() if one.__name__ == "sms_lane"]  # type: ignore[attr-defined]
    running = asyncio.create_task(sms_lane())  # type: ignore[arg-type]
    await asyncio.sleep(0.1)
    assert desk.gateway.taken == []
    desk.parts.dispatcher.hold.release()
    await until(lambda: len(desk.gateway.taken) == 1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def _backup(desk: Desk) -> list[dict[str, Any]]:
    async with desk.database.reading() as session:
        rows = (await session.execute(core(Reminder).select())).all()
    return [dict(row._mapping) for row in rows]


async def _restore(desk: Desk, backup: list[dict[str, Any]]) -> None:
    async with desk.database.transaction() as session:
        known = {row["id"] for row in backup if row["status"] == "sent"}
        await session.execute(delete(Attempt).where(core(Attempt).c.reminder_id.not_in(known)))
        kept = (await session.execute(core(Attempt).select())).all()
        await session.execute(delete(Attempt))
        await session.execute(delete(Reminder))
        await session.execute(core(Reminder).insert(), backup)
        await session.execute(core(Attempt).insert(), [dict(row._mapping) for row in kept])


# ---- domains


async def test_domain_that_is_slow_holds_up_only_its_own_mails(desk: Desk) -> None:
    """reliability B6: thirty mails to a tarpit, one to somebody else, who has it within five seconds."""
    await desk.set_up()
    other = uuid4()
    await desk.hear(AccountChanged(account_id=other, name="Szybki", emails=["biuro@szybki.example"]))
    await desk.hear(*(created(reminders=clients(EMAIL)) for _ in range(30)))
    await desk.hear(
        created(reminders=clients(EMAIL), account_id=other, contact_ids=[], starts_at=START + timedelta(seconds=1))
    )
    desk.sink.hold("RCPT", 4, about="klient.example")
    desk.clock.set(DUE + timedelta(seconds=1))
    began = time.monotonic()
    lane = desk.restarted_lane("email")
    running = asyncio.create_task(lane.run())
    await until(lambda: any(b"szybki.example" in mail.content for mail in desk.sink.mails), within=5)
    assert time.monotonic() - began < 5
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_domain_gets_so_many_a_minute_and_others_do_not_wait_for_it(desk: Desk) -> None:
    await desk.set_up()
    other = uuid4()
    await desk.hear(AccountChanged(account_id=other, name="Inny", emails=["biuro@inny.example"]))
    await desk.hear(*(created(reminders=clients(EMAIL)) for _ in range(3)))
    await desk.hear(created(reminders=clients(EMAIL), account_id=other, contact_ids=[]))
    desk.clock.set(DUE)
    lane = desk.restarted_lane("email", per_key_per_minute=6)
    await lane.drain()
    sent = sorted(mail["To"].addresses[0].domain for mail in desk.mails())
    assert sent == ["inny.example", "klient.example"]
    waiting = await desk.reminders(status="armed")
    assert [datetime.fromisoformat(one["next_at"]) > DUE for one in waiting] == [True, True]


# ---- what waits for somebody of ours


class Siblings:
    """case-threader and tasks-api, as far as they are asked what waits."""

    def __init__(self) -> None:
        self.cases: list[dict[str, Any]] = []
        self.invitations: list[dict[str, Any]] = []
        self.is_away = False

    async def call(self, service: str, _: str, path: str, *, params: Any = None) -> httpx.Response:
        if self.is_away:
            raise Unavailable("away")
        assert (service, path) in {("case-threader", "/v1/cases"), ("tasks-api", "/v1/invitations")}
        items = self.cases if service == "case-threader" else self.invitations
        return httpx.Response(200, json={"items": items, "next": None})


def a_case(**fields: Any) -> dict[str, Any]:
    values = {
        "id": str(uuid4()),
        "number": 12,
        "tag": "[Acme#12]",
        "title": "Pytanie o cenę",
        "account_id": str(ACCOUNT),
    }
    return {**values, "status_at": (NOW - timedelta(hours=5)).isoformat(), "owner_id": None, **fields}


async def test_case_without_an_answer_is_told_of_once_each_time_it_waits(desk: Desk) -> None:
    siblings = Siblings()
    look = WaitingMatters(desk.database, siblings, default_timezone="Europe/Warsaw", wake=lambda: None).look
    siblings.cases = [
        a_case(),
        a_case(status_at=NOW.isoformat(), title="Nowa"),
        a_case(owner_id=str(PIOTR), title="Jego"),
    ]
    await desk.set_up()
    assert await look() == 0, "off until somebody wants it"
    rule = {"enabled": True, "after": "PT4H", "channels": [{"channel": "email"}, {"channel": "app"}]}
    await desk.set_up(unanswered_cases={**rule, "employee_ids": [str(ANNA)]})
    assert await look() == 4
    await desk.dispatch()
    mails = {mail["To"].addresses[0].addr_spec: mail for mail in desk.mails()}
    assert mails["anna@firma.example"]["Subject"] == "Bez odpowiedzi: [Acme#12] Pytanie o cenę"
    assert "Klient sp. z o.o." in mails["anna@firma.example"].get_content()
    assert mails["piotr@firma.example"]["Subject"] == "No answer yet: [Acme#12] Jego"
    assert {one["about"] for one in await desk.reminders()} == {"case"}
    assert await look() == 0
    siblings.cases = []
    desk.clock.advance(timedelta(hours=5))
    await look()
    siblings.cases = [a_case(status_at=NOW.isoformat(), id=(await desk.reminders())[0]["task_id"])]
    assert await look() == 2, "answered, and waiting again"


async def test_answer_in_the_last_moment_takes_the_reminder_back(desk: Desk) -> None:
    siblings = Siblings()
    look = WaitingMatters(desk.database, siblings, default_timezone="Europe/Warsaw", wake=lambda: None).look
    siblings.cases = [a_case()]
    rule = {"enabled": True, "after": "PT4H", "channels": [{"channel": "sms"}], "employee_ids": [str(ANNA)]}
    await desk.set_up(unanswered_cases=rule)
    assert await look() == 1
    siblings.is_away = True
    assert await look() == 0
    assert await desk.statuses() == ["armed"], "nobody knows better just now"
    siblings.is_away, siblings.cases = False, []
    await look()
    await desk.dispatch()
    assert [(one["status"], one["reason"]) for one in await desk.reminders()] == [("suppressed", "no_longer_waits")]
    assert desk.gateway.taken == []


async def test_invitation_that_waits_is_told_of(desk: Desk) -> None:
    siblings = Siblings()
    look = WaitingMatters(desk.database, siblings, default_timezone="Europe/Warsaw", wake=lambda: None).look
    at = (NOW - timedelta(hours=2)).isoformat()
    siblings.invitations = [
        {
            "id": str(UUID(int=77)),
            "summary": "Audyt",
            "mail_subject": "x",
            "sender": "obcy@obcy.example",
            "recorded_at": at,
        }
    ]
    rule = {"enabled": True, "after": "PT1H", "channels": [{"channel": "email"}], "employee_ids": [str(ANNA)]}
    await desk.set_up(waiting_invitations=rule)
    assert await look() == 1
    await desk.dispatch()
    assert desk.mails()[0]["Subject"] == "Zaproszenie czeka: Audyt"
    assert "obcy@obcy.example" in desk.mails()[0].get_content()


@pytest.mark.parametrize("name", ["unanswered_cases", "waiting_invitations"])
async def test_who_and_how_must_be_said(desk: Desk, name: str) -> None:
    answer = await desk.http.put("/v1/reminder-settings", json={name: {"enabled": True}})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{name}/channels")
