"""A small office in a running installation: one of each thing an address can name, all of them come from one mail."""

from __future__ import annotations

from typing import Any

from goniec.api import Api, wait_until

OFFICE = "biuro@zegar.example"
CLIENT = "anna@mlyn.example"
PATIENCE = 60.0

Ids = dict[str, dict[str, str]]
"""Service → name of a path parameter → something that exists."""


async def an_office(api: Api) -> Ids:
    """A mail account, a client with a contact, an employee; and what an invitation of that client made of itself."""
    account = await api.post(
        "tasks-api", "/v1/accounts", {"name": "Zielony Młyn", "emails": [CLIENT], "sms_phone": "+48600100200"}
    )
    contact = await api.post("tasks-api", "/v1/contacts", {"account_id": account["id"], "name": "Anna Młynarska"})
    employee = await api.post("tasks-api", "/v1/employees", {"name": "Jan Zegar", "email": "jan@zegar.example"})
    kind = await api.post("tasks-api", "/v1/task-types", {"name": "Przegląd"})
    mailbox = await api.post("mail-ingest", "/v1/mail-accounts", {"name": "Biuro", "address": OFFICE})
    await _reminders_are_armed_for_new_tasks(api)
    case_number = await _case_of_a_known_client(api, mailbox["id"])
    message = await api.push(mailbox["id"], invitation_mail())
    invitation = await first_of(api, "tasks-api", "/v1/invitations", message_id=message["id"])
    task_id = invitation["task_ids"][0]
    reminder = await first_of(api, "reminder-dispatcher", "/v1/reminders", task_id=task_id)
    template = await first_of(api, "reminder-dispatcher", "/v1/templates")
    number = {"number": str(case_number), "message_id": message["id"], "email": CLIENT}
    return {
        "tasks-api": {
            "account_id": account["id"],
            "contact_id": contact["id"],
            "employee_id": employee["id"],
            "type_id": kind["id"],
            "task_id": task_id,
            "invitation_id": invitation["id"],
            "message_id": message["id"],
        },
        "mail-ingest": {"account_id": mailbox["id"], "message_id": message["id"]},
        "case-threader": number,
        "reminder-dispatcher": {"reminder_id": reminder["id"], "template_id": template["id"]},
    }


async def filing_of(api: Api, message_id: str, *, seconds: float = PATIENCE) -> dict[str, Any]:
    async def decided() -> dict[str, Any] | None:
        answer = await api.call_anyway("case-threader", "GET", f"/v1/filings/{message_id}")
        return answer.json() if answer.is_success else None

    return await wait_until(decided, what=f"filing of {message_id}", seconds=seconds)


async def first_of(api: Api, service: str, path: str, **query: str) -> dict[str, Any]:
    """The first item of a list, as soon as there is one."""

    async def found() -> dict[str, Any] | None:
        return next(iter((await api.get(service, path, limit=1, **query))["items"]), None)

    return await wait_until(found, what=f"item of {path}", seconds=PATIENCE)


def plain_mail(subject: str, *, sender: str = CLIENT, body: bytes = b"Dzie=C5=84 dobry", fields: str = "") -> bytes:
    """A small mail, or with `body` one of any kind: its header ends with `fields`."""
    head = (
        f"From: Anna <{sender}>\r\nTo: {OFFICE}\r\nSubject: {subject}\r\nMessage-ID: <{subject.lower()}@mlyn.example>\r\n"
        f"Date: Sun, 22 Nov 2026 09:00:00 +0100\r\nMIME-Version: 1.0\r\n{fields or _TEXT}\r\n"
    )
    return head.encode() + body


def mail_of_parts(subject: str, parts: list[bytes]) -> bytes:
    """A multipart mail; each part has its own header."""
    body = b"".join(b"--=_p\r\n%b\r\n" % part for part in parts) + b"--=_p--\r\n"
    return plain_mail(subject, body=body, fields='Content-Type: multipart/mixed; boundary="=_p"\r\n')


def invitation_mail() -> bytes:
    calendar = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//office//PL\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n"
        "UID:przeglad@mlyn.example\r\nSEQUENCE:0\r\nDTSTAMP:20261122T080000Z\r\nDTSTART:20370105T090000Z\r\n"
        f"DTEND:20370105T100000Z\r\nSUMMARY:Przegląd\r\nORGANIZER:mailto:{CLIENT}\r\nATTENDEE:mailto:{OFFICE}\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    part = f"Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\n\r\n{calendar}".encode()
    return mail_of_parts("Przeglad", [part])


_TEXT = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"


async def _reminders_are_armed_for_new_tasks(api: Api) -> None:
    settings = await api.get("reminder-dispatcher", "/v1/reminder-settings")
    client = {"use_as_default": True, "channels": [{"channel": "sms", "lead_time": "PT24H"}]}
    await api.put("reminder-dispatcher", "/v1/reminder-settings", {**settings, "enabled": True, "client": client})

    async def known_at_tasks_api() -> bool | None:
        task = await api.post("tasks-api", "/v1/tasks", {"title": "Probe"})
        return True if (task["reminders"] or {}).get("client", {}).get("enabled") else None

    await wait_until(known_at_tasks_api, what="reminder settings at tasks-api", seconds=PATIENCE)


async def _case_of_a_known_client(api: Api, mail_account_id: str) -> int:
    """Mails are pushed until the directory is known at case-threader and one opens a case."""
    tries = iter(range(1000))

    async def opened() -> int | None:
        message = await api.push(mail_account_id, plain_mail(f"Pytanie-{next(tries)}"))
        filing = await filing_of(api, message["id"])
        return int(filing["case_number"]) if filing["outcome"] == "new" else None

    return await wait_until(opened, what="case", seconds=PATIENCE)


def _nested(depth: int) -> bytes:
    """Multiparts inside of one another; the outermost boundary is `=_0`."""
    inner = b"Content-Type: text/plain\r\n\r\nx\r\n"
    for level in range(depth, 0, -1):
        inner = b'--=_%d\r\nContent-Type: multipart/mixed; boundary="=_%d"\r\n\r\n%b' % (level - 1, level, inner)
    return inner


UNREADABLE = {
    "too_deep": plain_mail(
        "Zagniezdzony", body=_nested(60), fields='Content-Type: multipart/mixed; boundary="=_0"\r\n'
    ),
    "too_many_parts": mail_of_parts("Kawalki", [b"\r\nx"] * 1200),
    "too_many_headers": plain_mail("Naglowki", fields="X-Filler: x\r\n" * 1500),
    "headers_too_large": plain_mail("Wiersz", fields=f"X-Filler: {'x' * 300_000}\r\n"),
}
"""Mails that break a limit, by the reason that stands at them in quarantine."""
