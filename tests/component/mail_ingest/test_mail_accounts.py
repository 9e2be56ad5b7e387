"""Mail accounts over the API: secrets go in and never come out, changes are announced, versions are honoured."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from ladder import Ingest, StartIngest
from sqlalchemy import text

from contracts.mail import MailAccountChanged
from kit.testing.web import signed_token

CANARY = "kanarek-9f3a"
PASSWORD = {"kind": "password", "username": "biuro@firma.example", "password": CANARY}
# Nothing listens there: these tests are about keeping accounts, not about reading them.
IMAP = {"host": "127.0.0.1", "port": 993, "security": "tls", "auth": PASSWORD, "start": "all"}
SMTP = {"host": "127.0.0.1", "port": 465, "security": "tls", "auth": PASSWORD}


async def test_an_account_with_what_is_left_out_filled_in(ingest: Ingest) -> None:
    answer = await ingest.client.post("/v1/mail-accounts", json={"name": "Biuro", "address": "Biuro@Firma.Example"})
    account = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert answer.headers["location"] == f"/v1/mail-accounts/{account['id']}"
    assert {name: account[name] for name in ("address", "aliases", "imap", "smtp", "timezone", "state")} == {
        "address": "biuro@firma.example",
        "aliases": [],
        "imap": None,
        "smtp": None,
        "timezone": "Europe/Warsaw",
        "state": "push_only",
    }
    assert (account["invitation_policy"], account["auto_create_from"]) == ("auto", "anyone")


async def test_secrets_are_nowhere_to_be_seen(ingest: Ingest) -> None:
    """reliability D11, G17: a canary, then grep."""
    oauth = {
        "kind": "oauth2",
        "username": "biuro@firma.example",
        "token_url": "https://login.example/token",
        "client_id": "goniec",
        "client_secret": CANARY,
        "refresh_token": CANARY,
    }
    account = await ingest.add_account(imap=IMAP, smtp={**SMTP, "auth": oauth})
    seen = [await ingest.client.get(path) for path in ("/v1/mail-accounts", f"/v1/mail-accounts/{account}")]
    assert all(CANARY not in answer.text for answer in seen)
    shown = seen[1].json()
    assert shown["imap"]["auth"] == {"kind": "password", "username": "biuro@firma.example", "has_secret": True}
    assert (shown["smtp"]["auth"]["client_id"], shown["smtp"]["auth"]["flow"]) == ("goniec", "refresh_token")
    async with ingest.database.reading() as session:
        for table in ("mail_account", "outbox", "mailbox_health"):
            rows = (await session.execute(text(f"SELECT * FROM {table}"))).all()
            assert not any(CANARY in str(value) for row in rows for value in row)
    assert CANARY not in repr(await ingest.announced(MailAccountChanged))


async def test_each_change_is_announced_without_secrets(ingest: Ingest) -> None:
    account = await ingest.add_account(smtp=SMTP)
    await ingest.client.patch(f"/v1/mail-accounts/{account}", json={"aliases": ["Info@firma.example"], "smtp": None})
    await ingest.client.delete(f"/v1/mail-accounts/{account}")
    told = [(event.aliases, event.can_send, event.deleted) for event in await ingest.announced(MailAccountChanged)]
    assert told == [([], True, False), (["info@firma.example"], False, False), (["info@firma.example"], False, True)]


async def test_a_version_that_is_over_changes_nothing(ingest: Ingest) -> None:
    account = await ingest.add_account()
    path = f"/v1/mail-accounts/{account}"
    changed = await ingest.client.patch(path, json={"name": "Sklep"}, headers={"if-match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    late = await ingest.client.patch(path, json={"name": "Inny"}, headers={"if-match": '"1"'})
    assert late.status_code == 412
    assert (await ingest.client.delete(path, headers={"if-match": '"1"'})).status_code == 412
    shown = await ingest.client.get(path)
    assert (shown.json()["name"], shown.headers["etag"]) == ("Sklep", '"2"')
    assert (await ingest.client.get(path, headers={"if-none-match": '"2"'})).status_code == 304


async def test_a_password_that_is_left_out_stays(ingest: Ingest) -> None:
    account = await ingest.add_account(smtp=SMTP)
    path = f"/v1/mail-accounts/{account}"
    without = {**SMTP, "security": "starttls", "auth": {"kind": "password", "username": "biuro@firma.example"}}
    assert (await ingest.client.patch(path, json={"smtp": without})).status_code == 200
    access = await ingest.get(f"{path}/smtp-access")
    assert (access["security"], access["auth"]["password"]) == ("starttls", CANARY)


@pytest.mark.parametrize(
    "change",
    [
        {"host": "zly.example"},
        {"port": 2525},
        {"security": "none"},
        {"auth": {"kind": "password", "username": "inny@firma.example"}},
    ],
)
async def test_a_kept_password_is_not_sent_elsewhere(ingest: Ingest, change: dict[str, Any]) -> None:
    account = await ingest.add_account(smtp=SMTP)
    same_user = {"kind": "password", "username": "biuro@firma.example"}
    answer = await ingest.client.patch(
        f"/v1/mail-accounts/{account}", json={"smtp": {**SMTP, "auth": same_user, **change}}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "secret_missing")
    assert answer.json()["errors"][0]["pointer"] == "#/smtp/auth/password"


REFUSED: tuple[dict[str, Any], ...] = (
    {"address": "not an address"},
    {"address": "a@b.example\r\nBcc: all@b.example"},
    {"timezone": "../../etc/passwd"},
    {"timezone": "Mars/Olympus"},
    {"trusted_authserv_ids": ["mx firma"]},
    {"unknown": 1},
    {"invitation_policy": "maybe"},
    {"imap": {**IMAP, "port": 0}},
    {"imap": {**IMAP, "auth": {"kind": "kerberos"}}},
    {"imap": {**IMAP, "folders": []}},
    {"imap": {**IMAP, "folders": [{"name": "INBOX\r\nA DELETE INBOX", "role": "inbox"}]}},
    {"imap": {**IMAP, "folders": [{"name": "INBOX", "role": "inbox"}, {"name": "inbox", "role": "sent"}]}},
    {"imap": {**IMAP, "auth": {**PASSWORD, "password": "a\r\nb"}}},
    {"imap": {**IMAP, "auth": {"kind": "password", "username": "biuro"}}},
    {"smtp": {**SMTP, "host": "a\nb"}},
)


async def test_what_is_refused(ingest: Ingest) -> None:
    for wrong in REFUSED:
        body = {"name": "Biuro", "address": "a@b.example", **wrong}
        answer = await ingest.client.post("/v1/mail-accounts", json=body)
        assert answer.status_code == 422, (wrong, answer.text)
    assert (await ingest.get("/v1/mail-accounts"))["items"] == []


async def test_an_address_has_one_account(ingest: Ingest) -> None:
    account = await ingest.add_account("biuro@firma.example")
    again = await ingest.client.post("/v1/mail-accounts", json={"name": "B", "address": "BIURO@firma.example"})
    assert (again.status_code, again.json()["code"]) == (409, "mail_account_exists")
    assert again.json()["existing_id"] == str(account)
    await ingest.client.delete(f"/v1/mail-accounts/{account}")
    await ingest.add_account("biuro@firma.example")


async def test_a_deleted_account_is_gone_and_its_mail_stays(ingest: Ingest) -> None:
    account = await ingest.add_account(smtp=SMTP)
    pushed = await ingest.push(account, b"Subject: Zostaje\r\n\r\n")
    path = f"/v1/mail-accounts/{account}"
    assert (await ingest.client.delete(path)).status_code == 204
    for gone in (path, f"{path}/health", f"{path}/smtp-access"):
        assert (await ingest.client.get(gone)).status_code == 404
    assert (await ingest.client.post(f"{path}/messages", content=b"x")).status_code == 404
    assert (await ingest.get(f"/v1/messages/{pushed['id']}"))["subject"] == "Zostaje"
    async with ingest.database.reading() as session:
        assert (await session.execute(text("SELECT sealed FROM mail_account"))).scalar_one() is None


async def test_smtp_access_is_for_those_who_send(ingest: Ingest) -> None:
    account = await ingest.add_account(smtp=SMTP)
    path = f"/v1/mail-accounts/{account}/smtp-access"
    answer = await ingest.client.get(path, headers={"authorization": f"Bearer {signed_token('mail:send')}"})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "mail_account_id": str(account),
        "name": "Biuro",
        "address": "biuro@firma.example",
        "host": "127.0.0.1",
        "port": 465,
        "security": "tls",
        "auth": {"kind": "password", "username": "biuro@firma.example", "password": CANARY},
    }
    reader = {"authorization": f"Bearer {signed_token('mail:read', 'mail:write')}"}
    assert (await ingest.client.get(path, headers=reader)).status_code == 403
    silent = await ingest.add_account("cichy@firma.example")
    refused = await ingest.client.get(f"/v1/mail-accounts/{silent}/smtp-access")
    assert (refused.status_code, refused.json()["code"]) == (409, "mail_account_cannot_send")
    assert (await ingest.client.get(f"/v1/mail-accounts/{uuid4()}/smtp-access")).status_code == 404


async def test_keys_can_be_exchanged_and_a_lost_key_is_said(start_ingest: StartIngest) -> None:
    first, second = "a" * 43 + "=", "b" * 43 + "="
    async with start_ingest(secret_key=first) as ingest:
        account = await ingest.add_account(smtp=SMTP)
    path = f"/v1/mail-accounts/{account}"
    async with start_ingest(secret_key=f"{second},{first}") as ingest:
        assert (await ingest.get(f"{path}/smtp-access"))["auth"]["password"] == CANARY
    async with start_ingest(secret_key=second) as ingest:
        lost = await ingest.client.get(f"{path}/smtp-access")
        assert (lost.status_code, lost.json()["code"]) == (409, "secrets_locked")
        assert (await ingest.client.patch(path, json={"name": "Inna"})).status_code == 200
        assert (await ingest.client.patch(path, json={"smtp": SMTP})).status_code == 200
        assert (await ingest.get(f"{path}/smtp-access"))["auth"]["password"] == CANARY


async def test_the_key_is_made_once_and_stays_with_its_owner(start_ingest: StartIngest) -> None:
    async with start_ingest() as ingest:
        account = await ingest.add_account(smtp=SMTP)
        key = ingest.parts.settings.secret_key_file
    assert key.stat().st_mode & 0o077 == 0
    async with start_ingest() as ingest:
        assert (await ingest.get(f"/v1/mail-accounts/{account}/smtp-access"))["auth"]["password"] == CANARY


async def test_pages_of_accounts(ingest: Ingest) -> None:
    for number in range(3):
        await ingest.add_account(f"m{number}@firma.example")
    first = await ingest.get("/v1/mail-accounts", limit=2)
    rest = await ingest.get("/v1/mail-accounts", limit=2, cursor=first["next"])
    listed = [item["address"] for item in first["items"] + rest["items"]]
    assert listed == [f"m{number}@firma.example" for number in range(3)]
    assert rest["next"] is None


async def test_health_of_an_account_that_is_only_pushed_to(ingest: Ingest) -> None:
    account = await ingest.add_account()
    health = await ingest.get(f"/v1/mail-accounts/{account}/health")
    assert (health["state"], health["last_success_at"], health["unfetched"]) == ("push_only", None, 0)


async def test_ready_names_what_it_needs(ingest: Ingest) -> None:
    ready = await ingest.get("/health/ready")
    assert {"database", "bus", "workers", "raw_store", "disk"} <= ready["checks"].keys()


async def test_without_room_on_the_disk_nothing_is_taken_and_readiness_says_so(start_ingest: StartIngest) -> None:
    """reliability A14"""
    async with start_ingest(min_free_disk_mb=10**9) as ingest:
        account = await ingest.add_account()
        refused = await ingest.client.post(f"/v1/mail-accounts/{account}/messages", content=b"Subject: x\r\n\r\n")
        assert (refused.status_code, refused.json()["code"]) == (503, "disk_full")
        assert (await ingest.client.get("/health/ready")).status_code == 503
