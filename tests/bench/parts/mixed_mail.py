"""Mixed mail from the push to the filed case and the created task, as fast as it goes and at 20 mails a second."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import nats
import orjson

from tests.bench.mails import BenchMail, mixed_mails
from tests.bench.office import PREFIX, Office, open_office
from tests.bench.processes import Usage, forking_process_mb
from tests.bench.report import Report, share_of
from tests.bench.stand import Running, Stand

MAILS_PER_SECOND = 500
CPU_MS = 4.0
MEMORY_MB = 500
PACED_RATE = 20.0
PACED_SECONDS = 20.0
PACED_P95_MS = 1000
BESIDE_THE_SERVICES = frozenset({"nats-server", "postgres"})


async def measure_mixed_mail(stand: Stand) -> Report:
    """Mails/s, CPU per mail and process, the wait at 20 mails/s, memory; every mail is checked afterwards."""
    report = Report(f"mail, {stand.database}: {stand.mails} mixed mails")
    async with stand.places() as places, stand.running(places) as running:
        office = await open_office(running)
        mails = mixed_mails(stand.mails, case_numbers=office.case_numbers, prefix=PREFIX, seed=7, label="mix")
        await push_and_tell(office, mails, report)
        await _tell_paced(office, report)
        tell_memory(running, report)
    return report


async def push_and_tell(office: Office, mails: list[BenchMail], report: Report) -> None:
    """Push as fast as it goes, tell what that took, check what became of each mail."""
    running = office.running
    before, began = running.usage(), time.monotonic()
    pushed = await office.push(mails)
    await office.all_done(mails, pushed)
    took, after = time.monotonic() - began, running.usage()
    report.mails_per_second = len(mails) / took
    report.at_least("mails/s, push to filed and created", report.mails_per_second, MAILS_PER_SECOND)
    tell_cpu(before, after, len(mails), report)
    waits = pushed.milliseconds
    report.tell("answer to a push, p50 / p95 ms", f"{share_of(waits, 0.5):.0f} / {share_of(waits, 0.95):.0f}")
    outcomes = await office.check(mails, pushed, report)
    report.tell("outcomes", ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common()))


def tell_cpu(before: Mapping[str, Usage], after: Mapping[str, Usage], mails: int, report: Report) -> None:
    by_part = {name: (after[name].cpu_seconds - usage.cpu_seconds) * 1000 / mails for name, usage in before.items()}
    report.at_most("CPU ms per mail, all processes", sum(by_part.values()), CPU_MS, form=".2f")
    for name, milliseconds in by_part.items():
        report.tell(f"  {name}", f"{milliseconds:.2f}")


def tell_memory(running: Running, report: Report) -> None:
    """Each page counted once: shared ones in parts (PSS), with those of the process that forked the services."""
    services = {name: used for name, used in running.usage().items() if name not in BESIDE_THE_SERVICES}
    forking = forking_process_mb(running.installation.processes["tasks-api"].pid)
    by_service = ", ".join(f"{name} {used.pss_mb:.0f}" for name, used in services.items())
    report.at_most(
        "memory of the services, MB (PSS)", sum(used.pss_mb for used in services.values()) + forking, MEMORY_MB
    )
    report.tell("  of these", f"{by_service}, the process that forks them {forking:.0f}")
    report.tell("  resident, shared pages in each (RSS)", f"{sum(used.rss_mb for used in services.values()):.0f}")


async def _tell_paced(office: Office, report: Report) -> None:
    """At 20 mails a second: from the push to the event that says the mail is filed, or the task is there."""
    mails = mixed_mails(
        int(PACED_RATE * PACED_SECONDS), case_numbers=office.case_numbers, prefix=PREFIX, seed=11, label="paced"
    )
    done = await _Heard.begin(office.running)
    pushed = await office.push(mails, connections=8, rate=PACED_RATE)
    await office.all_done(mails, pushed)
    await done.end()
    waits = [
        (done.at[message_id] - due) * 1000
        for index, due in enumerate(pushed.due_at)
        if pushed.statuses[index] == 201 and (message_id := pushed.answer(index)["id"]) in done.at
    ]
    if len(waits) < len(mails) * 0.9:
        report.problems.append(f"only {len(waits)} of {len(mails)} paced mails were heard of")
    report.tell(f"push to filed or task at {PACED_RATE:g} mails/s, p50 ms", f"{share_of(waits, 0.5):.0f}")
    report.at_most("  p95 ms", share_of(waits, 0.95), PACED_P95_MS)


class _Heard:
    """When the last event about each mail was heard (monotonic seconds)."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.at: dict[str, float] = {}

    @classmethod
    async def begin(cls, running: Running) -> _Heard:
        installation = running.installation
        password = installation.kept.nats["integrator"]
        heard = cls(await nats.connect(installation.places.nats_url, user="integrator", password=password))
        for subject in ("case.mail_filed.>", "case.opened.>", "task.>"):
            await heard._connection.subscribe(subject, cb=heard._hear)
        await heard._connection.flush()
        return heard

    async def end(self) -> None:
        await self._connection.close()

    async def _hear(self, message: Any) -> None:
        data = orjson.loads(message.data)["data"]
        message_id = data.get("message_id") or (data.get("task", {}).get("source") or {}).get("message_id")
        if message_id:
            self.at[message_id] = time.monotonic()
