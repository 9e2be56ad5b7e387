"""Several replicas on one mailbox (reliability A9), and an IMAP server that is not ours (pymap)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiosmtplib
import pytest
from ladder import Ingest, WorkersInProcess, until
from sample_mails import a_mail
from scripted_imap import ScriptedImap

from contracts.mail import MailReceived
from goniec.demo.mail_server import DemoMailServer
from kit.database import Database
from kit.leases import LocalLeases, leases_for
from kit.testing import FixedClock
from kit.testing.ports import free_port_base
from kit.testing.web import client_of, parts_for_tests
from mail_ingest.app import app_of, mail_ingest_parts
from mail_ingest.parts import MailIngestParts
from mail_ingest.settings import Settings

pytestmark = pytest.mark.storage


async def test_mail_of_another_kind_of_server(ingest: Ingest) -> None:
    base = free_port_base()
    server = DemoMailServer(address="biuro@firma.example", password="tajne")
    await server.start(imap_port=base, smtp_port=base + 1)
    try:
        auth = {"kind": "password", "username": server.address, "password": server.password}
        imap = {"host": "127.0.0.1", "port": base, "security": "none", "auth": auth, "start": "all"}
        await ingest.add_account(imap=imap)
        raw = a_mail(subject="Przez SMTP i IMAP")
        for _ in range(2):
            await aiosmtplib.send(
                raw,
                sender="anna@klient.example",
                recipients=[server.address],
                hostname="127.0.0.1",
                port=base + 1,
                start_tls=False,
            )

        async def both() -> list[MailReceived] | None:
            heard = await ingest.announced(MailReceived)
            return heard if len(heard) == 2 else None

        first, second = await until(both)
        assert first.mail_subject == "Przez SMTP i IMAP"
        assert second.same_bytes_as == first.message_id
    finally:
        await server.stop()


async def test_a_server_that_shuts_down_in_mid_fetch_delays_nothing(ingest: Ingest) -> None:
    """The mails it did not come to are not noted as unfetched; they are asked for again a moment later."""
    async with ScriptedImap() as server:
        for number in range(5):
            server.deliver(a_mail(subject=f"Mail {number}"))
        server.faults.good_bye_before = {3}
        auth = {"kind": "password", "username": "biuro", "password": "tajne"}
        imap = {"host": "127.0.0.1", "port": server.port, "security": "none", "auth": auth, "start": "all"}
        account = await ingest.add_account(imap=imap)
        assert await ingest.pauses.end() <= 1
        await server.until(lambda: server.count(r"\bIDLE\b") == 1)

        async def all_read() -> dict[str, Any] | None:
            health = await ingest.get(f"/v1/mail-accounts/{account}/health")
            return health if health["state"] == "ok" else None

        assert (await until(all_read))["unfetched"] == 0
        heard = [mail.mail_subject for mail in await ingest.announced(MailReceived)]
        assert sorted(heard) == [f"Mail {number}" for number in range(5)]


def _replica(url: str, clock: FixedClock, folder: Path) -> MailIngestParts:
    database = Database.open(url, schema="mail_ingest", clock=clock)
    settings = Settings(data=folder, secret_key="a" * 43)
    return parts_for_tests(settings, database, clock, make=mail_ingest_parts, workers=WorkersInProcess())


@pytest.mark.parametrize("lease", ["held", "lost"])
async def test_two_replicas_on_one_mailbox(postgresql_url: str, clock: FixedClock, tmp_path: Path, lease: str) -> None:
    """With the lease one of them reads; should both believe in theirs, the ledger has room for each mail once."""
    async with ScriptedImap() as server:
        for number in range(5):
            server.deliver(a_mail(subject=f"Mail {number}"))
        auth = {"kind": "password", "username": "biuro", "password": "tajne"}
        imap = {"host": "127.0.0.1", "port": server.port, "security": "none", "auth": auth, "start": "all"}
        parts = [_replica(postgresql_url, clock, tmp_path) for _ in range(2)]
        for one in parts:
            one.leases = leases_for(one.database) if lease == "held" else LocalLeases()
            one.mailboxes._leases = one.leases
        async with client_of(app_of(parts[0])) as first, client_of(app_of(parts[1])):
            ingest = Ingest(first, parts[0], clock, parts[0].workers, None)
            await ingest.add_account(imap=imap)
            parts[1].mailboxes.changed(UUID(int=0))
            connections = 2 if lease == "lost" else 1

            async def settled() -> bool:
                return len(await ingest.announced(MailReceived)) >= 5 and server.count(r"\bIDLE\b") >= connections

            await until(settled)
            heard = await ingest.announced(MailReceived)
            assert sorted(mail.mail_subject for mail in heard) == [f"Mail {number}" for number in range(5)]
            assert server.connections == connections
            assert len((await ingest.get("/v1/messages"))["items"]) == 5
            clock.advance(timedelta(minutes=1))
            assert await parts[1].recovery.once() == 0
