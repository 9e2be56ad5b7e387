"""Pushed mail to filed case and created task, through a real installation on one of the two databases."""

from __future__ import annotations

import asyncio
import os
import shutil
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nats
import orjson

from goniec.api import Api, wait_until
from goniec.installation import Installation
from goniec.places import Places
from tests.bench.mails import CLIENTS, OFFICE, BenchMail, client_address, mixed_mails, opening_mail
from tests.bench.processes import Usage, usage_of
from tests.bench.pushing import PushResult, push_all

PREFIX = "Bench"
CONNECTIONS = 64
PACED_RATE = 20.0


@dataclass
class PipelineFigures:
    database: str
    mails: int
    mails_per_second: float
    cpu_ms_per_mail: dict[str, float]
    push_p50_ms: float
    push_p95_ms: float
    end_to_end_p50_ms: float = 0.0
    end_to_end_p95_ms: float = 0.0
    rss_mb: dict[str, float] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def cpu_ms(self) -> float:
        return sum(self.cpu_ms_per_mail.values())


async def measure(
    database: str,
    places: Places,
    mails: list[BenchMail] | None,
    *,
    count: int,
    extra_processes: tuple[tuple[str, int], ...] = (),
    paced_seconds: float = 20.0,
) -> PipelineFigures:
    """Start an installation, push the mails as fast as it takes them, wait until each is filed, and check every one."""
    installation = Installation(places)
    async with installation, Api(installation.places, password=installation.places.admin_password) as api:
        await installation.ready()
        account_id, cases = await _furnish(api)
        mails = mails or mixed_mails(count, case_numbers=cases, prefix=PREFIX, seed=7, label=database)
        path = f"/v1/mail-accounts/{account_id}/messages?folder=inbox"
        port = installation.places.port("mail-ingest")
        before = usage_of(installation, *extra_processes)
        began = time.monotonic()
        pushed = await push_all(
            "127.0.0.1", port, path, await api.token(), [mail.raw for mail in mails], connections=CONNECTIONS
        )
        await _all_done(api, mails, pushed)
        took = time.monotonic() - began
        after = usage_of(installation, *extra_processes)
        latencies = sorted((b - a) * 1000 for a, b in zip(pushed.asked_at, pushed.answered_at, strict=True))
        figures = PipelineFigures(
            database, len(mails), len(mails) / took,
            {name: (after[name].cpu_seconds - usage.cpu_seconds) * 1000 / len(mails) for name, usage in before.items()},
            _share(latencies, 0.5), _share(latencies, 0.95),
        )  # fmt: skip
        await _check(api, mails, pushed, figures)
        if paced_seconds:
            await _measure_end_to_end(installation, api, path, figures, cases, paced_seconds)
        figures.rss_mb = {name: usage.rss_mb for name, usage in usage_of(installation, *extra_processes).items()}
        return figures


async def _furnish(api: Api) -> tuple[str, list[int]]:
    """A mailbox, the clients, and one open case for each of them."""
    body = {
        "name": "Biuro", "address": OFFICE, "aliases": [], "imap": None, "smtp": None, "invitation_policy": "auto",
        "trusted_authserv_ids": [], "timezone": "Europe/Warsaw",
    }  # fmt: skip
    account_id = (await api.post("mail-ingest", "/v1/mail-accounts", body))["id"]
    settings = await api.get("case-threader", "/v1/case-settings")
    await api.put("case-threader", "/v1/case-settings", {**settings, "tag_prefix": PREFIX})
    gate = asyncio.Semaphore(16)

    async def client_with_case(number: int) -> int:
        async with gate:
            await api.post("tasks-api", "/v1/accounts", {"name": f"Firma {number}", "emails": [client_address(number)]})
            return await _opened_case(api, account_id, number)

    return account_id, await asyncio.gather(*(client_with_case(number) for number in range(CLIENTS)))


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


async def _all_done(api: Api, mails: list[BenchMail], pushed: PushResult) -> None:
    """The last mails are filed and the last invitations recorded; events keep their order, so the others are too."""
    await wait_until(lambda: _filing(api, pushed.answers[-1]["id"]), what="filing of the last mail", seconds=120)
    last = max((i for i, mail in enumerate(mails) if mail.uid), default=None)
    if last is not None:
        await wait_until(
            lambda: _records(api, pushed.answers[last]["id"]), what="record of the last invitation", seconds=120
        )


async def _records(api: Api, message_id: str) -> list[dict[str, Any]] | None:
    found = await api.get("tasks-api", "/v1/invitations", message_id=message_id)
    return found["items"] or None


async def _check(api: Api, mails: list[BenchMail], pushed: PushResult, figures: PipelineFigures) -> None:
    """Nothing lost, nothing twice: every push answered, every mail filed, one task for each UID."""
    bad = Counter(status for status in pushed.statuses if status not in (200, 201))
    if bad:
        figures.problems.append(f"push answers: {dict(bad)}")
    gate = asyncio.Semaphore(16)

    async def outcome(index: int) -> str:
        async with gate:
            filing = await wait_until(lambda: _filing(api, pushed.answers[index]["id"]), what="filing", seconds=60)
            return str(filing["outcome"])

    figures.outcomes.update(await asyncio.gather(*(outcome(index) for index in range(len(mails)))))
    uids = {mail.uid for mail in mails if mail.uid}

    async def tasks(uid: str) -> int:
        async with gate:
            return len((await api.get("tasks-api", "/v1/tasks", uid=uid))["items"])

    wrong = [count for count in await asyncio.gather(*(tasks(uid) for uid in uids)) if count != 1]
    if wrong:
        figures.problems.append(f"{len(wrong)} of {len(uids)} UIDs do not have exactly one task: {Counter(wrong)}")


async def _measure_end_to_end(
    installation: Installation, api: Api, path: str, figures: PipelineFigures, cases: list[int], seconds: float
) -> None:
    """At 20 mails a second: from the push to the event that says the mail is filed, or the task is there."""
    mails = mixed_mails(
        int(PACED_RATE * seconds), case_numbers=cases, prefix=PREFIX, seed=11, label=f"{figures.database}-paced"
    )
    done: dict[str, float] = {}
    connection = await nats.connect(
        installation.places.nats_url, user="integrator", password=installation.kept.nats["integrator"]
    )

    async def hear(message: Any) -> None:
        data = orjson.loads(message.data)["data"]
        message_id = data.get("message_id") or (data.get("task", {}).get("source") or {}).get("message_id")
        if message_id:
            done[message_id] = time.monotonic()

    for subject in ("case.mail_filed.>", "case.opened.>", "task.>"):
        await connection.subscribe(subject, cb=hear)
    await connection.flush()
    pushed = await push_all(
        "127.0.0.1", installation.places.port("mail-ingest"), path, await api.token(), [mail.raw for mail in mails],
        connections=8, rate=PACED_RATE,
    )  # fmt: skip
    await _all_done(api, mails, pushed)
    await connection.close()
    waits = sorted(
        (done[answer["id"]] - asked) * 1000
        for answer, asked, status in zip(pushed.answers, pushed.asked_at, pushed.statuses, strict=True)
        if status == 201 and answer["id"] in done
    )
    if len(waits) < len(mails) // 2:
        figures.problems.append(f"only {len(waits)} of {len(mails)} paced mails were heard of")
        return
    figures.end_to_end_p50_ms, figures.end_to_end_p95_ms = _share(waits, 0.5), _share(waits, 0.95)


def _share(ordered: list[float], share: float) -> float:
    if len(ordered) < 2:
        return ordered[0] if ordered else 0.0
    return statistics.quantiles(ordered, n=100, method="inclusive")[min(98, max(0, round(share * 100) - 1))]


@contextmanager
def bench_places(folder: Path, port_base: int, database_url: str | None) -> Iterator[Places]:
    """Where one measured installation lives; its state is removed afterwards."""
    data = folder / "data"
    extra = {"GONIEC_DATABASE_URL": database_url} if database_url else {}
    former = os.environ.pop("GONIEC_DATABASE_URL", None)
    try:
        yield replace(Places(data=data, port_base=port_base, admin_password="bench-password"), environment=extra)
    finally:
        if former is not None:
            os.environ["GONIEC_DATABASE_URL"] = former
        shutil.rmtree(data, ignore_errors=True)


__all__ = ["PipelineFigures", "Usage", "bench_places", "measure"]
