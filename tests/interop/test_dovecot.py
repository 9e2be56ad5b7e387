"""mail-ingest reads a real Dovecot: LMTP delivery, IDLE, several folders, kill and restart, a rebuilt mailbox."""

from __future__ import annotations

import asyncio
import imaplib
from collections import Counter
from typing import Any

import pytest

from goniec.api import Api, wait_until
from tests.interop.conftest import Dovecot

pytestmark = [pytest.mark.interop, pytest.mark.timeout(180)]

PATIENCE = 40.0


async def test_idle_brings_mail_within_seconds(dovecot: Dovecot, api: Api) -> None:
    account_id = await _connected(api, dovecot)
    deliver = asyncio.get_running_loop().time()
    await asyncio.to_thread(dovecot.deliver, _mail("idle"))

    messages = await _messages(api, account_id, 1)

    took = asyncio.get_running_loop().time() - deliver
    assert messages[0]["subject"] == "Wiadomość idle"
    assert took < 5, f"IDLE took {took:.1f} s: the poll is not that quick"


async def test_bytes_come_back_as_dovecot_has_them_and_nothing_is_flagged(dovecot: Dovecot, api: Api) -> None:
    account_id = await _connected(api, dovecot)
    await asyncio.to_thread(dovecot.deliver, _mail("bytes"))
    message = (await _messages(api, account_id, 1))[0]

    raw = (await api.call("mail-ingest", "GET", f"/v1/messages/{message['id']}/raw")).content
    flags, stored = await asyncio.to_thread(_look, dovecot)

    assert raw == stored
    assert b"\\Seen" not in flags


async def test_killed_dovecot_loses_and_repeats_nothing(dovecot: Dovecot, api: Api) -> None:
    account_id = await _connected(api, dovecot)
    for number in range(5):
        await asyncio.to_thread(dovecot.deliver, _mail(f"before {number}"))
    await _messages(api, account_id, 5)
    dovecot.kill()
    dovecot.start()
    for number in range(5):
        await asyncio.to_thread(dovecot.deliver, _mail(f"after {number}"))

    messages = await _messages(api, account_id, 10)

    expected = [f"Wiadomość {when} {number}" for when in ("before", "after") for number in range(5)]
    assert sorted(message["subject"] for message in messages) == sorted(expected)


async def test_rebuilt_mailbox_is_read_again_without_duplicates(dovecot: Dovecot, api: Api) -> None:
    account_id = await _connected(api, dovecot)
    for number in range(5):
        await asyncio.to_thread(dovecot.deliver, _mail(f"old {number}"))
    await _messages(api, account_id, 5)
    dovecot.stop()
    dovecot.forget_uids()
    dovecot.start()
    await asyncio.to_thread(dovecot.deliver, _mail("new"))

    messages = await _messages(api, account_id, 6)

    assert set(Counter(message["subject"] for message in messages).values()) == {1}
    assert len(messages) == 6


async def test_sent_folder_is_read_as_our_own_mail(dovecot: Dovecot, api: Api) -> None:
    account_id = await _connected(api, dovecot)
    await asyncio.to_thread(_append_to_sent, dovecot, _mail("sent"))

    messages = await _messages(api, account_id, 1)

    assert messages[0]["role"] == "sent"


async def test_wrong_password_is_told_and_not_hammered(dovecot: Dovecot, api: Api) -> None:
    account_id = await _account(api, dovecot, password="wrong")

    async def refused() -> dict[str, Any] | None:
        health: dict[str, Any] = await api.get("mail-ingest", f"/v1/mail-accounts/{account_id}/health")
        return health if health["state"] == "auth_failed" else None

    health = await wait_until(refused, what="auth_failed", seconds=PATIENCE)
    assert health["last_error"]


async def test_stepwise_test_of_an_account(dovecot: Dovecot, api: Api) -> None:
    await asyncio.to_thread(dovecot.deliver, _mail("probe"))

    tried = await api.post("mail-ingest", "/v1/mail-accounts/test", {"imap": _body(dovecot)["imap"]})

    assert tried["ok"], tried
    steps = [step["step"] for step in tried["imap"]]
    assert steps == ["dns", "connection", "tls", "login", "capabilities", "folder INBOX", "folder Sent", "invitations"]
    assert tried["smtp"] == []


async def test_stepwise_test_says_that_the_password_is_wrong(dovecot: Dovecot, api: Api) -> None:
    tried = await api.post("mail-ingest", "/v1/mail-accounts/test", {"imap": _body(dovecot, password="wrong")["imap"]})

    steps = {step["step"]: step["ok"] for step in tried["imap"]}
    assert not tried["ok"]
    assert (steps["tls"], steps["login"], steps["folder INBOX"]) == (True, False, None)


# ---- the office


async def _connected(api: Api, dovecot: Dovecot) -> str:
    account_id = await _account(api, dovecot, password=dovecot.password)

    async def connected() -> bool | None:
        health = await api.get("mail-ingest", f"/v1/mail-accounts/{account_id}/health")
        return True if health["last_success_at"] else None

    await wait_until(connected, what="connected mailbox", seconds=PATIENCE)
    return account_id


async def _account(api: Api, dovecot: Dovecot, *, password: str) -> str:
    return str((await api.post("mail-ingest", "/v1/mail-accounts", _body(dovecot, password=password)))["id"])


def _body(dovecot: Dovecot, *, password: str | None = None) -> dict[str, Any]:
    return {
        "name": "Biuro", "address": dovecot.user, "aliases": [], "invitation_policy": "auto", "trusted_authserv_ids": [],
        "timezone": "Europe/Warsaw", "smtp": None,
        "imap": {
            "host": "127.0.0.1", "port": dovecot.imap_port, "security": "none", "start": "new",
            "auth": {"kind": "password", "username": dovecot.user, "password": password or dovecot.password},
            "folders": [{"name": "INBOX", "role": "inbox"}, {"name": "Sent", "role": "sent"}],
        },
    }  # fmt: skip


async def _messages(api: Api, account_id: str, count: int) -> list[dict[str, Any]]:
    async def there() -> list[dict[str, Any]] | None:
        found = [m async for m in api.items("mail-ingest", "/v1/messages", mail_account_id=account_id)]
        return found if len(found) >= count else None

    return await wait_until(there, what=f"{count} messages", seconds=PATIENCE)


def _look(dovecot: Dovecot) -> tuple[bytes, bytes]:
    with imaplib.IMAP4("127.0.0.1", dovecot.imap_port) as connection:
        connection.login(dovecot.user, dovecot.password)
        connection.select("INBOX", readonly=True)
        _, data = connection.fetch("1", "(FLAGS BODY.PEEK[])")
        head, body = data[0]
        return head + data[1], body


def _append_to_sent(dovecot: Dovecot, raw: bytes) -> None:
    with imaplib.IMAP4("127.0.0.1", dovecot.imap_port) as connection:
        connection.login(dovecot.user, dovecot.password)
        connection.append("Sent", "", "", raw)


def _mail(word: str) -> bytes:
    return (
        f"From: Anna <anna@mlyn.example>\r\nTo: {'biuro@dovecot.example'}\r\nSubject: =?utf-8?Q?Wiadomo=C5=9B=C4=87_{word.replace(' ', '_')}?=\r\n"
        f"Message-ID: <{word.replace(' ', '-')}@mlyn.example>\r\nDate: Sun, 22 Nov 2026 09:00:00 +0100\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nCześć.\r\n"
    ).encode()
