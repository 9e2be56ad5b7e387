"""A mail account stays with the mailbox it has fetched mail from (features R89); what is enclosed in a mail is listed (R85)."""

from __future__ import annotations

from typing import Any

from ladder import Ingest, until
from sample_mails import a_mail
from scripted_imap import ScriptedImap

from contracts.mail import MailReceived


async def test_an_account_that_has_fetched_mail_stays_with_its_mailbox(ingest: Ingest) -> None:
    async with ScriptedImap() as server:
        auth = {"kind": "password", "username": "biuro", "password": "tajne"}
        imap = {"host": "127.0.0.1", "port": server.port, "security": "none", "auth": auth, "start": "all",
                "folders": [{"name": "INBOX", "role": "inbox"}]}  # fmt: skip
        account = await ingest.add_account(imap={**imap, "auth": {**auth, "username": "inny"}})
        path = f"/v1/mail-accounts/{account}"

        async def change(wanted: Any) -> tuple[int, str | None]:
            answer = await ingest.client.patch(path, json={"imap": wanted})
            return answer.status_code, answer.json().get("code")

        assert await change(imap) == (200, None)  # nothing was fetched yet
        server.deliver(a_mail(subject="Jeden"))

        async def fetched() -> Any:
            return await ingest.announced(MailReceived)

        await until(fetched)
        for other in ({"auth": {**auth, "username": "inny"}}, {"host": "imap.example"}):
            assert await change({**imap, **other}) == (409, "mailbox_fixed")
        assert await change({**imap, "auth": {**auth, "password": "tajne"}}) == (200, None)
        assert await change(None) == (200, None)
        assert await change({**imap, "host": "imap.example"}) == (409, "mailbox_fixed")  # remembered without a server
        assert await change(imap) == (200, None)


async def test_what_is_enclosed_is_listed(ingest: Ingest) -> None:
    account = await ingest.add_account()
    mail = await ingest.push(account, a_mail(attachments={"oferta.pdf": b"%PDF", "plan.dwg": b"AC10"}))
    path = f"/v1/messages/{mail['id']}"
    found = await ingest.get(f"{path}/attachments")
    assert [(one["n"], one["filename"], one["size"]) for one in found["items"]] == [
        (1, "oferta.pdf", 4),
        (2, "plan.dwg", 4),
    ]
    assert found["items"] == (await ingest.get(path))["attachments"]
