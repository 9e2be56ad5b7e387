"""Silent death, the field's first complaint (ecosystem 0.2): a mailbox that nobody reads any more says so, and is read anew."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from ladder import Ingest, until
from sample_mails import a_mail
from scripted_imap import ScriptedFolder, ScriptedImap

from contracts.mail import MailAccountHealthChanged, MailReceived
from mail_ingest.sources.folder_reading import FolderReader
from mail_ingest.sources.silence import SILENT_AFTER


async def health(ingest: Ingest, account: UUID, state: str) -> dict[str, Any]:
    async def reached() -> dict[str, Any] | None:
        found = await ingest.get(f"/v1/mail-accounts/{account}/health")
        return found if found["state"] == state else None

    return await until(reached)


def imap(server: ScriptedImap) -> dict[str, Any]:
    auth = {"kind": "password", "username": "biuro", "password": "tajne"}
    folders = [{"name": "INBOX", "role": "inbox"}, {"name": "Sent", "role": "sent"}]
    access = {"host": "127.0.0.1", "port": server.port, "security": "none", "auth": auth}
    return {**access, "folders": folders, "start": "all"}


async def test_a_folder_nobody_reads_any_more_is_told_and_read_anew(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    catch_up, hangs = FolderReader.catch_up, asyncio.Event()

    async def hang_in_inbox(reader: FolderReader, connection: Any) -> int:
        if reader._folder.name == "INBOX" and hangs.is_set():
            await asyncio.Event().wait()
        return await catch_up(reader, connection)

    monkeypatch.setattr(FolderReader, "catch_up", hang_in_inbox)
    async with ScriptedImap() as server:
        server.folders["Sent"] = ScriptedFolder()
        account = await ingest.add_account(imap=imap(server))
        await server.until(lambda: server.count(r"\bIDLE\b") == 2)
        await health(ingest, account, "ok")
        hangs.set()
        server.deliver(a_mail(subject="Nikt nie czyta"))
        ingest.clock.advance(SILENT_AFTER + timedelta(minutes=1))
        server.deliver(a_mail(subject="Oferta"), folder="Sent")  # the other folder is alive: that must not hide it
        await server.until(lambda: server.count(r"\bIDLE\b") == 3)
        hangs.clear()
        ingest.parts.mailboxes._changed.set()  # as the next look would

        async def told_twice() -> list[tuple[str | None, str]] | None:
            changes = [(told.former_state, told.state) for told in await ingest.announced(MailAccountHealthChanged)]
            return changes if len(changes) == 3 else None

        assert await until(told_twice) == [("starting", "ok"), ("ok", "silent"), ("silent", "ok")]
        (heard,) = await until(lambda: ingest.announced(MailReceived))
        assert heard.mail_subject == "Nikt nie czyta"


async def test_a_mailbox_that_never_spoke_is_silent(ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(reader: FolderReader, connection: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(FolderReader, "begin", hang)
    async with ScriptedImap() as server:
        account = await ingest.add_account(imap=imap(server))
        await server.until(lambda: server.logins_tried == 2)
        assert (await ingest.get(f"/v1/mail-accounts/{account}/health"))["state"] == "starting"
        ingest.clock.advance(SILENT_AFTER + timedelta(minutes=1))
        ingest.parts.mailboxes._changed.set()
        silent = await health(ingest, account, "silent")
        assert silent["last_error_code"] == "silent"
        assert "15 minutes" in silent["last_error"]


async def test_after_a_long_stop_nobody_is_called_silent_at_once(ingest: Ingest) -> None:
    async with ScriptedImap() as server:
        server.folders["Sent"] = ScriptedFolder()
        account = await ingest.add_account(imap=imap(server))
        await health(ingest, account, "ok")
        ingest.clock.advance(timedelta(hours=3))
        anew = type(ingest.parts.mailboxes._silence)(
            database=ingest.database, clock=ingest.clock, measures=ingest.parts.measures
        )
        assert await anew.find_silent() == set()
        ingest.clock.advance(SILENT_AFTER)
        assert await anew.find_silent() == {account}
        ingest.clock.advance(SILENT_AFTER)
        assert await anew.find_silent() == set()  # once is enough
