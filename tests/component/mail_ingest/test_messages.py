"""Messages as a stranger sees them: lists, the parsed mail, its bytes, its HTML, its attachments."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from ladder import Ingest
from sample_mails import a_mail, an_invitation

HTML = '<p onclick="x()">Dzień <b>dobry</b></p><script>alert(1)</script><img src="https://zly.example/p.gif">'


async def test_a_mail_as_it_was_read(ingest: Ingest) -> None:
    account = await ingest.add_account()
    raw = a_mail(
        subject="Oferta", html=HTML, message_id="<Abc.1@Klient.Example>", attachments={"umowa.pdf": b"%PDF-1.4"}
    )
    pushed = await ingest.push(account, raw)
    message = await ingest.get(f"/v1/messages/{pushed['id']}")
    expected: dict[str, Any] = {
        "id": pushed["id"],
        "mail_account_id": str(account),
        "mailbox": "biuro@firma.example",
        "subject": "Oferta",
        "from": {"name": "Anna Nowak", "address": "anna@klient.example"},
        "to": [{"name": "", "address": "biuro@firma.example"}],
        "cc": [],
        "date": "2026-11-20T08:00:00Z",
        "received_at": "2026-11-20T12:00:00Z",
        "rfc_message_id": "abc.1@klient.example",
        "html_available": True,
        "written_by_machine": False,
        "has_invitation": False,
        "status": "stored",
        "quarantine_reason": None,
        "size": len(raw),
    }
    assert {name: message[name] for name in expected} == expected
    assert message["text"].startswith("Dzień dobry")
    assert message["attachments"] == [
        {"n": 1, "filename": "umowa.pdf", "content_type": "application/octet-stream", "size": 8, "inline": False}
    ]


async def test_the_very_bytes_come_back(ingest: Ingest) -> None:
    account = await ingest.add_account()
    for raw in (a_mail(), b"Subject: odd\n\nbare \n line \r ends \x00\xff", b"no header at all", b"x" * 300_000):
        pushed = await ingest.push(account, raw)
        answer = await ingest.client.get(f"/v1/messages/{pushed['id']}/raw")
        assert answer.content == raw
        assert answer.headers["content-disposition"].startswith("attachment")


async def test_html_is_cleaned_and_sandboxed(ingest: Ingest) -> None:
    account = await ingest.add_account()
    pushed = await ingest.push(account, a_mail(html=HTML))
    answer = await ingest.client.get(f"/v1/messages/{pushed['id']}/html")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "<b>dobry</b>" in answer.text
    assert not any(word in answer.text for word in ("script", "onclick", "zly.example"))
    plain = await ingest.push(account, a_mail())
    missing = await ingest.client.get(f"/v1/messages/{plain['id']}/html")
    assert (missing.status_code, missing.json()["code"]) == (404, "no_html")


async def test_quotes_can_be_folded_and_are_never_cut(ingest: Ingest) -> None:
    account = await ingest.add_account()
    html = '<p>Tak.</p><blockquote type="cite" onclick="x()">Ile?</blockquote>'
    text = "Tak.\n\nW dniu 20.11.2026 o 10:05, Jan pisze:\n> Ile?\n"
    pushed = await ingest.push(account, a_mail(text=text, html=html))
    message = await ingest.get(f"/v1/messages/{pushed['id']}")
    [fold] = message["folds"]
    assert (fold["kind"], message["text"][: fold["start"]].strip()) == ("quote", "Tak.")
    assert "> Ile?" in message["text"][fold["start"] : fold["end"]]
    path = f"/v1/messages/{pushed['id']}/html"
    folded, whole = [(await ingest.client.get(path, params={"fold": each})).text.strip() for each in (True, False)]
    assert folded == ('<p>Tak.</p><details><summary>•••</summary><blockquote type="cite">Ile?</blockquote></details>')
    assert whole == '<p>Tak.</p><blockquote type="cite">Ile?</blockquote>'


async def test_an_attachment_is_saved_never_shown(ingest: Ingest) -> None:
    """reliability D10"""
    account = await ingest.add_account()
    raw = (
        b'From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: text/html; name="..\\..\\za\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87.html"\r\n'
        b"Content-Disposition: attachment\r\n\r\n<script>alert(1)</script>"
    )
    pushed = await ingest.push(account, raw)
    answer = await ingest.client.get(f"/v1/messages/{pushed['id']}/attachments/1")
    assert answer.status_code == 200
    assert answer.content == b"<script>alert(1)</script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="')
    assert "/" not in disposition
    assert "\\" not in disposition
    for n, refused in (("2", 404), ("0", 422), ("-1", 422)):
        assert (await ingest.client.get(f"/v1/messages/{pushed['id']}/attachments/{n}")).status_code == refused


@pytest.mark.parametrize("path", ["", "/raw", "/html", "/attachments/1"])
async def test_what_is_not_there(ingest: Ingest, path: str) -> None:
    answer = await ingest.client.get(f"/v1/messages/{uuid4()}{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "message_not_found")


async def test_lists_are_narrowed(ingest: Ingest) -> None:
    account, other = await ingest.add_account(), await ingest.add_account("sklep@firma.example")
    lodz = await ingest.push(account, a_mail(subject="Łódź: zamówienie", sender="Żaneta <zaneta@klient.example>"))
    ingest.clock.advance(timedelta(hours=1))
    sent = await ingest.push(account, a_mail(subject="Odpowiedź", message_id="<X.9@firma.example>"), folder="sent")
    invited = await ingest.push(other, an_invitation(subject="Narada"))
    cases: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
        ({}, [invited, sent, lodz]),
        ({"mail_account_id": str(account)}, [sent, lodz]),
        ({"role": "sent"}, [sent]),
        ({"from": "Zaneta@klient.example"}, [lodz]),
        ({"rfc_message_id": "<x.9@FIRMA.example>"}, [sent]),
        ({"has_invitation": "true"}, [invited]),
        ({"sha256": lodz["sha256"]}, [lodz]),
        ({"q": "lodz zaneta"}, [lodz]),
        ({"q": "100%"}, []),
        ({"received_before": "2026-11-20T12:30:00Z"}, [lodz]),
        ({"received_from": "2026-11-20T12:30:00Z", "status": "stored"}, [invited, sent]),
        ({"status": "quarantined"}, []),
    ]
    for query, expected in cases:
        items = (await ingest.get("/v1/messages", **query))["items"]
        assert [item["id"] for item in items] == [one["id"] for one in expected], query


async def test_pages_of_messages(ingest: Ingest) -> None:
    account = await ingest.add_account()
    ids = [(await ingest.push(account, a_mail(subject=str(n))))["id"] for n in range(5)]
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = await ingest.get("/v1/messages", **query)
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert seen == ids[::-1]


async def test_a_message_has_a_version(ingest: Ingest) -> None:
    account = await ingest.add_account()
    pushed = await ingest.push(account, a_mail())
    path = f"/v1/messages/{pushed['id']}"
    etag = (await ingest.client.get(path)).headers["etag"]
    assert (await ingest.client.get(path, headers={"if-none-match": etag})).status_code == 304
