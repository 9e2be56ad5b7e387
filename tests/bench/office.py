"""The office that is benched: a mailbox, clients with an open case each, and what has to become of the mail they send."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from goniec.api import Api, wait_until
from tests.bench.calling import Calls, Door, call_all
from tests.bench.mails import CLIENTS, OFFICE, BenchMail, client_address, opening_mail
from tests.bench.report import Report
from tests.bench.stand import Running

PREFIX = "Bench"
CONNECTIONS = 64


@dataclass(frozen=True)
class Office:
    running: Running
    mail_account_id: str
    case_numbers: list[int]
    """By client; empty when none was asked for."""

    async def push(self, mails: list[BenchMail], *, connections: int = CONNECTIONS, rate: float | None = None) -> Calls:
        """Hand in every mail through the push door."""
        door = await self.running.door("mail-ingest")
        path = f"/v1/mail-accounts/{self.mail_account_id}/messages?folder=inbox"
        requests = [door.post(path, mail.raw, content_type="message/rfc822") for mail in mails]
        return await call_all(door, requests, connections=connections, rate=rate)

    async def all_done(self, mails: list[BenchMail], pushed: Calls, *, seconds: float = 120) -> None:
        """The last mail is filed and the last invitation recorded; events keep their order, so the others are too.

        The last mail is the one that was answered last; connections overtake each other.
        """
        order = sorted(range(len(mails)), key=pushed.answered_at.__getitem__)
        threader, tasks = await self.running.door("case-threader"), await self.running.door("tasks-api")
        late = [pushed.answer(index)["id"] for index in order[-CONNECTIONS:]]
        invited = [pushed.answer(index)["id"] for index in order if mails[index].uid][-CONNECTIONS:]
        async with asyncio.timeout(seconds):
            await _until_all(threader, [f"/v1/filings/{one}" for one in late], lambda answer: "outcome" in answer)
            await _until_all(
                tasks, [f"/v1/invitations?message_id={one}" for one in invited], lambda answer: bool(answer["items"])
            )

    async def check(self, mails: list[BenchMail], pushed: Calls, report: Report) -> Counter[str]:
        """Nothing lost, nothing twice: every push answered, every mail filed, a task for each UID. Returns the outcomes."""
        bad = Counter(status for status in pushed.statuses if status not in (200, 201))
        if bad:
            report.problems.append(f"push answers: {dict(bad)}")
        threader, tasks = await self.running.door("case-threader"), await self.running.door("tasks-api")
        ids = [pushed.answer(index)["id"] for index in range(len(mails))]
        filings = await call_all(threader, [threader.get(f"/v1/filings/{one}") for one in ids], connections=8)
        outcomes = Counter(
            orjson.loads(body)["outcome"] if status == 200 else f"filing answered {status}"
            for status, body in zip(filings.statuses, filings.bodies, strict=True)
        )
        if any(status != 200 for status in filings.statuses):
            report.problems.append(f"filings: {dict(outcomes)}")
        uids = sorted({mail.uid for mail in mails if mail.uid})
        found = await call_all(tasks, [tasks.get(f"/v1/tasks?uid={uid}") for uid in uids], connections=8)
        counts = Counter(len(orjson.loads(body).get("items", ())) for body in found.bodies)
        if set(counts) - {1}:
            report.problems.append(f"tasks by UID: {dict(counts)} of {len(uids)}")
        return outcomes


async def open_office(running: Running, *, with_cases: bool = True) -> Office:
    """A mailbox and the clients; with `with_cases` one open case for each of them, opened by a mail."""
    api = running.api
    body = {
        "name": "Biuro", "address": OFFICE, "aliases": [], "imap": None, "smtp": None, "invitation_policy": "auto",
        "trusted_authserv_ids": [], "timezone": "Europe/Warsaw",
    }  # fmt: skip
    account_id = (await api.post("mail-ingest", "/v1/mail-accounts", body))["id"]
    settings = await api.get("case-threader", "/v1/case-settings")
    await api.put("case-threader", "/v1/case-settings", {**settings, "tag_prefix": PREFIX})
    gate = asyncio.Semaphore(16)

    async def client(number: int) -> int:
        async with gate:
            await api.post("tasks-api", "/v1/accounts", {"name": f"Firma {number}", "emails": [client_address(number)]})
            return await _opened_case(api, account_id, number) if with_cases else 0

    numbers = await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    return Office(running, account_id, numbers if with_cases else [])


async def _opened_case(api: Api, account_id: str, number: int) -> int:
    """Mails of a new client until one opens a case: then case-threader knows him."""
    tries = iter(range(10_000))

    async def opened() -> int | None:
        taken = await api.push(account_id, opening_mail(number, f"open{next(tries)}"))
        filing = await wait_until(lambda: _filing(api, taken["id"]), what="filing")
        return filing["case_number"] if filing["outcome"] == "new" else None

    return await wait_until(opened, what=f"case of client {number}")


async def _filing(api: Api, message_id: str) -> dict[str, Any] | None:
    answer = await api.call_anyway("case-threader", "GET", f"/v1/filings/{message_id}")
    return answer.json() if answer.status_code == 200 else None


async def _until_all(door: Door, paths: list[str], is_there: Callable[[Any], bool]) -> None:
    """Ask for the last one until it is there, then for the others: asking costs the services time as well."""
    waited_for, others = paths[-1:], paths[:-1]
    while waited_for:
        calls = await call_all(door, [door.get(path) for path in waited_for], connections=4)
        missing = [
            path
            for index, path in enumerate(waited_for)
            if calls.statuses[index] != 200 or not is_there(calls.answer(index))
        ]
        if missing:
            await asyncio.sleep(0.02)
            waited_for = missing
        else:
            waited_for, others = others, []
