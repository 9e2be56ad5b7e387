"""Copies of what Goniec sent in the folder Sent (issue: replying; reliability A8, A22)."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from ladder import Ingest
from scripted_imap import ScriptedFolder, ScriptedImap

from contracts.mail import MailAccountChanged

REPLY = b"From: biuro@firma.example\r\nMessage-ID: <goniec.1f@firma.example>\r\nSubject: RE: x\r\n\r\nDzie\xc5\x84 dobry\r\n"


@pytest.fixture
async def server() -> AsyncIterator[ScriptedImap]:
    async with ScriptedImap() as running:
        running.folders["Wys&AUI-ane"] = ScriptedFolder()
        yield running


async def an_account(ingest: Ingest, server: ScriptedImap, *, password: str = "tajne", sent: bool = True) -> UUID:
    folders = [{"name": "INBOX", "role": "inbox"}, *([{"name": "Wysłane", "role": "sent"}] if sent else [])]
    imap: dict[str, Any] = {
        "host": "127.0.0.1", "port": server.port, "security": "none", "folders": folders, "keep_sent_copies": sent,
        "auth": {"kind": "password", "username": "biuro", "password": password},
    }  # fmt: skip
    return await ingest.add_account(imap=imap)


async def keep(ingest: Ingest, account_id: UUID, raw: bytes = REPLY) -> Any:
    return await ingest.client.post(f"/v1/mail-accounts/{account_id}/sent-copies", content=raw)


async def test_copy_lies_in_sent_once(ingest: Ingest, server: ScriptedImap) -> None:
    account_id = await an_account(ingest, server)
    assert (await ingest.announced(MailAccountChanged))[-1].keeps_sent_copies
    assert (await keep(ingest, account_id)).json() == {"appended": True}
    assert (await keep(ingest, account_id)).json() == {"appended": False}
    [copy] = server.folders["Wys&AUI-ane"].mails.values()
    assert copy.raw == REPLY
    assert server.count(r"APPEND \"?Wys&AUI-ane\"? \(.Seen\)") == 1


async def test_mailbox_that_takes_none_is_asked_again_later(ingest: Ingest, server: ScriptedImap) -> None:
    account_id = await an_account(ingest, server)
    server.faults.append_answer = "NO [OVERQUOTA] full"
    answer = await keep(ingest, account_id)
    assert (answer.status_code, answer.json()["code"]) == (503, "mailbox_out_of_reach")
    server.faults.append_answer = None
    assert (await keep(ingest, account_id)).json() == {"appended": True}


async def test_refused_logins_are_not_repeated_for_each_copy(ingest: Ingest, server: ScriptedImap) -> None:
    account_id = await an_account(ingest, server, password="wrong")
    for _ in range(12):
        assert (await keep(ingest, account_id)).status_code == 503
    assert server.logins_tried <= 5


async def test_account_without_a_place_for_copies(ingest: Ingest, server: ScriptedImap) -> None:
    account_id = await an_account(ingest, server, sent=False)
    answer = await keep(ingest, account_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "no_sent_folder")
    assert (await keep(ingest, account_id, b"")).status_code == 422
    imap = {
        "host": "127.0.0.1",
        "auth": {"kind": "password", "username": "b", "password": "p"},
        "keep_sent_copies": True,
    }
    body = {"name": "Biuro", "address": "b@firma.example", "imap": imap}
    assert (await ingest.client.post("/v1/mail-accounts", json=body)).status_code == 422
