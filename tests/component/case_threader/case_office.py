"""case-threader under test: its doors, and builders of what comes in through them."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx

from case_threader.acknowledging import House
from case_threader.handlers import subscription
from case_threader.parts import ThreaderParts
from contracts.addresses import Address, canonical_message_id
from contracts.directory import AccountChanged, ContactChanged, EmployeeChanged
from contracts.mail import DeliveryReport, FailedRecipient, MailAccountChanged, MailFacts, MailReceived, MailSent
from kit.database import Database
from kit.events import Event, Heard
from kit.ids import new_id
from kit.testing import FixedClock, announced, hear
from kit.testing.smtp_sink import SmtpSink

E = TypeVar("E", bound=Event)
T = TypeVar("T")

_NOBODY = UUID(int=0)
LOOP_MARK = "goniec-test"
BIURO, SERWIS = "biuro@acme.example", "serwis@acme.example"
ANNA, PIOTR = "anna@acme.example", "piotr@acme.example"
JAN, EWA, NOWAK = "jan@kowalski.example", "ewa@kowalski.example", "nowak@nowak.example"
OBCY = "obcy@daleko.example"
DAEMON = "mailer-daemon@acme.example"
WRITTEN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def a_mail(**given: Any) -> MailFacts:
    """A mail from Jan to the office; the test writes only what matters to it.

    `sender`, `to`, `cc`, `bcc`, `reply_to` take addresses, `message_id` an RFC id, `sent=True` makes it a copy in Sent.
    """
    sent = given.pop("sent", False)
    sender = given.pop("sender", BIURO if sent else JAN)
    rfc_id = given.pop("message_id", f"{uuid4().hex}@kowalski.example")
    mailbox = given.pop("mailbox", BIURO)
    mail_id = given.pop("id", None) or new_id()
    fields: dict[str, Any] = {
        "message_id": mail_id, "mail_account_id": mail_account_of(mailbox), "mailbox": mailbox,
        "folder": "Sent" if sent else "INBOX", "role": "sent" if sent else "inbox",
        "sha256": hashlib.sha256(mail_id.bytes).hexdigest(),
        "rfc_message_id": canonical_message_id(rfc_id) if rfc_id else None, "written_message_id": rfc_id,
        "mail_subject": given.pop("subject", "Zapytanie"), "sender": _address(sender),
        "from_addresses": [address for address in [_address(sender)] if address],
        "to": [_address(each) for each in given.pop("to", [JAN] if sent else [mailbox])],
        "cc": [_address(each) for each in given.pop("cc", [])], "bcc": [_address(each) for each in given.pop("bcc", [])],
        "in_reply_to": [canonical_message_id(each) for each in given.pop("in_reply_to", [])],
        "references": [canonical_message_id(each) for each in given.pop("references", [])],
        "sent_at": WRITTEN, "received_at": WRITTEN, "text": "Dzień dobry, proszę o ofertę.",
    }  # fmt: skip
    return (MailSent if sent else MailReceived)(**{**fields, **given})


def an_account(name: str, *emails: str, version: int = 1, id: UUID | None = None) -> AccountChanged:  # noqa: A002
    return AccountChanged(account_id=id or new_id(), name=name, emails=list(emails), version=version)


def a_contact(account_id: UUID, name: str, *emails: str, id: UUID | None = None) -> ContactChanged:  # noqa: A002
    return ContactChanged(contact_id=id or new_id(), account_id=account_id, name=name, emails=list(emails))


def an_employee(email: str) -> EmployeeChanged:
    return EmployeeChanged(employee_id=new_id(), name=email.partition("@")[0], email=email)


def a_mailbox(
    address: str, *aliases: str, can_send: bool = True, keeps_sent_copies: bool = False
) -> MailAccountChanged:
    return MailAccountChanged(
        mail_account_id=mail_account_of(address), name="Biuro Acme", address=address, aliases=list(aliases),
        timezone="Europe/Warsaw", can_send=can_send, keeps_sent_copies=keeps_sent_copies,
    )  # fmt: skip


_ACTIONS: dict[str, Any] = {"failed": "failed", "delayed": "delayed", "delivered": "delivered"}


def a_report(kind: str, *about: str, recipient: str = JAN, subject: str | None = None) -> DeliveryReport:
    """What a machine tells about a mail of ours."""
    return DeliveryReport(
        kind=kind,  # type: ignore[arg-type]
        recipients=[
            FailedRecipient(
                email=recipient, action=_ACTIONS.get(kind, "unknown"), status="5.1.1", diagnostic="550 no such user"
            )
        ],
        original_message_ids=[canonical_message_id(each) for each in about],
        original_subject=subject,
    )


def mail_account_of(address: str) -> UUID:
    """The same mailbox has the same id in every test."""
    return UUID(hashlib.md5(address.encode()).hexdigest())


def _address(email: str | Address | None) -> Address | None:
    return email if isinstance(email, Address) else Address(email=email) if email else None


@dataclass
class Siblings:
    """tasks-api and mail-ingest as case-threader calls them."""

    sink: SmtpSink
    learned: list[tuple[str, str]] = field(default_factory=list)
    accounts: list[dict[str, Any]] = field(default_factory=list)
    contacts: list[dict[str, Any]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    copies: list[bytes] = field(default_factory=list)
    down: bool = False
    refuses: dict[str, int] = field(default_factory=dict)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/v1/auth/token":
            return httpx.Response(200, json={"access_token": "token", "expires_in": 900})
        if self.down:
            raise httpx.ReadTimeout("Nobody answers.", request=request)
        for part, status in self.refuses.items():
            if part in path:
                return httpx.Response(status, json={"code": "refused"})
        if path.endswith("/smtp-access"):
            access = self.sink.access()
            told = {"host": access.host, "port": access.port, "security": access.security, "auth": None}
            return httpx.Response(200, json={**told, "address": BIURO, "name": "Biuro"})
        if path.endswith("/sent-copies"):
            self.copies.append(request.content)
            return httpx.Response(200, json={"appended": True})
        if path.endswith("/emails"):
            self.learned.append((path, json.loads(request.content)["email"]))
            return httpx.Response(201, json={})
        if path == "/v1/accounts":
            self.accounts.append({"id": str(uuid4()), **json.loads(request.content)})
            return httpx.Response(201, json=self.accounts[-1])
        if path == "/v1/contacts":
            self.contacts.append({"id": str(uuid4()), **json.loads(request.content)})
            return httpx.Response(201, json=self.contacts[-1])
        if path.startswith("/v1/messages/"):
            return httpx.Response(200, json={"text": self.texts[path.rpartition("/")[2]]})
        return httpx.Response(404, json={"code": "not_found"})


@dataclass
class Threader:
    """A running case-threader. Each mail it is told is received one minute after the one before."""

    client: httpx.AsyncClient
    parts: ThreaderParts
    clock: FixedClock
    database: Database
    sink: SmtpSink
    siblings: Siblings
    kowalski: UUID = _NOBODY
    ewa: UUID = _NOBODY
    nowak: UUID = _NOBODY

    # ---- what comes in

    async def hear(self, *events: Event | Heard[Event]) -> None:
        await hear(self.database, subscription(House(LOOP_MARK)), *events)

    async def know_account(self, name: str, *emails: str, version: int = 1, id: UUID | None = None) -> UUID:  # noqa: A002
        account = an_account(name, *emails, version=version, id=id)
        await self.hear(account)
        return account.account_id

    async def know_contact(self, account_id: UUID, name: str, *emails: str) -> UUID:
        contact = a_contact(account_id, name, *emails)
        await self.hear(contact)
        return contact.contact_id

    async def know_employee(self, email: str) -> UUID:
        employee = an_employee(email)
        await self.hear(employee)
        return employee.employee_id

    async def know_mailbox(
        self, address: str, *aliases: str, can_send: bool = True, keeps_sent_copies: bool = False
    ) -> None:
        await self.hear(a_mailbox(address, *aliases, can_send=can_send, keeps_sent_copies=keeps_sent_copies))

    async def file(self, mail: MailFacts | None = None, **given: Any) -> dict[str, Any]:
        """Tell one mail, received now unless the test says when; the decision about it."""
        if mail is None:
            now = self.clock.advance(timedelta(minutes=1))
            mail = a_mail(**{"received_at": now, "sent_at": now, **given})
        await self.hear(mail)
        return await self.filing(mail.message_id)

    # ---- what a stranger sees

    async def get(self, path: str, *, status: int = 200, **params: Any) -> Any:
        answer = await self.client.get(path, params=params)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def call(self, method: str, path: str, body: Any = None, *, status: int | None = None, **more: Any) -> Any:
        """One request; any success, or exactly `status`."""
        answer = await self.client.request(method, path, json=body if body is not None else {}, **more)
        assert answer.is_success if status is None else answer.status_code == status, (
            f"{answer.status_code} {answer.text}"
        )
        return answer.json() if answer.content else None

    async def filing(self, message_id: UUID | str) -> dict[str, Any]:
        return await self.get(f"/v1/filings/{message_id}")  # type: ignore[no-any-return]

    async def case(self, number: int) -> dict[str, Any]:
        return await self.get(f"/v1/cases/{number}")  # type: ignore[no-any-return]

    async def status(self, number: int) -> str:
        return (await self.case(number))["status"]  # type: ignore[no-any-return]

    async def messages(self, number: int) -> list[str]:
        """The ids of the messages of a case, in its order."""
        return [message["message_id"] for message in (await self.case(number))["messages"]]

    async def announced(self, kind: type[E]) -> list[E]:
        return await announced(self.database, kind)

    # ---- replies

    async def reply(self, number: int, *, to: str = JAN, text: str = "Dzień dobry.", **more: Any) -> dict[str, Any]:
        """Answer in a case and wait until the first attempt to send it is over."""
        self.clock.advance(timedelta(minutes=1))
        body = {"from_account_id": str(mail_account_of(BIURO)), "to": [to], "cc": [], "text": text, **more}
        told = await self.call("POST", f"/v1/cases/{number}/replies", body, status=202)
        return await self.attempted(told["id"])

    async def attempted(self, reply_id: str, *, times: int = 1) -> dict[str, Any]:
        async def tried() -> dict[str, Any] | None:
            reply = await self.get(f"/v1/replies/{reply_id}")
            ended = [attempt for attempt in reply["attempts"] if attempt["outcome"] != "begun"]
            return reply if len(ended) >= times else None

        return await eventually(tried)

    async def copy_in_sent(self, reply: dict[str, Any], *, mailbox: str = BIURO, role: str = "sent") -> dict[str, Any]:
        """The mail the SMTP server was given, found again in a folder."""
        return await self.file(
            sent=role == "sent", mailbox=mailbox, sender=BIURO, to=[JAN], subject=reply["subject"],
            message_id=reply["rfc_message_id"], loop_marks=[LOOP_MARK],
        )  # fmt: skip


async def eventually(question: Callable[[], Awaitable[T | None]], *, seconds: float = 10.0) -> T:
    """Ask until the answer is something."""
    async with asyncio.timeout(seconds):
        while (answer := await question()) is None:
            await asyncio.sleep(0.01)
        return answer


async def change_settings(office: Threader, **changes: object) -> dict[str, Any]:
    """Change some of the case settings; they come back as they now are."""
    settings = await office.get("/v1/case-settings")
    return await office.call("PUT", "/v1/case-settings", {**settings, **changes})  # type: ignore[no-any-return]
