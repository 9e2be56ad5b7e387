"""A reminder-dispatcher with everything around it: a mail server, a gateway, a clock that stands, and builders."""

import asyncio
import email
import email.policy
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from contracts.directory import AccountChanged, ContactChanged, EmployeeChanged
from contracts.mail import MailAccountChanged
from contracts.tasks import (
    AudiencePlan,
    ChannelPlan,
    Occurrence,
    ReminderPlan,
    TaskCancelled,
    TaskCreated,
    TaskEvent,
    TaskState,
    TaskUpdated,
)
from kit.database import Database
from kit.events import Event
from kit.testing import FixedClock, announced, hear
from kit.testing.smtp_sink import SmtpSink
from kit.testing.web import parts_for_tests
from reminder_dispatcher.app import app_of, reminder_parts
from reminder_dispatcher.arming import ArmingRules
from reminder_dispatcher.channels.role import Accepted, Sms
from reminder_dispatcher.handlers import subscription
from reminder_dispatcher.lanes import Lane
from reminder_dispatcher.parts import ReminderParts
from reminder_dispatcher.settings import Settings

E = TypeVar("E", bound=Event)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOMORROW = NOW + timedelta(days=1)
START = NOW + timedelta(days=3)
OFFICE = UUID(int=0xACC)
ACCOUNT, CONTACT, ANNA, PIOTR = UUID(int=0xA), UUID(int=0xC), UUID(int=0xE1), UUID(int=0xE2)
BOSS, FORMER = UUID(int=0xB1), UUID(int=0xB2)
LOGINS: dict[str, dict[str, Any]] = {
    f"/v1/users/{BOSS}/name": {"name": "Szef", "active": True},
    f"/v1/users/{FORMER}/name": {"name": "Były", "active": False},
}
DAY_BEFORE = timedelta(hours=24)
SMS = ChannelPlan(channel="sms", lead_time=DAY_BEFORE)
EMAIL = ChannelPlan(channel="email", lead_time=DAY_BEFORE)


class FakeGateway:
    """An SMS channel that keeps what it is given and answers as told: `answers` are used up first."""

    kind = "fake"

    def __init__(self, *, may_repeat: bool = False) -> None:
        self.may_repeat = may_repeat
        self.taken: list[Sms] = []
        self.answers: list[Accepted | Exception | Callable[[], Any]] = []

    async def send(self, message: Sms) -> Accepted:
        self.taken.append(message)
        answer = self.answers.pop(0) if self.answers else Accepted(gateway_id=f"g-{len(self.taken)}")
        if callable(answer) and not isinstance(answer, Accepted | Exception):
            answer = await answer()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None: ...


@dataclass
class Desk:
    """The service under test, as a stranger sees it."""

    database: Database
    clock: FixedClock
    parts: ReminderParts
    app: FastAPI
    http: httpx.AsyncClient
    sink: SmtpSink
    gateway: FakeGateway
    rules: ArmingRules = field(default_factory=lambda: ArmingRules("Europe/Warsaw", Settings().all_day_begins_at))

    async def hear(self, *events: Event) -> None:
        await hear(self.database, subscription(self.rules, wake=self.parts.dispatcher.wake), *events)

    async def dispatch(self) -> None:
        await self.parts.dispatcher.drain()

    async def at(self, moment: datetime) -> None:
        """Move the clock and dispatch."""
        self.clock.set(moment)
        await self.dispatch()

    async def run(self) -> None:
        """The dispatcher as in a running service, until cancelled."""
        await self.parts.dispatcher.adopt()
        self.parts.dispatcher.hold.release()
        async with asyncio.TaskGroup() as group:
            for background in self.parts.dispatcher.backgrounds():
                group.create_task(background())

    async def announced(self, kind: type[E]) -> list[E]:
        return await announced(self.database, kind)

    async def set_up(self, **changes: Any) -> None:
        """Automation on, a mail account, and the people of the stories."""
        await self.hear(*directory())
        body = {"enabled": True, "mail_account_id": str(OFFICE), **changes}
        answer = await self.http.put("/v1/reminder-settings", json=body)
        assert answer.status_code == 200, answer.text

    async def reminders(self, **query: Any) -> list[dict[str, Any]]:
        answer = await self.http.get("/v1/reminders", params={"limit": 200, **query})
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return sorted(items, key=lambda one: (one["due_at"], one["audience"], one["channel"], one["generation"]))

    async def statuses(self, **query: Any) -> list[str]:
        return [one["status"] for one in await self.reminders(**query)]

    async def only(self, **query: Any) -> dict[str, Any]:
        (reminder,) = await self.reminders(**query)
        return reminder

    async def counts(self, *, lost_answers: int = 0) -> dict[str, int]:
        """What became of all reminders, by class, seen from outside. `lost_answers`: e-mails that may have left twice, with the
        same Message-ID. Lost is what was said to have left and did not, or waits although its time is over."""
        reminders = await self.reminders()
        sms = Counter(sms.reference for sms in self.gateway.taken)
        emails = Counter(str(mail["Message-ID"]).strip("<>") for mail in self.mails())
        left = {*sms, *emails}
        now = self.clock.now().isoformat()

        def is_lost(one: dict[str, Any]) -> bool:
            name = one["rfc_message_id"] or UUID(one["id"]).hex
            overdue = one["status"] in ("armed", "sending") and (one["next_at"] or now) < now
            return overdue or (one["status"] == "sent" and one["channel"] != "app" and name not in left)

        repeated = sum(count - 1 for count in emails.values())
        return {
            "sent": sum(one["status"] in ("sent", "delivered") for one in reminders),
            "late": sum(one["status"] in ("sent", "delivered") and one["late"] for one in reminders),
            "missed": sum(one["status"] == "missed" for one in reminders),
            "duplicate": sum(count - 1 for count in sms.values()) + max(0, repeated - lost_answers),
            "lost": sum(is_lost(one) for one in reminders),
        }

    def mails(self) -> list[EmailMessage]:
        return [read_mail(mail.content) for mail in self.sink.mails]

    def restarted_lane(self, channel: str, **rules: Any) -> Lane:
        """The lane of a process that has just begun, on the same database."""
        old = next(lane for lane in self.parts.dispatcher.lanes if lane.rules.channel == channel)
        return Lane(
            replace(old.rules, **rules),
            old._channel,
            database=self.database,
            ledger=type(old._ledger)(self.database),
            language=old._language,
            measures=old._measures,
        )


def desk_parts(
    settings: Settings, database: Database, clock: FixedClock, sink: SmtpSink, gateway: Any
) -> ReminderParts:
    """Real parts but for the bus, the neighbours and the SMS gateway."""

    def neighbour(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/auth/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 900})
        if request.url.path == f"/v1/mail-accounts/{OFFICE}/smtp-access":
            access = {"host": "127.0.0.1", "port": sink.port, "security": "none", "auth": None}
            return httpx.Response(200, json={**access, "address": "biuro@firma.example", "name": "Biuro Demo"})
        if request.url.path == f"/v1/mail-accounts/{OFFICE}":
            return httpx.Response(200, json={"id": str(OFFICE)})
        if request.url.path in LOGINS:
            return httpx.Response(200, json={"version": 1, **LOGINS[request.url.path]})
        return httpx.Response(404, json={"code": "not_found"})

    make = partial(reminder_parts, sms=gateway)
    return parts_for_tests(settings, database, clock, transport=httpx.MockTransport(neighbour), make=make)


def make_app(parts: ReminderParts) -> FastAPI:
    return app_of(parts, dispatching=False)


def desk_settings(folder: Path, **changes: Any) -> Settings:
    return Settings(data=folder, loop_mark="mark-of-this-test", **changes)


def directory() -> list[Event]:
    return [
        AccountChanged(
            account_id=ACCOUNT, name="Klient sp. z o.o.", emails=["biuro@klient.example"], sms_phone="+48602000001"
        ),
        ContactChanged(
            contact_id=CONTACT,
            account_id=ACCOUNT,
            name="Jan Żółć",
            emails=["jan@klient.example"],
            sms_phone="601 000 001",
        ),
        EmployeeChanged(employee_id=ANNA, name="Anna Nowak", email="anna@firma.example", phone="+48600100200"),
        EmployeeChanged(employee_id=PIOTR, name="Piotr Nowak", email="piotr@firma.example", locale="en"),
        mail_account(OFFICE),
    ]


def mail_account(mail_account_id: UUID, **fields: Any) -> MailAccountChanged:
    given = {"name": "Biuro Demo", "address": "biuro@firma.example", "timezone": "Europe/Warsaw", "can_send": True}
    return MailAccountChanged(mail_account_id=mail_account_id, **given | fields)


def clients(*channels: ChannelPlan) -> ReminderPlan:
    return ReminderPlan(client=AudiencePlan(enabled=True, channels=list(channels)))


def operators(*channels: ChannelPlan) -> ReminderPlan:
    return ReminderPlan(operator=AudiencePlan(enabled=True, channels=list(channels)))


def a_task(**fields: Any) -> TaskState:
    starts_at = fields.get("starts_at", START)
    given = {
        "task_id": uuid4(),
        "version": 1,
        "number": "CRM/1/2026",
        "title": "Przegląd pieca",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=1) if starts_at else None,
        "account_id": ACCOUNT,
        "contact_ids": [CONTACT],
        "assignee_ids": [ANNA],
        "reminders": clients(SMS),
        **fields,
    }
    if starts_at and "occurrences" not in fields:
        given["occurrences"] = [Occurrence(starts_at=starts_at, ends_at=given["ends_at"])]
    return TaskState(**given)


def created(**fields: Any) -> TaskCreated:
    return TaskCreated(task=a_task(**fields))


def changed(event: TaskEvent, kind: type[TaskEvent] = TaskUpdated, **fields: Any) -> TaskEvent:
    """The next word about the same task."""
    given = {**event.task.model_dump(), "version": event.task.version + 1, **fields}
    if "starts_at" in fields and "occurrences" not in fields:
        given["ends_at"] = fields["starts_at"] + timedelta(hours=1)
        given["occurrences"] = [Occurrence(starts_at=given["starts_at"], ends_at=given["ends_at"])]
    return kind(task=TaskState(**given), changed=sorted(fields))


def cancelled(event: TaskEvent) -> TaskEvent:
    return changed(event, TaskCancelled, status="cancelled", status_code="a")


def read_mail(content: bytes) -> EmailMessage:
    parsed = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed
