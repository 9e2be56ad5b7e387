"""Mail handed in over HTTP: stored, read, announced; and what becomes of mail that cannot be read."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from ladder import Ingest, StartIngest
from sample_mails import a_mail, an_invitation

from contracts.calendar import CalendarRequest
from contracts.mail import MailQuarantined, MailReceived, MailSent
from kit.testing import announced_envelopes
from kit.testing.web import signed_token
from kit.workers import WorkerFailed

pytestmark = pytest.mark.storage


async def test_a_pushed_mail_is_stored_read_and_announced(ingest: Ingest) -> None:
    account = await ingest.add_account()
    raw = a_mail(subject="Zażółć gęślą jaźń", text="Dzień dobry")
    pushed = await ingest.push(account, raw)
    assert pushed["status"] == "stored"
    assert pushed["sha256"] == hashlib.sha256(raw).hexdigest()
    (heard,) = await ingest.announced(MailReceived)
    assert str(heard.message_id) == pushed["id"]
    assert (heard.mail_subject, heard.mailbox, heard.folder) == ("Zażółć gęślą jaźń", "biuro@firma.example", "inbox")
    assert heard.sender is not None
    assert heard.sender.email == "anna@klient.example"
    assert heard.received_at == ingest.clock.now()


async def test_the_whole_story_bears_the_correlation_id_of_the_request(ingest: Ingest) -> None:
    account = await ingest.add_account()
    headers = {"x-correlation-id": "push-7"}
    await ingest.client.post(f"/v1/mail-accounts/{account}/messages", content=an_invitation(), headers=headers)
    story = [heard for heard in await announced_envelopes(ingest.database) if heard.correlation_id == "push-7"]
    assert [type(heard.event) for heard in story] == [MailReceived, CalendarRequest]


async def test_an_invitation_is_announced_with_what_the_account_says(ingest: Ingest) -> None:
    account = await ingest.add_account(
        aliases=["info@firma.example"], invitation_policy="ask", timezone="Europe/Berlin"
    )
    pushed = await ingest.push(account, an_invitation(uid="u1"))
    (request,) = await ingest.announced(CalendarRequest)
    assert str(request.message_id) == pushed["id"]
    assert request.own_addresses == ["biuro@firma.example", "info@firma.example"]
    assert (request.invitation_policy, request.account_timezone) == ("ask", "Europe/Berlin")
    assert (request.part, request.parts, request.components[0].uid) == (1, 1, "u1")


async def test_known_bytes_are_answered_with_the_message_they_are(ingest: Ingest) -> None:
    account = await ingest.add_account()
    raw = a_mail()
    first = await ingest.push(account, raw)
    again = await ingest.push(account, raw)
    assert (first["known"], again["known"]) == (False, True)
    assert again["id"] == first["id"]
    assert len(await ingest.announced(MailReceived)) == 1


async def test_the_same_bytes_elsewhere_are_a_message_of_their_own(ingest: Ingest) -> None:
    """reliability A13: one row for each place, and the later ones say whose bytes they are."""
    account, other = await ingest.add_account(), await ingest.add_account("sklep@firma.example")
    raw = a_mail()
    first = await ingest.push(account, raw)
    elsewhere = await ingest.push(other, raw)
    sent = await ingest.push(account, raw, folder="sent")
    assert len({first["id"], elsewhere["id"], sent["id"]}) == 3
    received = {str(heard.message_id): heard.same_bytes_as for heard in await ingest.announced(MailReceived)}
    assert received == {first["id"]: None, elsewhere["id"]: UUID(first["id"])}
    (heard,) = await ingest.announced(MailSent)
    assert (heard.same_bytes_as, heard.role) == (UUID(first["id"]), "sent")


async def test_a_message_id_is_never_a_key(ingest: Ingest) -> None:
    """reliability A12: a stranger may use the Message-ID before the real mail comes."""
    account = await ingest.add_account()
    burned = await ingest.push(account, a_mail(message_id="<1@klient.example>", sender="obcy@zly.example"))
    real = await ingest.push(account, a_mail(message_id="<1@klient.example>"))
    assert real["known"] is False
    assert real["id"] != burned["id"]
    assert len(await ingest.announced(MailReceived)) == 2


async def test_many_at_a_time_share_transactions_and_lose_nothing(ingest: Ingest) -> None:
    account = await ingest.add_account()
    raws = [a_mail(subject=f"Mail {n}") for n in range(60)]
    raws.append(raws[0])
    pushed = await asyncio.gather(*(ingest.push(account, raw) for raw in raws))
    assert len({one["id"] for one in pushed}) == 60
    assert [one["sha256"] for one in pushed] == [hashlib.sha256(raw).hexdigest() for raw in raws]
    assert {str(heard.message_id) for heard in await ingest.announced(MailReceived)} == {one["id"] for one in pushed}
    assert len(ingest.workers.asked) < 30


async def test_received_at_may_lie_in_the_past_and_needs_an_offset(ingest: Ingest) -> None:
    account = await ingest.add_account()
    pushed = await ingest.push(account, a_mail(), received_at="2026-10-01T12:00:00+02:00", imported=True)
    (heard,) = await ingest.announced(MailReceived)
    assert heard.received_at == datetime(2026, 10, 1, 10, tzinfo=UTC)
    assert heard.imported
    assert (await ingest.get(f"/v1/messages/{pushed['id']}"))["received_at"] == "2026-10-01T10:00:00Z"
    path = f"/v1/mail-accounts/{account}/messages"
    refused = await ingest.client.post(path, params={"received_at": "2026-10-01T12:00:00"}, content=a_mail())
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("path", "content", "status", "code"),
    [
        ("/v1/mail-accounts/{unknown}/messages", b"Subject: x\r\n\r\n", 404, "mail_account_not_found"),
        ("/v1/mail-accounts/{account}/messages", b"", 422, "empty_mail"),
        ("/v1/mail-accounts/{account}/messages?folder=trash", b"Subject: x\r\n\r\n", 422, "invalid"),
        ("/v1/mail-accounts/nobody/messages", b"Subject: x\r\n\r\n", 422, "invalid"),
    ],
)
async def test_a_push_that_is_refused(ingest: Ingest, path: str, content: bytes, status: int, code: str) -> None:
    account = await ingest.add_account()
    answer = await ingest.client.post(path.format(unknown=uuid4(), account=account), content=content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_mail_over_the_limit_leaves_its_header(start_ingest: StartIngest) -> None:
    async with start_ingest(max_message_bytes=2000) as ingest:
        account = await ingest.add_account()
        raw = a_mail(subject="Za duży", text="x" * 3000)
        pushed = await ingest.push(account, raw)
        assert (pushed["status"], pushed["quarantine_reason"]) == ("quarantined", "too_large")
        assert pushed["sha256"] == hashlib.sha256(raw).hexdigest()
        message = await ingest.get(f"/v1/messages/{pushed['id']}")
        assert (message["subject"], message["size"]) == ("Za duży", len(raw))
        kept = await ingest.client.get(f"/v1/messages/{pushed['id']}/raw")
        assert raw.startswith(kept.content)
        assert kept.content.endswith(b"\r\n\r\n")
        retried = await ingest.client.post(f"/v1/quarantine/{pushed['id']}/retry")
        assert (retried.status_code, retried.json()["code"]) == (409, "not_kept_whole")
        far = await ingest.client.post(f"/v1/mail-accounts/{account}/messages", content=b"y" * 9000)
        assert far.status_code == 413


@pytest.mark.parametrize("failed", ["timeout", "memory", "crashed", "raised"])
async def test_a_mail_that_breaks_the_worker_is_set_aside_and_others_go_on(ingest: Ingest, failed: str) -> None:
    account = await ingest.add_account()
    ingest.workers.answer = lambda argument: WorkerFailed(failed, "It broke.") if b"Subject: Zly" in argument else None
    raws = [a_mail(subject="Dobry 1"), a_mail(subject="Zly"), a_mail(subject="Dobry 2")]
    pushed = await asyncio.gather(*(ingest.push(account, raw) for raw in raws))
    assert [one["status"] for one in pushed] == ["stored", "quarantined", "stored"]
    reason = {"raised": "parser_failed"}.get(failed, f"parser_{failed}")
    assert pushed[1]["quarantine_reason"] == reason
    (heard,) = await ingest.announced(MailQuarantined)
    assert (str(heard.message_id), heard.reason, heard.detail) == (pushed[1]["id"], reason, "It broke.")
    assert (await ingest.client.get(f"/v1/messages/{pushed[1]['id']}/raw")).content == raws[1]


@pytest.mark.parametrize(
    "answer",
    [
        b"not JSON",
        b"[]",
        b'{"outcome":"parsed"}',
        b'{"outcome":"parsed","facts":{"to":"nobody"},"whole_text":null,"from":null,"calendars":[]}',
        b'{"outcome":"parsed","facts":{},"calendars":[{"subject":"calendar.unknown.v1","payload":{}}]}',
        b'{"outcome":"parsed","facts":{"mail_subject":"\\ud800"},"calendars":[]}',
    ],
)
async def test_an_answer_of_the_worker_that_makes_no_sense_sets_the_mail_aside(ingest: Ingest, answer: bytes) -> None:
    account = await ingest.add_account()
    ingest.workers.answer = lambda argument: answer
    assert (await ingest.push(account, a_mail()))["quarantine_reason"] == "unusable_reading"
    ingest.workers.answer = lambda argument: None
    assert (await ingest.push(account, a_mail()))["status"] == "stored"


async def test_text_that_a_database_refuses_sets_only_that_mail_aside(ingest: Ingest) -> None:
    """reliability F: a NUL that slipped through makes PostgreSQL refuse the whole batch. SQLite takes it."""
    account = await ingest.add_account()
    answer = b'{"outcome":"parsed","facts":{"mail_subject":"\\u0000"},"whole_text":null,"from":null,"calendars":[]}'
    ingest.workers.answer = lambda argument: answer if b"Subject: Zly" in argument else None
    good, bad = await asyncio.gather(
        ingest.push(account, a_mail(subject="Dobry")), ingest.push(account, a_mail(subject="Zly"))
    )
    assert good["status"] == "stored"
    assert bad["quarantine_reason"] == ("unstorable" if ingest.database.dialect == "postgresql" else None)


async def test_retry_releases_a_mail_as_if_it_had_just_come(ingest: Ingest) -> None:
    account = await ingest.add_account()
    ingest.workers.answer = lambda argument: WorkerFailed("timeout", "It took too long.")
    pushed = await ingest.push(account, an_invitation())
    still = await ingest.client.post(f"/v1/quarantine/{pushed['id']}/retry")
    assert still.json()["quarantine_reason"] == "parser_timeout"
    assert len(await ingest.announced(MailQuarantined)) == 1
    (listed,) = (await ingest.get("/v1/quarantine"))["items"]
    assert (listed["id"], listed["quarantine_detail"]) == (pushed["id"], "It took too long.")

    ingest.workers.answer = lambda argument: None
    released = await ingest.client.post(f"/v1/quarantine/{pushed['id']}/retry")
    assert (released.json()["id"], released.json()["status"]) == (pushed["id"], "stored")
    assert len(await ingest.announced(MailReceived)) == len(await ingest.announced(CalendarRequest)) == 1
    assert (await ingest.get("/v1/quarantine"))["items"] == []
    assert (await ingest.get(f"/v1/messages/{pushed['id']}"))["status"] == "stored"
    again = await ingest.client.post(f"/v1/quarantine/{pushed['id']}/retry")
    assert (again.status_code, again.json()["code"]) == (409, "not_quarantined")


async def test_retry_of_all_goes_page_by_page(ingest: Ingest) -> None:
    account = await ingest.add_account()
    ingest.workers.answer = lambda argument: WorkerFailed("memory", "Too much.")
    ids = [(await ingest.push(account, a_mail()))["id"] for _ in range(3)]
    ingest.workers.answer = lambda argument: None
    first = (await ingest.client.post("/v1/quarantine/retry", json={"limit": 2, "reason": "parser_memory"})).json()
    assert ([one["id"] for one in first["items"]], first["released"], first["next"]) == (ids[:2], 2, ids[1])
    rest = (await ingest.client.post("/v1/quarantine/retry", json={"limit": 2, "after": first["next"]})).json()
    assert ([one["id"] for one in rest["items"]], rest["next"]) == (ids[2:], None)


async def test_without_the_scope_nothing_is_taken(start_ingest: StartIngest) -> None:
    async with start_ingest() as ingest:
        account = await ingest.add_account()
        path = f"/v1/mail-accounts/{account}/messages"
        reader = {"authorization": f"Bearer {signed_token('mail:read')}"}
        assert (await ingest.client.post(path, content=a_mail(), headers=reader)).status_code == 403
        del ingest.client.headers["authorization"]
        assert (await ingest.client.post(path, content=a_mail())).status_code == 401
