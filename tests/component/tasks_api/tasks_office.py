"""tasks-api under test: its doors, and builders of what comes in through them."""

from __future__ import annotations

import asyncio
import email
import email.policy
import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any, Self, TypeVar
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI

from contracts.addresses import Address
from contracts.calendar import (
    CALENDAR_EVENTS,
    Attendee,
    CalendarHeld,
    CalendarObject,
    Component,
    Organizer,
    When,
)
from contracts.mail import Authentication, MailAccountChanged
from contracts.reminders import ReminderSettingsChanged
from contracts.tasks import AudiencePlan, ChannelPlan
from kit.database import Database
from kit.events import Event, Heard
from kit.ids import new_id
from kit.smtp import Sent, SmtpAccess, SmtpFailed
from kit.testing import FixedClock, announced, announced_envelopes, hear
from kit.testing.web import PRIVATE_KEY, parts_for_tests
from kit.tokens import InvalidToken
from kit.workers import Result, WorkerFailed
from tasks_api.access_tokens import TokenIssuer
from tasks_api.app import app_of, own_verifier
from tasks_api.desk import Desk
from tasks_api.handlers import subscription
from tasks_api.letter_sending import LetterSender
from tasks_api.parts import TasksParts
from tasks_api.passwords import Passwords
from tasks_api.settings import Settings
from tasks_api.sights import Sights
from tasks_api.signing_in import SignIn
from tasks_api.signing_keys import SigningKeys

E = TypeVar("E", bound=Event)

ADMIN_PASSWORD = "only-for-tests"
CLIENT_SECRET = "secret-of-the-services"
MAILBOX = "biuro@nasza.example"
ORGANIZER = "anna@mlyn.example"


class InlineWorkers:
    """The contract of `kit.workers.WorkerPool`, without processes and therefore without limits."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def check(self) -> str | None:
        return None

    async def run(self, function: str, arguments: Sequence[bytes]) -> list[Result]:
        module, _, name = function.partition(":")
        work = getattr(importlib.import_module(module), name)
        self.asked += [function] * len(arguments)
        results: list[Result] = []
        for argument in arguments:
            try:
                results.append(work(argument))
            except Exception as error:  # noqa: BLE001 - whatever a job raises is its failure
                results.append(WorkerFailed("raised", type(error).__name__))
        return results


@dataclass
class Postbox:
    """Stands for the SMTP servers of our mail accounts: keeps what it is handed, or refuses it."""

    mails: list[tuple[str, list[str], EmailMessage]] = field(default_factory=list)
    refusing: SmtpFailed | None = None

    async def send(self, access: SmtpAccess, *, envelope_from: str, recipients: list[str], message: bytes) -> Sent:
        if self.refusing is not None:
            raise self.refusing
        read = email.message_from_bytes(message, policy=email.policy.default)
        assert isinstance(read, EmailMessage)
        self.mails.append((envelope_from, list(recipients), read))
        return Sent(250, "taken")

    async def close(self) -> None:
        return None


class Accesses:
    """Stands for mail-ingest, which knows how each account sends."""

    async def get(self, mail_account_id: UUID) -> SmtpAccess:
        return SmtpAccess("smtp.example", 25, "none", None)

    def forget(self, mail_account_id: UUID) -> None:
        return None


def quick_passwords() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def parts_under_test(settings: Settings, database: Database, clock: FixedClock) -> TasksParts:
    """Parts with the key that `kit.testing.web.signed_token` uses, so that both kinds of tokens are good."""
    keys = SigningKeys(PRIVATE_KEY)
    passwords, workers, postbox = quick_passwords(), InlineWorkers(), Postbox()
    secrets = dict.fromkeys(("mail-ingest", "case-threader", "reminder-dispatcher"), CLIENT_SECRET)
    parts = parts_for_tests(
        settings,
        database,
        clock,
        make=TasksParts,
        keys=keys,
        passwords=passwords,
        workers=workers,
        smtp=postbox,
        letter_sender=LetterSender(database, clock, postbox, Accesses()),  # type: ignore[arg-type]
        desk=Desk.of(settings, workers),
        sights=Sights(database, clock),
        sign_in=SignIn(
            database,
            TokenIssuer(keys, settings.issuer, settings.audience, settings.token_lifetime),
            passwords,
            client_secrets=secrets,
            free_tries=settings.wrong_passwords,
        ),
    )
    parts.verifier = _BothKeys(parts.verifier, own_verifier(parts, keys))
    return parts


class _BothKeys:
    """Tokens of the test key under the id `test`, and those the service made itself."""

    def __init__(self, first: Any, second: Any) -> None:
        self._verifiers = (first, second)

    async def verify(self, token: str) -> Any:
        try:
            return await self._verifiers[0].verify(token)
        except InvalidToken:
            return await self._verifiers[1].verify(token)


@dataclass
class Office:
    """A running tasks-api: HTTP in front, events behind."""

    app: FastAPI
    parts: TasksParts
    client: httpx.AsyncClient
    clock: FixedClock
    database: Database
    heard: list[Event] = field(default_factory=list)

    async def hear(self, *events: Event | Heard[Event]) -> None:
        await hear(self.database, subscription(self.parts.desk), *events, now=self.clock.now())

    async def announced(self, kind: type[E]) -> list[E]:
        return await announced(self.database, kind)

    async def announced_names(self) -> list[str]:
        return [envelope.event.subject for envelope in await announced_envelopes(self.database)]

    async def get(self, path: str, **params: Any) -> Any:
        return self._good(await self.client.get(path, params=params))

    async def post(self, path: str, body: Any = None, *, expect: int | None = None, **kwargs: Any) -> Any:
        return self._good(await self.client.post(path, json=body if body is not None else {}, **kwargs), expect)

    async def patch(self, path: str, body: Any, *, expect: int | None = None, **kwargs: Any) -> Any:
        return self._good(await self.client.patch(path, json=body, **kwargs), expect)

    async def put(self, path: str, body: Any, *, expect: int | None = None, **kwargs: Any) -> Any:
        return self._good(await self.client.put(path, json=body, **kwargs), expect)

    @property
    def postbox(self) -> Postbox:
        return self.parts.smtp  # type: ignore[return-value]

    async def letters(self, count: int) -> list[EmailMessage]:
        """So many calendar messages of ours, once they have left."""
        self.parts.letter_sender.wake()
        async with asyncio.timeout(10):
            while len(self.postbox.mails) < count or await self._on_their_way():
                await asyncio.sleep(0.01)
        assert len(self.postbox.mails) == count
        return [message for _, _, message in self.postbox.mails]

    async def _on_their_way(self) -> list[Any]:
        return list((await self.get("/v1/letters", status=["queued", "sending"]))["items"])

    async def account(self, name: str = "Młyn", *emails: str, **fields: Any) -> str:
        return str((await self.post("/v1/accounts", {"name": name, "emails": list(emails), **fields}))["id"])

    async def contact(self, account_id: str, name: str = "Anna", *emails: str, **fields: Any) -> str:
        body = {"account_id": account_id, "name": name, "emails": list(emails), **fields}
        return str((await self.post("/v1/contacts", body))["id"])

    async def employee(self, name: str = "Jan", email: str | None = None, **fields: Any) -> str:
        return str((await self.post("/v1/employees", {"name": name, "email": email, **fields}))["id"])

    async def task(self, title: str = "Zadzwonić", **fields: Any) -> Any:
        return await self.post("/v1/tasks", {"title": title, **fields})

    async def tasks(self, **params: Any) -> list[Any]:
        return list((await self.get("/v1/tasks", limit=200, **params))["items"])

    async def records(self, event: CalendarObject) -> list[Any]:
        return list((await self.get("/v1/invitations", message_id=str(event.message_id)))["items"])

    @staticmethod
    def _good(answer: httpx.Response, expect: int | None = None) -> Any:
        if expect is None:
            assert answer.is_success, answer.text
        else:
            assert answer.status_code == expect, answer.text
        return answer.json() if answer.content else None


# ---- builders


def at(text: str, timezone: str = "Europe/Warsaw") -> When:
    """`2026-11-30T10:00` on the wall of a zone."""
    local = datetime.fromisoformat(text)
    return When(
        at=local.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC),
        local=local.isoformat(),
        timezone=timezone,
        tzid=timezone,
    )


def on(text: str) -> When:
    return When(on=date.fromisoformat(text))


def an_event(uid: str = "spotkanie-1@mlyn.example", **fields: Any) -> Component:
    """One VEVENT; says a meeting on Monday at ten, unless told otherwise."""
    values: dict[str, Any] = {
        "uid": uid,
        "dtstamp": datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
        "sequence_given": True,
        "starts": at("2026-11-30T10:00"),
        "ends": at("2026-11-30T11:00"),
        "ends_given": True,
        "summary": "Przegląd umowy",
        "organizer": Organizer(email=ORGANIZER, name="Anna"),
        "attendees": [Attendee(email=MAILBOX)],
    }
    values.update(fields)
    values.setdefault("fingerprint", uuid4().hex)
    return Component(**values)


def a_mail_with(method: str, *components: Component, **fields: Any) -> CalendarObject:
    """One iTIP object of one mail from the organizer to our mailbox."""
    values: dict[str, Any] = {
        "message_id": new_id(),
        "mail_account_id": UUID(int=1),
        "mailbox": MAILBOX,
        "own_addresses": [MAILBOX],
        "received_at": datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
        "sender": Address(email=ORGANIZER, name="Anna"),
        "mail_subject": "Zaproszenie",
        "authentication": Authentication(),
        "method": method,
        "components": list(components) or [an_event()],
    }
    values.update(fields)
    return CALENDAR_EVENTS[method](**values)


def a_held_part(reason: str = "no_method", verdict: str = "ignored", **fields: Any) -> CalendarHeld:
    return CalendarHeld(
        message_id=fields.pop("message_id", new_id()),
        mail_account_id=UUID(int=1),
        mailbox=MAILBOX,
        received_at=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
        reason=reason,
        verdict=verdict,  # type: ignore[arg-type]
        **fields,
    )


def a_mail_account(address: str = MAILBOX, **fields: Any) -> MailAccountChanged:
    values: dict[str, Any] = {
        "mail_account_id": new_id(),
        "name": address,
        "address": address,
        "timezone": "Europe/Warsaw",
        **fields,
    }
    return MailAccountChanged(**values)


def reminder_settings(**fields: Any) -> ReminderSettingsChanged:
    """An automation that is on and may send e-mail; both audiences by default, unless told otherwise."""
    values: dict[str, Any] = {
        "version": 1,
        "enabled": True,
        "mail_account_id": UUID(int=7),
        "client_use_as_default": False,
        "client": AudiencePlan(enabled=True, channels=[ChannelPlan(channel="sms", lead_time=timedelta(hours=2))]),
        "operator_use_as_default": False,
        "operator": AudiencePlan(enabled=True, channels=[ChannelPlan(channel="email", lead_time=timedelta(hours=1))]),
    }
    values.update(fields)
    return ReminderSettingsChanged(**values)


__all__ = [
    "ADMIN_PASSWORD",
    "CLIENT_SECRET",
    "MAILBOX",
    "ORGANIZER",
    "Office",
    "a_held_part",
    "a_mail_account",
    "a_mail_with",
    "an_event",
    "app_of",
    "at",
    "on",
    "parts_under_test",
    "reminder_settings",
]
