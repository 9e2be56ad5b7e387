"""kill -9 of every part in the middle of 500 mails, and the broker's store deleted once: nothing lost, nothing twice.

reliability G1, G4, A1, A16, A18: the oracle joins what was pushed with what a stranger can see at the end.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from typing import Any

import pytest

from goniec.api import Api, Refused, Unreachable, wait_until
from goniec.installation import BROKER, Installation
from goniec.places import SERVICES

pytestmark = [pytest.mark.slow]

MAILS = 500
OFFICE = "biuro@storm.example"
CLIENTS = 50
INVITATION_EVERY = 5
PATIENCE = 90.0
LANES = 4


@pytest.mark.timeout(300)
async def test_killed_parts_and_lost_broker_lose_nothing_and_do_nothing_twice(
    installation: Installation, api: Api
) -> None:
    mail_account_id = await _office(api)
    await _directory_is_known(api, mail_account_id)
    storm = asyncio.create_task(_storm(installation))
    pushed = await _push_all(api, mail_account_id, during=storm)
    await storm

    # One after the other, as they are filed: hundreds that ask at once would only be in the way.
    filings = [await _filed(api, message_id) for message_id in pushed]
    outcomes = Counter(filing["outcome"] for filing in filings)
    assert outcomes == {"new": MAILS}
    numbers = [filing["case_number"] for filing in filings]
    assert len(set(numbers)) == MAILS, "two mails share a case number"

    cases = [case async for case in api.items("case-threader", "/v1/cases")]
    about_storm = [case for case in cases if case["title"].startswith("Storm")]
    assert len(about_storm) == MAILS, "a case was opened twice"
    entries = Counter([message_id for case in about_storm for message_id in await _entries(api, case["number"])])
    assert set(entries.values()) == {1}
    assert set(entries) == set(pushed)

    last = (MAILS - 1) // INVITATION_EVERY * INVITATION_EVERY
    await _armed(api, (await _tasks(api, _uid(last)))[0]["id"])
    tasks = {task["id"]: task["uid"] async for task in api.items("tasks-api", "/v1/tasks", q="Spotkanie")}
    assert Counter(tasks.values()) == {_uid(number): 1 for number in range(0, MAILS, INVITATION_EVERY)}
    armed = Counter([r["task_id"] async for r in api.items("reminder-dispatcher", "/v1/reminders")])
    assert {task_id: armed[task_id] for task_id in tasks} == dict.fromkeys(tasks, 1)


# ---- the storm


async def _storm(installation: Installation) -> None:
    """Each part once, and between them the broker with its whole memory."""
    for part in (*SERVICES, BROKER):
        await asyncio.sleep(1.0)  # let some mails pass between two deaths
        await _kill(installation, part)
    await asyncio.sleep(1.0)
    former = installation.processes[BROKER]
    installation.kill(BROKER)
    await former.wait()
    shutil.rmtree(installation.places.data / "nats")
    await _is_back(installation, BROKER, former)


async def _kill(installation: Installation, part: str) -> None:
    former = installation.processes[part]
    installation.kill(part)
    await _is_back(installation, part, former)


async def _is_back(installation: Installation, part: str, former: asyncio.subprocess.Process) -> None:
    async def another() -> bool | None:
        return True if installation.processes[part] is not former else None

    await wait_until(another, what=f"new {part}", seconds=30)


async def _push_all(api: Api, mail_account_id: str, *, during: asyncio.Task[None]) -> list[str]:
    """Every mail is pushed until it was taken, as mail servers would; the last ones wait for the end of the storm."""

    async def lane(first: int) -> list[str]:
        ids: list[str] = []
        for number in range(first, MAILS, LANES):
            ids.append((await _push(api, mail_account_id, _mail(number)))["id"])
            if not during.done():
                await asyncio.sleep(0.02 * LANES)  # spread the mails over the storm
        return ids

    return [pushed for ids in await asyncio.gather(*map(lane, range(LANES))) for pushed in ids]


async def _push(api: Api, mail_account_id: str, raw: bytes) -> dict[str, Any]:
    async def taken() -> dict[str, Any] | None:
        try:
            return await api.push(mail_account_id, raw)
        except Unreachable:
            return None
        except Refused as refusal:
            if refusal.status >= 500 or refusal.status in (401, 429):
                return None
            raise

    return await wait_until(taken, what="push", seconds=PATIENCE)


# ---- before and after


async def _office(api: Api) -> str:
    body = {"name": "Biuro", "address": OFFICE, "aliases": [], "imap": None, "smtp": None, "invitation_policy": "auto",
            "trusted_authserv_ids": [], "timezone": "Europe/Warsaw"}  # fmt: skip
    mail_account_id = (await api.post("mail-ingest", "/v1/mail-accounts", body))["id"]
    settings = await api.get("reminder-dispatcher", "/v1/reminder-settings")
    templates = [t async for t in api.items("reminder-dispatcher", "/v1/templates")]
    sms = next(t for t in templates if t["channel"] == "sms")
    client = {"use_as_default": True, "channels": [{"channel": "sms", "template_id": sms["id"], "lead_time": "PT24H"}]}
    await api.put("reminder-dispatcher", "/v1/reminder-settings", {**settings, "enabled": True, "client": client})
    for number in range(CLIENTS):
        await api.post(
            "tasks-api",
            "/v1/accounts",
            {"name": f"Firma {number}", "emails": [_client(number)], "sms_phone": "+48600100200"},
        )
    return str(mail_account_id)


async def _directory_is_known(api: Api, mail_account_id: str) -> None:
    """Events keep their order: when the client added last is known, all of them are; the settings are too."""
    tries = iter(range(1000))

    async def opens_a_case() -> bool | None:
        raw = _raw(CLIENTS - 1, f"Before {next(tries)}", f"before-{next(tries)}")
        filing = await _filed(api, (await api.push(mail_account_id, raw))["id"])
        return True if filing["outcome"] == "new" else None

    await wait_until(opens_a_case, what="known client", seconds=PATIENCE)

    async def reminders_are_on() -> bool | None:
        task = await api.post("tasks-api", "/v1/tasks", {"title": "Probe", "kind": "task"})
        plan = task["reminders"]
        return True if plan and plan["client"]["enabled"] else None

    await wait_until(reminders_are_on, what="reminder settings at tasks-api", seconds=PATIENCE)


async def _filed(api: Api, message_id: str) -> dict[str, Any]:
    async def decided() -> dict[str, Any] | None:
        answer = await api.call_anyway("case-threader", "GET", f"/v1/filings/{message_id}")
        return answer.json() if answer.status_code == 200 else None

    return await wait_until(decided, what=f"filing of {message_id}", seconds=PATIENCE)


async def _entries(api: Api, case_number: int) -> list[str]:
    case = await api.get("case-threader", f"/v1/cases/{case_number}")
    return [message["message_id"] for message in case["messages"]]


async def _tasks(api: Api, uid: str) -> list[dict[str, Any]]:
    async def found() -> list[dict[str, Any]] | None:
        return [task async for task in api.items("tasks-api", "/v1/tasks", uid=uid)] or None

    return await wait_until(found, what=f"task of {uid}", seconds=PATIENCE)


async def _armed(api: Api, task_id: str) -> list[dict[str, Any]]:
    async def found() -> list[dict[str, Any]] | None:
        return [r async for r in api.items("reminder-dispatcher", "/v1/reminders", task_id=task_id)] or None

    return await wait_until(found, what=f"reminder of {task_id}", seconds=PATIENCE)


def _client(number: int) -> str:
    return f"klient{number % CLIENTS}@firma{number % CLIENTS}.example"


def _uid(number: int) -> str:
    return f"storm-{number}@firma.example"


def _mail(number: int) -> bytes:
    calendar = ""
    if number % INVITATION_EVERY == 0:
        calendar = (
            "\r\n--=_s\r\nContent-Type: text/calendar; charset=utf-8; method=REQUEST\r\n\r\n"
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//storm//PL\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n"
            f"UID:{_uid(number)}\r\nSEQUENCE:0\r\nDTSTAMP:20261122T080000Z\r\nDTSTART:20370105T090000Z\r\nDTEND:20370105T100000Z\r\n"
            f"SUMMARY:Spotkanie {number}\r\nORGANIZER:mailto:{_client(number)}\r\nATTENDEE:mailto:{OFFICE}\r\n"
            "END:VEVENT\r\nEND:VCALENDAR"
        )
    return _raw(number, f"Storm {number}", f"storm-{number}", calendar)


def _raw(number: int, subject: str, message_id: str, calendar: str = "") -> bytes:
    return (
        f"From: Klient <{_client(number)}>\r\nTo: {OFFICE}\r\nSubject: {subject}\r\nMessage-ID: <{message_id}@firma.example>\r\n"
        "Date: Sun, 22 Nov 2026 09:00:00 +0100\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="=_s"\r\n\r\n--=_s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n'
        f"Dzień dobry, sprawa numer {number}.{calendar}\r\n--=_s--\r\n"
    ).encode()
