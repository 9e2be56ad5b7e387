"""The story of `make demo`: each step does something real and then waits for what a stranger can see of it."""

from __future__ import annotations

import email
import email.policy
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiosmtplib

from goniec.api import Api, wait_until
from goniec.demo.mail_server import DemoMailServer
from goniec.demo.sample_mails import calendar_moment, sample_mail

CLIENT = "anna@zielonymlyn.example"
CLIENT_PHONE = "+48600100200"
TECHNICIAN = "piotr@demo.example"
PATIENCE = 45.0
CLIENT_LEAD = timedelta(hours=2)
OPERATOR_LEAD = timedelta(hours=2)
OPERATOR_LAST_LEAD = timedelta(minutes=15)
UNTIL_REMINDED = timedelta(seconds=6)


@dataclass(frozen=True)
class Told:
    """One step of the story: what happened, and the ids to look at."""

    what: str
    details: tuple[str, ...] = ()


@dataclass
class Story:
    """Plays on an installation and a mail server; `async for told in story.steps()` tells it.

    `mail_host` is where the services find the mail server: IMAP for mail-ingest, SMTP for whoever sends.
    """

    api: Api
    mail: DemoMailServer
    imap_host: str = "127.0.0.1"
    smtp_host: str = "127.0.0.1"
    uid: str = field(default_factory=lambda: f"demo-{secrets.token_hex(6)}@zielonymlyn.example")
    mail_account_id: str = ""
    account_id: str = ""
    employee_id: str = ""
    task_id: str = ""
    case_number: int = 0

    async def steps(self) -> AsyncIterator[Told]:
        yield await self._prepare_office()
        yield await self._prepare_reminders()
        yield await self._question_opens_case()
        yield await self._reply_closes_case()
        yield await self._answer_reopens_case()
        yield await self._invitation_becomes_task()
        yield await self._second_request_moves_task()
        yield await self._reminders_leave()
        yield await self._cancellation_withdraws()

    # ---- before the curtain

    async def _prepare_office(self) -> Told:
        api = self.api
        self.mail_account_id = await self._mail_account()
        self.account_id = await self._card(
            "/v1/accounts", "Zielony Młyn sp. z o.o.", emails=[CLIENT], sms_phone=CLIENT_PHONE
        )
        self.employee_id = await self._card("/v1/employees", "Piotr Nowak", email=TECHNICIAN)
        settings = await api.get("case-threader", "/v1/case-settings")
        await api.put("case-threader", "/v1/case-settings", {**settings, "tag_prefix": "Demo"})
        await wait_until(self._mailbox_is_open, what="open mailbox", seconds=PATIENCE)
        return Told(
            "The office: a mailbox (IMAP and SMTP), a client, a technician",
            (f"mail account {self.mail_account_id}", f"account {self.account_id}", f"employee {self.employee_id}"),
        )

    async def _prepare_reminders(self) -> Told:
        templates = [t async for t in self.api.items("reminder-dispatcher", "/v1/templates")]
        settings = await self.api.get("reminder-dispatcher", "/v1/reminder-settings")
        changed = {
            **settings,
            "enabled": True,
            "mail_account_id": self.mail_account_id,
            "client": _audience(
                _channel("sms", CLIENT_LEAD, _template(templates, "sms", "client")),
                _channel("email", CLIENT_LEAD, _template(templates, "email", "client")),
            ),
            "operator": _audience(
                _channel("email", OPERATOR_LEAD, _template(templates, "email", "operator")),
                {"channel": "app", "lead_time": _iso(OPERATOR_LAST_LEAD)},
            ),
        }
        await self.api.put("reminder-dispatcher", "/v1/reminder-settings", changed)
        return Told(
            "Reminders are on: clients by SMS and e-mail, operators by e-mail two hours before and where they work"
            " a quarter of an hour before"
        )

    # ---- the story

    async def _invitation_becomes_task(self) -> Told:
        await self._client_sends("03-invitation.eml", **self._times(timedelta(hours=3)))
        task = await wait_until(self._task, what="task of the invitation", seconds=PATIENCE)
        self.task_id = task["id"]
        task = await self.api.get("tasks-api", f"/v1/tasks/{self.task_id}")
        changed = {"assignee_ids": [self.employee_id]}
        await self.api.call(
            "tasks-api",
            "PATCH",
            f"/v1/tasks/{self.task_id}",
            json=changed,
            headers={"If-Match": f'"{task["version"]}"'},
        )
        return Told(
            f"An invitation came by mail and became a task: {task['title']}",
            (
                f"task {self.task_id}",
                f"starts {task['starts_local']}",
                f"account {task['account_id']} (found by the sender)",
            ),
        )

    async def _question_opens_case(self) -> Told:
        raw = await self._client_sends("01-question.eml")
        number = await wait_until(
            lambda: self._case_of(_message_id(raw)), what="case of the question", seconds=PATIENCE
        )
        self.case_number = number
        case = await self.api.get("case-threader", f"/v1/cases/{number}")
        return Told(f"A question came and opened case {case['tag']}: {case['title']}", (f"status {case['status']}",))

    async def _reply_closes_case(self) -> Told:
        body = {
            "from_account_id": self.mail_account_id,
            "to": [CLIENT],
            "cc": [],
            "text": "Dzień dobry,\ntak, mamy go na stanie.\nPiotr Nowak",
        }
        reply = await self.api.post("case-threader", f"/v1/cases/{self.case_number}/replies", body)
        sent = _parsed(await self._mail_with_id(reply["rfc_message_id"]))
        case = await wait_until(lambda: self._case_with("closed"), what="closed case", seconds=PATIENCE)
        return Told(
            f"Our reply left over SMTP and closed {case['tag']}",
            (f"Subject: {sent['Subject']}", f"Message-ID: {sent['Message-ID']}"),
        )

    async def _answer_reopens_case(self) -> Told:
        reply = _parsed(self.mail.inbox_of(CLIENT)[-1])
        await self._client_sends(
            "02-answer.eml", subject=_encoded(f"Odp: {reply['Subject']}"), in_reply_to=str(reply["Message-ID"])
        )
        case = await wait_until(lambda: self._case_with("open"), what="reopened case", seconds=PATIENCE)
        return Told(
            f"The client answered and {case['tag']} is open again", (f"{len(case['messages'])} messages in one place",)
        )

    async def _second_request_moves_task(self) -> Told:
        before = await self.api.get("tasks-api", f"/v1/tasks/{self.task_id}")
        await self._client_sends("04-invitation-moved.eml", **self._times(CLIENT_LEAD + UNTIL_REMINDED))

        async def moved() -> dict[str, Any] | None:
            task: dict[str, Any] = await self.api.get("tasks-api", f"/v1/tasks/{self.task_id}")
            return task if task["starts_at"] != before["starts_at"] else None

        task = await wait_until(moved, what="moved task", seconds=PATIENCE)
        return Told(
            "A second REQUEST moved the same task; its reminders moved along",
            (f"from {before['starts_local']}", f"to   {task['starts_local']}", f"SEQUENCE {task['sequence']}"),
        )

    async def _reminders_leave(self) -> Told:
        sms = await wait_until(
            lambda: self._reminder("client", "sms", {"sent", "delivered"}), what="SMS", seconds=PATIENCE
        )
        mail = await wait_until(
            lambda: self._reminder("client", "email", {"sent", "delivered"}), what="reminder", seconds=PATIENCE
        )
        own = await wait_until(
            lambda: self._reminder("operator", "email", {"sent", "delivered"}), what="operator's", seconds=PATIENCE
        )
        arrived = _parsed(await self._mail_with_id(mail["rfc_message_id"], of=CLIENT))
        told = _parsed(await self._mail_with_id(own["rfc_message_id"], of=TECHNICIAN))
        cost = await self.api.post(
            "reminder-dispatcher",
            "/v1/templates/preview",
            {"template_id": sms["template_id"], "task_id": self.task_id},
        )
        return Told(
            "Three reminders left: to the client by SMS (console) and e-mail, to the technician by e-mail",
            (
                f"SMS to {sms['recipient']} ({_segments(sms['segments'])}, {cost['sms']['encoding']}): {sms['text']}",
                f"e-mail to {mail['recipient']}: {arrived['Subject']}",
                f"e-mail to {own['recipient']}: {told['Subject']}",
            ),
        )

    async def _cancellation_withdraws(self) -> Told:
        armed = await wait_until(
            lambda: self._reminder("operator", "app", {"armed"}), what="armed reminder", seconds=PATIENCE
        )
        await self._client_sends("05-cancellation.eml", **self._times(CLIENT_LEAD + UNTIL_REMINDED))

        async def cancelled() -> dict[str, Any] | None:
            task: dict[str, Any] = await self.api.get("tasks-api", f"/v1/tasks/{self.task_id}")
            return task if task["status"] == "cancelled" else None

        task = await wait_until(cancelled, what="cancelled task", seconds=PATIENCE)

        async def suppressed() -> dict[str, Any] | None:
            reminder: dict[str, Any] = await self.api.get("reminder-dispatcher", f"/v1/reminders/{armed['id']}")
            return reminder if reminder["status"] == "suppressed" else None

        withdrawn = await wait_until(suppressed, what="withdrawn reminder", seconds=PATIENCE)
        return Told(
            "The CANCEL cancelled the task and withdrew the reminder that was still armed",
            (
                f"task {task['id']}: status {task['status']}, code {task['status_code']}",
                f"reminder {withdrawn['id']}: {withdrawn['status']} ({withdrawn['reason']})",
            ),
        )

    # ---- looking

    async def _mailbox_is_open(self) -> bool | None:
        health = await self.api.get("mail-ingest", f"/v1/mail-accounts/{self.mail_account_id}/health")
        return True if health.get("last_success_at") else None

    async def _task(self) -> dict[str, Any] | None:
        tasks = [task async for task in self.api.items("tasks-api", "/v1/tasks", uid=self.uid)]
        return tasks[0] if tasks else None

    async def _case_of(self, rfc_message_id: str) -> int | None:
        async for case in self.api.items("case-threader", "/v1/cases", account_id=self.account_id):
            whole = await self.api.get("case-threader", f"/v1/cases/{case['number']}")
            if any(_bare(m["rfc_message_id"]) == _bare(rfc_message_id) for m in whole["messages"]):
                return int(case["number"])
        return None

    async def _case_with(self, status: str) -> dict[str, Any] | None:
        case: dict[str, Any] = await self.api.get("case-threader", f"/v1/cases/{self.case_number}")
        return case if case["status"] == status else None

    async def _reminder(self, audience: str, channel: str, statuses: set[str]) -> dict[str, Any] | None:
        async for reminder in self.api.items("reminder-dispatcher", "/v1/reminders", task_id=self.task_id):
            if reminder["audience"] == audience and reminder["channel"] == channel and reminder["status"] in statuses:
                return reminder
        return None

    async def _mail_with_id(self, rfc_message_id: str, *, of: str = CLIENT) -> bytes:
        async def arrived() -> bytes | None:
            return next(
                (raw for raw in self.mail.inbox_of(of) if _bare(_message_id(raw)) == _bare(rfc_message_id)), None
            )

        return await wait_until(arrived, what=f"mail {rfc_message_id} at {of}", seconds=PATIENCE)

    # ---- doing

    async def _client_sends(self, name: str, **places: str) -> bytes:
        raw = sample_mail(name, office=self.mail.address, uid=self.uid, **places)
        await aiosmtplib.send(
            raw,
            sender=CLIENT,
            recipients=[self.mail.address],
            hostname="127.0.0.1",
            port=self.mail.smtp_port,
            start_tls=False,
        )
        return raw

    def _times(self, until_start: timedelta) -> dict[str, str]:
        starts = datetime.now(UTC) + until_start
        return {"starts": calendar_moment(starts), "ends": calendar_moment(starts + timedelta(hours=1))}

    async def _mail_account(self) -> str:
        async for account in self.api.items("mail-ingest", "/v1/mail-accounts"):
            if account["address"] == self.mail.address:
                return str(account["id"])
        auth = {"kind": "password", "username": self.mail.address, "password": self.mail.password}
        body = {
            "name": "Biuro", "address": self.mail.address, "aliases": [], "invitation_policy": "auto",
            "trusted_authserv_ids": [], "timezone": "Europe/Warsaw",
            "imap": {
                "host": self.imap_host, "port": self.mail.imap_port, "security": "none", "auth": auth,
                "folders": [{"name": "INBOX", "role": "inbox"}], "start": "all",
            },
            "smtp": {"host": self.smtp_host, "port": self.mail.smtp_port, "security": "none", "auth": None},
        }  # fmt: skip
        return str((await self.api.post("mail-ingest", "/v1/mail-accounts", body))["id"])

    async def _card(self, path: str, name: str, **fields: Any) -> str:
        async for card in self.api.items("tasks-api", path):
            if card["name"] == name:
                return str(card["id"])
        return str((await self.api.post("tasks-api", path, {"name": name, **fields}))["id"])


def _audience(*channels: dict[str, Any]) -> dict[str, Any]:
    return {"use_as_default": True, "channels": list(channels)}


def _channel(channel: str, lead: timedelta, template_id: str) -> dict[str, Any]:
    return {"channel": channel, "template_id": template_id, "lead_time": _iso(lead)}


def _iso(length: timedelta) -> str:
    return f"PT{int(length.total_seconds() // 60)}M"


def _segments(count: int) -> str:
    return f"{count} segment" if count == 1 else f"{count} segments"


def _template(templates: list[dict[str, Any]], channel: str, audience: str) -> str:
    """The template of a channel for an audience, in Polish when there is a choice."""
    fitting = [
        t for t in templates if t["channel"] == channel and any(audience in c or c == "*" for c in t["contexts"])
    ]
    return str(min(fitting, key=lambda t: (not t["is_default"], t["name"]))["id"])


def _parsed(raw: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)


def _message_id(raw: bytes) -> str:
    return str(_parsed(raw)["Message-ID"])


def _bare(message_id: str | None) -> str:
    return (message_id or "").strip().strip("<>").lower()


def _encoded(subject: str) -> str:
    return email.header.Header(subject, "utf-8", maxlinelen=60, header_name="Subject").encode()
