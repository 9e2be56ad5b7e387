"""A process that dies between two steps loses nothing and does nothing twice (reliability A1, A11, A18)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from ladder import Ingest, StartIngest, WorkersInProcess, until
from sample_mails import a_mail
from scripted_imap import ScriptedImap
from sqlalchemy import text

from contracts.mail import MailQuarantined, MailReceived
from kit.workers import WorkerPool, WorkersUnavailable
from mail_ingest import intake, recovering
from mail_ingest.incoming import Incoming, digest
from mail_ingest.sources import folder_reading

pytestmark = pytest.mark.storage


class Died(BaseException):
    """What stands for kill -9: nothing catches it, nothing is tidied up in the database."""


@pytest.fixture
def dies_at(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Names of failpoints, and after how many passes each of them is the end."""
    wanted: dict[str, int] = {}

    def failpoint(name: str) -> None:
        if name in wanted:
            wanted[name] -= 1
            if wanted[name] <= 0:
                del wanted[name]
                raise Died(name)

    monkeypatch.setattr(intake, "failpoint", failpoint)
    monkeypatch.setattr(folder_reading, "failpoint", failpoint)
    return wanted


async def take_in(ingest: Ingest, account: UUID, *raws: bytes) -> None:
    """Push past the queue: the caller dies with the process."""
    ingest.clock.advance(timedelta(seconds=1))  # later than the start: nobody takes it for what was left before
    mails = [Incoming(account, "inbox", "inbox", raw, digest(raw), len(raw), ingest.clock.now()) for raw in raws]
    await ingest.parts.intake.take_in(mails)


@pytest.mark.parametrize("place", ["intake.after_stored", "intake.before_settled", "intake.after_settled"])
async def test_a_crash_at_any_step_leaves_each_mail_once(
    start_ingest: StartIngest, dies_at: dict[str, int], place: str
) -> None:
    raws = [a_mail(subject=f"Mail {number}") for number in range(5)]
    async with start_ingest() as ingest:
        account = await ingest.add_account()
        dies_at[place] = 1
        with pytest.raises(Died):
            await take_in(ingest, account, *raws)
        ingest.clock.advance(timedelta(minutes=1))
    async with start_ingest() as ingest:
        heard = await until(lambda: _announced(ingest, 5))
        assert sorted(mail.mail_subject for mail in heard) == [f"Mail {number}" for number in range(5)]
        again = [await ingest.push(account, raw) for raw in raws]
        assert all(one["known"] for one in again)
        assert {UUID(one["id"]) for one in again} == {mail.message_id for mail in heard}
        assert len(await ingest.announced(MailReceived)) == 5


@pytest.mark.parametrize(
    ("place", "passes"),
    [
        ("intake.after_stored", 1),
        ("intake.before_settled", 1),
        ("intake.after_settled", 1),
        ("intake.after_settled", 2),
        ("folder.before_watermark", 1),
    ],
)
async def test_a_crash_while_fetching_leaves_each_mail_once(
    start_ingest: StartIngest, dies_at: dict[str, int], place: str, passes: int
) -> None:
    async with ScriptedImap() as server:
        for number in range(6):
            server.deliver(a_mail(subject=f"Mail {number}"))
        auth = {"kind": "password", "username": "biuro", "password": "tajne"}
        imap = {"host": "127.0.0.1", "port": server.port, "security": "none", "auth": auth, "start": "all"}
        dies_at[place] = passes
        async with start_ingest(imap_batch=3) as ingest:
            account = await ingest.add_account(imap=imap)
            await until(lambda: _true(not dies_at))
            ingest.clock.advance(timedelta(minutes=1))
        async with start_ingest(imap_batch=3) as ingest:
            heard = await until(lambda: _announced(ingest, 6))
            await server.until(lambda: server.count(r"\bIDLE\b") > 0)
            assert sorted(mail.mail_subject for mail in heard) == [f"Mail {number}" for number in range(6)]
            listed = (await ingest.get("/v1/messages", mail_account_id=str(account)))["items"]
            assert len(listed) == 6


async def test_a_mail_that_takes_the_process_down_again_and_again_is_set_aside(
    start_ingest: StartIngest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """reliability A11: each attempt is counted before it is begun; the innocent ones beside it come through."""

    def lethal(argument: bytes) -> None:
        if b"Subject: Trucizna" in argument:
            raise Died

    monkeypatch.setattr(recovering, "LOOK_EVERY_SECONDS", 3600)
    account: UUID | None = None
    for start in range(3):
        async with start_ingest() as ingest:
            ingest.workers.answer = lethal
            if account is None:
                account = await ingest.add_account()
                with pytest.raises(Died):
                    await take_in(ingest, account, a_mail(subject="Dobry"), a_mail(subject="Trucizna"))
            else:
                begun = [2, 2] if start == 1 else [3]
                await until(lambda begun=begun: _begun(ingest, begun))
            ingest.clock.advance(timedelta(minutes=5))
    async with start_ingest() as ingest:
        (aside,) = await until(lambda: ingest.announced(MailQuarantined))
        assert aside.reason == "parser_crashed"
        assert [mail.mail_subject for mail in await ingest.announced(MailReceived)] == ["Dobry"]


async def test_workers_that_are_away_make_no_mail_suspicious(start_ingest: StartIngest) -> None:
    class Away(WorkersInProcess):
        is_away = True

        async def run(self, function: str, arguments: Any) -> Any:
            if self.is_away:
                raise WorkersUnavailable("No child process could be started.")
            return await super().run(function, arguments)

    workers = Away()
    async with start_ingest(workers=workers) as ingest:
        account = await ingest.add_account()
        ingest.clock.advance(timedelta(seconds=1))
        refused = await ingest.client.post(f"/v1/mail-accounts/{account}/messages", content=a_mail())
        assert (refused.status_code, refused.json()["code"]) == (503, "workers_unavailable")
        for _ in range(5):
            ingest.clock.advance(timedelta(minutes=1))
            with suppress(WorkersUnavailable):  # the background may have been quicker
                await ingest.parts.recovery.once()
        workers.is_away = False
        ingest.clock.advance(timedelta(minutes=1))
        await ingest.parts.recovery.once()
        await until(lambda: _announced(ingest, 1))


async def test_raw_bytes_that_are_damaged_are_not_read(start_ingest: StartIngest, dies_at: dict[str, int]) -> None:
    async with start_ingest() as ingest:
        account = await ingest.add_account()
        dies_at["intake.after_stored"] = 1
        with pytest.raises(Died):
            await take_in(ingest, account, a_mail())
        async with ingest.database.transaction() as session:
            await session.execute(text("UPDATE raw_mail SET content = :rot"), {"rot": b"\x28\xb5\x2f\xfdrot"})
        ingest.clock.advance(timedelta(minutes=1))
        await ingest.parts.recovery.once()
        (aside,) = await ingest.announced(MailQuarantined)
        assert aside.reason == "raw_damaged"


async def test_real_workers_a_poison_mail_dies_alone(start_ingest: StartIngest) -> None:
    """One real child process: a mail that spins is stopped, and the ones behind it go on."""
    workers = WorkerPool(size=1, preload=("mail_ingest.parsing.jobs",), cpu_seconds=10, memory_mb=512)
    async with start_ingest(workers=workers) as ingest:
        account = await ingest.add_account()
        bomb = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 30_000
        pushed = await asyncio.gather(
            ingest.push(account, a_mail(subject="Przed")), ingest.push(account, bomb), ingest.push(account, a_mail())
        )
        assert [one["status"] for one in pushed] == ["stored", "quarantined", "stored"]
        html = await ingest.push(account, a_mail(html="<b>x</b>"))
        assert "<b>x</b>" in (await ingest.client.get(f"/v1/messages/{html['id']}/html")).text


async def _announced(ingest: Ingest, count: int) -> list[MailReceived] | None:
    heard = await ingest.announced(MailReceived)
    return heard if len(heard) >= count else None


async def _begun(ingest: Ingest, attempts: list[int]) -> bool:
    """Whether the mails without a verdict were begun so often."""
    async with ingest.database.reading() as session:
        waiting = await session.execute(text("SELECT attempts FROM message WHERE state = 'stored'"))
        return sorted(waiting.scalars()) == attempts


async def _true(condition: object) -> bool:
    return bool(condition)
