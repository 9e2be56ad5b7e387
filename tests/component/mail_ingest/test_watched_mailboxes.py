"""Mailboxes read by IMAP, and the faults of reliability section 2 A: each mail once, whole, and nobody else is held up."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from ladder import Ingest, StartIngest, until
from sample_mails import a_mail
from scripted_imap import ScriptedFolder, ScriptedImap
from sqlalchemy import text

from contracts.mail import MailAccountHealthChanged, MailQuarantined, MailReceived, MailSent
from kit.workers import Result
from mail_ingest.sources import imap_connection

INBOX = [{"name": "INBOX", "role": "inbox"}]


@pytest.fixture
async def server() -> AsyncIterator[ScriptedImap]:
    async with ScriptedImap() as running:
        yield running


def imap(server: ScriptedImap, *, password: str = "tajne", **fields: Any) -> dict[str, Any]:
    auth = {"kind": "password", "username": "biuro", "password": password}
    access = {"host": "127.0.0.1", "port": server.port, "security": "none", "auth": auth}
    return {**access, "folders": INBOX, "start": "all", **fields}


async def subjects(ingest: Ingest, count: int) -> list[str]:
    """Subjects of what was announced as received, as soon as there are `count` of them."""

    async def enough() -> list[str] | None:
        heard = [mail.mail_subject for mail in await ingest.announced(MailReceived)]
        return heard if len(heard) >= count else None

    return await until(enough)


async def health(ingest: Ingest, account: UUID, state: str) -> dict[str, Any]:
    """The health of the account once it is in this state."""

    async def reached() -> dict[str, Any] | None:
        found = await ingest.get(f"/v1/mail-accounts/{account}/health")
        return found if found["state"] == state else None

    return await until(reached)


async def test_mail_comes_in_and_nothing_is_touched_on_the_server(ingest: Ingest, server: ScriptedImap) -> None:
    server.deliver(a_mail(subject="Jeden"), received_at=datetime(2026, 11, 19, 7, tzinfo=UTC))
    account = await ingest.add_account(imap=imap(server))
    assert await subjects(ingest, 1) == ["Jeden"]
    await server.until(lambda: server.count(r"\bIDLE\b") == 1)
    server.deliver(a_mail(subject="Dwa"))
    assert await subjects(ingest, 2) == ["Jeden", "Dwa"]
    (first, _) = await ingest.announced(MailReceived)
    # INTERNALDATE knows no fractions; the end of its second is after whatever we sent in it.
    assert first.received_at == datetime(2026, 11, 19, 7, 0, 0, 999_999, tzinfo=UTC)
    await server.until(lambda: server.count(r"\bIDLE\b") == 2)
    assert (await health(ingest, account, "ok"))["folders"][0]["last_uid"] == 2
    assert not server.count(r"\bSELECT\b|STORE|EXPUNGE|MOVE|COPY|BODY\[\]")
    assert server.count(r"EXAMINE") >= 1


async def test_a_mail_is_listed_when_it_has_been_read(
    ingest: Ingest, server: ScriptedImap, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen with Dovecot: five mails of one fetch stood in the list as five without a subject until they were read."""
    read, seen = ingest.workers.run, []

    async def look_and_read(function: str, arguments: Sequence[bytes]) -> list[Result]:
        seen.append((await ingest.get("/v1/messages"))["items"])
        return await read(function, arguments)

    monkeypatch.setattr(ingest.workers, "run", look_and_read)
    for number in range(5):
        server.deliver(a_mail(subject=f"Mail {number}"))
    await ingest.add_account(imap=imap(server))
    await subjects(ingest, 5)
    assert seen == [[]]
    listed = {item["subject"] for item in (await ingest.get("/v1/messages"))["items"]}
    assert listed == {f"Mail {number}" for number in range(5)}


async def test_start_new_leaves_alone_what_was_there(ingest: Ingest, server: ScriptedImap) -> None:
    server.deliver(a_mail(subject="Stary"))
    await ingest.add_account(imap=imap(server, start="new"))
    await server.until(lambda: server.count(r"\bIDLE\b") == 1)
    server.deliver(a_mail(subject="Nowy"), received_at=ingest.clock.now())
    assert await subjects(ingest, 1) == ["Nowy"]


async def test_folders_have_roles_and_the_same_bytes_in_two_are_two_rows(ingest: Ingest, server: ScriptedImap) -> None:
    server.folders["Wys&AUI-ane"] = ScriptedFolder()
    raw = a_mail(subject="Oferta")
    server.deliver(raw, folder="Wys&AUI-ane")
    folders = [*INBOX, {"name": "Wysłane", "role": "sent"}]
    await ingest.add_account(imap=imap(server, folders=folders))
    (sent,) = await until(lambda: ingest.announced(MailSent))
    assert (sent.folder, sent.role, sent.same_bytes_as) == ("Wysłane", "sent", None)
    await server.until(lambda: server.count(r"\bIDLE\b") == 2)
    server.deliver(raw)
    await subjects(ingest, 1)
    (received,) = await ingest.announced(MailReceived)
    assert received.same_bytes_as == sent.message_id


async def test_a_restart_fetches_nothing_twice(start_ingest: StartIngest, server: ScriptedImap) -> None:
    for number in range(3):
        server.deliver(a_mail(subject=f"Mail {number}"))
    async with start_ingest() as ingest:
        await ingest.add_account(imap=imap(server))
        await subjects(ingest, 3)
        await server.until(lambda: server.count(r"\bIDLE\b") == 1)
    fetches = server.count(r"BODY\.PEEK\[\]")
    server.deliver(a_mail(subject="Po przerwie"))
    async with start_ingest() as ingest:
        assert (await subjects(ingest, 4))[3] == "Po przerwie"
        assert server.count(r"BODY\.PEEK\[\]") == fetches + 1


async def test_a_mail_below_the_watermark_that_the_ledger_lacks_is_found(ingest: Ingest, server: ScriptedImap) -> None:
    for number in range(3):
        server.deliver(a_mail(subject=f"Mail {number}"))
    await ingest.add_account(imap=imap(server))
    await subjects(ingest, 3)
    await server.until(lambda: server.count(r"\bIDLE\b") == 1)
    async with ingest.database.transaction() as session:
        of_two = "(SELECT id FROM message WHERE uid = 2)"
        for table in ("mail_card", "mail_document"):
            await session.execute(text(f"DELETE FROM {table} WHERE message_id IN {of_two}"))
        await session.execute(text("DELETE FROM message WHERE uid = 2"))
    server.folders["INBOX"].mails[2].raw = a_mail(subject="Zgubiony")
    server.drop_connections()
    await ingest.pauses.end()
    assert (await subjects(ingest, 4))[3] == "Zgubiony"


async def test_a_literal_that_is_cut_is_fetched_again_whole(ingest: Ingest, server: ScriptedImap) -> None:
    """reliability A2"""
    raws = [a_mail(subject=f"Mail {number}") for number in range(3)]
    for raw in raws:
        server.deliver(raw)
    server.faults.cut_literal_after = {2: 40}
    account = await ingest.add_account(imap=imap(server))
    await ingest.pauses.end()
    await server.until(lambda: server.count(r"\bIDLE\b") == 1)
    assert sorted(await subjects(ingest, 2)) == ["Mail 0", "Mail 2"]
    assert (await health(ingest, account, "degraded"))["unfetched_mails"][0]["uid"] == 2
    await ingest.client.post(f"/v1/mail-accounts/{account}/resume")
    assert (await subjects(ingest, 3))[2] == "Mail 1"
    found = await ingest.get("/v1/messages", mail_account_id=str(account))
    assert {(item["sha256"], item["size"]) for item in found["items"]} == {(_sha256(raw), len(raw)) for raw in raws}
    await health(ingest, account, "ok")


@pytest.mark.parametrize("fault", ["literal_longer_by", "literal_size", "silent_fetch", "refuse_fetch"])
async def test_one_mail_that_cannot_be_fetched_stops_no_other(
    ingest: Ingest, server: ScriptedImap, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """reliability A3, A5"""
    monkeypatch.setattr(imap_connection, "FETCH_SECONDS", 0.2)
    for number in range(4):
        server.deliver(a_mail(subject=f"Mail {number}"))
    wanted: Any = {"literal_longer_by": {2: 100_000}, "literal_size": {2: 2**32}}.get(fault, {2})
    setattr(server.faults, fault, wanted)
    account = await ingest.add_account(imap=imap(server))
    while not server.count(r"\bIDLE\b"):
        if ingest.pauses.asleep:
            await ingest.pauses.end()
        await until(lambda: _either(server.count(r"\bIDLE\b"), ingest.pauses.asleep))
    assert sorted(await subjects(ingest, 3)) == ["Mail 0", "Mail 2", "Mail 3"]
    ill = await health(ingest, account, "degraded")
    (gap,) = ill["unfetched_mails"]
    assert (gap["folder"], gap["uid"]) == ("INBOX", 2)
    assert ill["unfetched"] == 1

    setattr(server.faults, fault, type(wanted)())
    await ingest.client.post(f"/v1/mail-accounts/{account}/resume")
    assert (await subjects(ingest, 4))[3] == "Mail 1"
    assert (await health(ingest, account, "ok"))["unfetched"] == 0


async def test_a_server_that_counts_bytes_wrongly_but_steadily_is_believed(
    ingest: Ingest, server: ScriptedImap
) -> None:
    raw = a_mail(subject="Exchange")
    server.deliver(raw)
    server.faults.size_off_by = {1: 7}
    await ingest.add_account(imap=imap(server))
    await subjects(ingest, 1)
    (heard,) = await ingest.announced(MailReceived)
    assert heard.sha256 == _sha256(raw)
    assert server.count(r"BODY\.PEEK\[\]") == 3


async def test_disorder_during_a_fetch_mixes_up_nothing(ingest: Ingest, server: ScriptedImap) -> None:
    """reliability A6"""
    raws = [a_mail(subject=f"Mail {number}") for number in range(4)]
    for raw in raws:
        server.deliver(raw)
    server.faults.repeat_replies = True
    server.faults.noise_in_fetch = [b"* 4 EXISTS", b"* 1 FETCH (FLAGS (\\Seen))", b"* 2 FETCH (BODY[] {2}", b"hi)"]
    server.faults.expunge_in_fetch = {3}
    await ingest.add_account(imap=imap(server))
    assert sorted(await subjects(ingest, 3)) == ["Mail 0", "Mail 1", "Mail 3"]
    assert {heard.sha256 for heard in await ingest.announced(MailReceived)} == {_sha256(raws[n]) for n in (0, 1, 3)}


async def test_a_mailbox_numbered_anew_brings_nothing_twice(ingest: Ingest, server: ScriptedImap) -> None:
    """reliability A4"""
    for number in range(3):
        server.deliver(a_mail(subject=f"Mail {number}"))
    server.deliver(server.folders["INBOX"].mails[1].raw)
    account = await ingest.add_account(imap=imap(server))
    await subjects(ingest, 4)
    ids = {item["id"] for item in (await ingest.get("/v1/messages"))["items"]}
    await server.until(lambda: server.count(r"\bIDLE\b") == 1)
    server.deliver(a_mail(subject="W przerwie"), announce=False)
    server.renumber(uid_validity=77, first_uid=101)
    server.drop_connections()
    await ingest.pauses.end()
    assert (await subjects(ingest, 5))[4] == "W przerwie"
    await server.until(lambda: server.count(r"\bIDLE\b") == 2)
    items = (await ingest.get("/v1/messages"))["items"]
    assert len(items) == 5
    assert ids < {item["id"] for item in items}
    folder = (await health(ingest, account, "ok"))["folders"][0]
    assert (folder["uid_validity"], folder["last_uid"]) == (77, 105)


async def test_numbering_anew_brings_no_history_that_start_new_left_alone(ingest: Ingest, server: ScriptedImap) -> None:
    for number in range(3):
        server.deliver(a_mail(subject=f"Stary {number}"), received_at=datetime(2026, 1, 1, tzinfo=UTC))
    await ingest.add_account(imap=imap(server, start="new"))
    await server.until(lambda: server.count(r"\bIDLE\b") == 1)
    server.deliver(a_mail(subject="Nowy"), received_at=ingest.clock.now(), announce=False)
    server.renumber(uid_validity=2, first_uid=50)
    server.drop_connections()
    await ingest.pauses.end()
    assert await subjects(ingest, 1) == ["Nowy"]
    await server.until(lambda: server.count(r"\bIDLE\b") == 2)
    assert len(await ingest.announced(MailReceived)) == 1


async def test_a_mailbox_numbered_anew_again_and_again_is_paused_with_an_alarm(
    ingest: Ingest, server: ScriptedImap
) -> None:
    server.deliver(a_mail(subject="Jeden"))
    account = await ingest.add_account(imap=imap(server))
    await subjects(ingest, 1)
    for change in range(1, 7):
        await server.until(lambda change=change: server.count(r"\bIDLE\b") == change)
        server.renumber(uid_validity=100 + change)
        server.drop_connections()
        await ingest.pauses.end()
    paused = await health(ingest, account, "paused")
    assert "6 times in a row" in paused["folders"][0]["paused_reason"]
    assert [event.state for event in await ingest.announced(MailAccountHealthChanged)][-1] == "paused"
    assert len(await ingest.announced(MailReceived)) == 1

    server.deliver(a_mail(subject="Dwa"))
    await ingest.client.post(f"/v1/mail-accounts/{account}/resume")
    assert await subjects(ingest, 2) == ["Jeden", "Dwa"]
    await health(ingest, account, "ok")


async def test_a_connection_that_died_in_silence_is_noticed(
    ingest: Ingest, server: ScriptedImap, monkeypatch: pytest.MonkeyPatch
) -> None:
    """reliability A7: the IDLE is renewed, and a server that does not take its end is left."""
    monkeypatch.setattr(imap_connection, "COMMAND_SECONDS", 0.3)
    ingest.parts.settings.__dict__["imap_poll_seconds"] = 0.05
    server.faults.deaf_after_idle = True
    account = await ingest.add_account(imap=imap(server))
    await ingest.pauses.end()
    server.faults.deaf_after_idle = False
    server.deliver(a_mail(subject="Po ciszy"), announce=False)
    assert await subjects(ingest, 1) == ["Po ciszy"]
    await health(ingest, account, "ok")


async def test_a_server_without_idle_is_polled(ingest: Ingest) -> None:
    async with ScriptedImap(capabilities=("IMAP4rev1",)) as server:
        await ingest.add_account(imap=imap(server))
        await until(lambda: _either(ingest.pauses.asleep))
        server.deliver(a_mail(subject="Znaleziony"))
        assert await ingest.pauses.end() == ingest.parts.settings.imap_poll_seconds
        assert await subjects(ingest, 1) == ["Znaleziony"]


async def test_a_wrong_password_is_no_storm_of_logins(ingest: Ingest, server: ScriptedImap) -> None:
    """reliability A8: five logins in an hour at most, and the state says what is wrong."""
    account = await ingest.add_account(imap=imap(server, password="zle"))
    began = ingest.clock.now()
    while (ingest.clock.now() - began).total_seconds() < 3500:
        await ingest.pauses.end()
    assert server.logins_tried <= 5
    ill = await health(ingest, account, "auth_failed")
    assert "refused the login" in ill["last_error"]
    assert ill["next_login_at"] is not None
    (changed,) = await ingest.announced(MailAccountHealthChanged)
    assert (changed.state, changed.former_state) == ("auth_failed", "starting")


async def test_another_password_takes_effect_without_a_restart(ingest: Ingest, server: ScriptedImap) -> None:
    server.deliver(a_mail(subject="Jeden"))
    account = await ingest.add_account(imap=imap(server, password="zle"))
    await health(ingest, account, "auth_failed")
    await ingest.client.patch(f"/v1/mail-accounts/{account}", json={"imap": imap(server)})
    assert await subjects(ingest, 1) == ["Jeden"]
    await health(ingest, account, "ok")


async def test_a_busy_server_is_not_a_wrong_password(ingest: Ingest, server: ScriptedImap) -> None:
    server.faults.login_answer = "NO [UNAVAILABLE] come back later"
    account = await ingest.add_account(imap=imap(server))
    assert "come back later" in (await health(ingest, account, "unreachable"))["last_error"]
    await until(lambda: _either(ingest.pauses.asleep))
    tried = server.logins_tried
    assert await ingest.pauses.end() >= 15
    assert await ingest.pauses.end() >= 30
    await until(lambda: _either(server.logins_tried == tried + 2 and ingest.pauses.asleep))
    server.faults.login_answer = None
    await ingest.pauses.end()
    await health(ingest, account, "ok")


async def test_one_mailbox_in_trouble_slows_no_other(ingest: Ingest, server: ScriptedImap) -> None:
    async with ScriptedImap() as other:
        other.faults.login_answer = "NO [UNAVAILABLE] later"
        ill = await ingest.add_account("zly@firma.example", imap=imap(other))
        await ingest.add_account(imap=imap(server))
        server.deliver(a_mail(subject="Jeden"))
        assert await subjects(ingest, 1) == ["Jeden"]
        await health(ingest, ill, "unreachable")


async def test_a_mail_over_the_limit_is_never_fetched(start_ingest: StartIngest, server: ScriptedImap) -> None:
    """reliability A10"""
    async with start_ingest(max_message_bytes=2000) as ingest:
        server.deliver(a_mail(subject="Za duży", text="x" * 5000))
        server.deliver(a_mail(subject="Zwykły"))
        account = await ingest.add_account(imap=imap(server))
        assert await subjects(ingest, 1) == ["Zwykły"]
        (heard,) = await until(lambda: ingest.announced(MailQuarantined))
        assert heard.reason == "too_large"
        message = await ingest.get(f"/v1/messages/{heard.message_id}")
        assert (message["subject"], message["status"]) == ("Za duży", "quarantined")
        assert message["size"] == len(server.folders["INBOX"].mails[1].raw)
        assert server.count(r"FETCH 1 .*BODY\.PEEK\[\]|FETCH 1:2 .*BODY\.PEEK\[\]") == 0
        await health(ingest, account, "ok")


async def test_a_deleted_account_is_left_alone(ingest: Ingest, server: ScriptedImap) -> None:
    account = await ingest.add_account(imap=imap(server))
    await server.until(lambda: server.count(r"\bIDLE\b") == 1)
    assert (await ingest.client.delete(f"/v1/mail-accounts/{account}")).status_code == 204
    await until(lambda: _either(not server.talking))
    assert (await ingest.client.get(f"/v1/mail-accounts/{account}/health")).status_code == 404


async def test_a_database_that_is_away_costs_nothing(
    ingest: Ingest, server: ScriptedImap, monkeypatch: pytest.MonkeyPatch
) -> None:
    """reliability A14, A15: nothing is lost when a mail cannot be stored now."""
    taken_in = ingest.parts.intake.take_in

    async def refused(mails: object) -> object:
        raise OSError("No space left on device")

    monkeypatch.setattr(ingest.parts.intake, "take_in", refused)
    server.deliver(a_mail(subject="Jeden"))
    account = await ingest.add_account(imap=imap(server))
    await health(ingest, account, "degraded")
    monkeypatch.setattr(ingest.parts.intake, "take_in", taken_in)
    assert await ingest.pauses.end() <= 30
    assert await subjects(ingest, 1) == ["Jeden"]
    await health(ingest, account, "ok")


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


async def _either(*conditions: object) -> bool:
    return any(conditions)
