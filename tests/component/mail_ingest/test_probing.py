"""`POST /v1/mail-accounts/test`: how far it came, in sentences."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from ladder import Ingest
from sample_mails import a_mail, an_invitation
from scripted_imap import ScriptedImap


@pytest.fixture
async def server() -> AsyncIterator[ScriptedImap]:
    async with ScriptedImap() as running:
        yield running


def imap(server: ScriptedImap, **fields: Any) -> dict[str, Any]:
    auth = {"kind": "password", "username": "biuro", "password": "tajne"}
    return {"host": "127.0.0.1", "port": server.port, "security": "none", "auth": auth, **fields}


async def steps(ingest: Ingest, **body: Any) -> dict[str, tuple[bool | None, str]]:
    answer = await ingest.client.post("/v1/mail-accounts/test", json=body)
    assert answer.status_code == 200, answer.text
    tried = answer.json()
    assert tried["ok"] == all(step["ok"] for step in tried["imap"] + tried["smtp"])
    return {step["step"]: (step["ok"], step["detail"]) for step in tried["imap"] + tried["smtp"]}


async def test_everything_works(ingest: Ingest, server: ScriptedImap) -> None:
    server.deliver(an_invitation())
    tried = await steps(ingest, imap=imap(server))
    assert list(tried) == ["dns", "connection", "tls", "login", "capabilities", "folder INBOX", "invitations"]
    assert all(ok for ok, _ in tried.values())
    assert tried["folder INBOX"][1] == "It holds 1 mails."
    assert "calendar part" in tried["invitations"][1]
    assert not server.count(r"STORE|SELECT|IDLE")
    assert (await ingest.get("/v1/mail-accounts"))["items"] == []


async def test_a_wrong_password_ends_it_there(ingest: Ingest, server: ScriptedImap) -> None:
    wrong = {"kind": "password", "username": "biuro", "password": "zle"}
    tried = await steps(ingest, imap=imap(server, auth=wrong))
    assert tried["tls"][0] is True
    assert tried["login"][0] is False
    assert "refused the login" in tried["login"][1]
    assert tried["folder INBOX"] == (None, "")


async def test_a_folder_that_is_not_there(ingest: Ingest, server: ScriptedImap) -> None:
    folders = [{"name": "INBOX", "role": "inbox"}, {"name": "Sent Items", "role": "sent"}]
    tried = await steps(ingest, imap=imap(server, folders=folders))
    assert tried["folder INBOX"][0] is True
    assert tried["folder Sent Items"][0] is False
    assert "no such folder" in tried["folder Sent Items"][1]


async def test_no_invitation_to_look_at_is_not_an_error(ingest: Ingest, server: ScriptedImap) -> None:
    server.deliver(a_mail())
    tried = await steps(ingest, imap=imap(server))
    assert tried["invitations"][0] is True
    assert "could not be checked" in tried["invitations"][1]


@pytest.mark.parametrize(
    ("fields", "step"),
    [
        ({"host": "10.0.0.1", "port": 993}, "dns"),
        ({"host": "no-such-host.invalid", "port": 993}, "dns"),
        ({"port": 1}, "connection"),
        ({"security": "starttls"}, "tls"),
        ({"security": "tls"}, "tls"),
    ],
)
async def test_where_it_stops(ingest: Ingest, server: ScriptedImap, fields: dict[str, Any], step: str) -> None:
    tried = await steps(ingest, imap=imap(server, **fields))
    failed = [name for name, (ok, _) in tried.items() if ok is False]
    assert failed == [step]
    assert tried[step][1].endswith(".")


async def test_an_account_that_exists_is_tried_with_its_secrets(ingest: Ingest, server: ScriptedImap) -> None:
    account = await ingest.add_account(imap=imap(server))
    tried = await steps(ingest, id=str(account))
    assert tried["login"] == (True, "Signed in as biuro.")
    other_password = {"kind": "password", "username": "biuro", "password": "zle"}
    tried = await steps(ingest, id=str(account), imap=imap(server, auth=other_password))
    assert tried["login"][0] is False


async def test_smtp_that_does_not_answer(ingest: Ingest, unused_tcp_port: int) -> None:
    smtp = {"host": "127.0.0.1", "port": unused_tcp_port, "security": "none", "auth": None}
    tried = await steps(ingest, smtp=smtp)
    assert tried["dns"][0] is True
    assert tried["login"][0] is False
