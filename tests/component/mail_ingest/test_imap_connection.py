"""One connection to an IMAP server, and everything a server can do wrong (reliability A2, A3, A5–A8, A22)."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from scripted_imap import ScriptedImap

from kit.egress import Egress
from mail_ingest.sources import imap_connection
from mail_ingest.sources.imap_connection import ImapConnection, PartlyFetched
from mail_ingest.sources.imap_errors import (
    ConnectionBroken,
    FolderUnusable,
    HostForbidden,
    LoginRefused,
    NotAMailServer,
    ServerBusy,
    TlsFailed,
    TooSlow,
    Unreachable,
)
from mail_ingest.sources.imap_servers import ImapServer, PasswordLogin, TokenLogin

EGRESS = Egress(["127.0.0.0/8"])
LIMIT = 1_000_000
BIURO = PasswordLogin("biuro", "tajne")


def a_mail(subject: str, body: str = "Dzień dobry") -> bytes:
    return f"From: anna@klient.example\r\nSubject: {subject}\r\n\r\n{body}\r\n".encode()


@pytest_asyncio.fixture
async def server() -> AsyncIterator[ScriptedImap]:
    async with ScriptedImap() as running:
        yield running


async def connect(server: ScriptedImap, **options: object) -> ImapConnection:
    access = ImapServer("127.0.0.1", server.port, options.pop("security", "none"))
    return await ImapConnection.connect(access, egress=EGRESS, largest_mail=LIMIT, **options)


async def in_inbox(server: ScriptedImap) -> ImapConnection:
    connection = await connect(server)
    await connection.login(BIURO)
    await connection.examine("INBOX")
    return connection


async def test_mails_come_whole_with_uid_size_and_date(server: ScriptedImap) -> None:
    server.deliver(a_mail("one"), received_at=dt.datetime(2026, 11, 20, 8, 30, tzinfo=dt.UTC))
    server.deliver(a_mail("two", "(unbalanced ( {12}\r\nA1 OK not the end\r\n* 1 EXISTS"))
    connection = await in_inbox(server)
    assert await connection.uids() == [1, 2]
    one, two = await connection.mails([1, 2], octets=500)
    assert (one.uid, one.body, one.size) == (1, a_mail("one"), len(a_mail("one")))
    assert one.received_at == dt.datetime(2026, 11, 20, 8, 30, tzinfo=dt.UTC)
    assert two.body == server.folders["INBOX"].mails[2].raw
    await connection.close()
    assert not server.count(r"STORE|EXPUNGE|SELECT|COPY|MOVE")


async def test_uids_from_a_number_leave_out_the_older_last_one(server: ScriptedImap) -> None:
    server.deliver(a_mail("one"))
    connection = await in_inbox(server)
    assert await connection.uids(2) == []
    await connection.close()


@pytest.mark.parametrize("password", ["tajne", "ze spacją", 'cudzy"słów\\', "hasło zażółć"])
@pytest.mark.parametrize(
    "capabilities", [("IMAP4rev1",), ("IMAP4rev1", "AUTH=PLAIN"), ("IMAP4rev1", "AUTH=PLAIN", "SASL-IR")]
)
async def test_login_with_every_kind_of_password(password: str, capabilities: tuple[str, ...]) -> None:
    async with ScriptedImap(capabilities=capabilities) as server:
        server.users["biuro pl"] = password
        connection = await connect(server)
        await connection.login(PasswordLogin("biuro pl", password))
        await connection.close()
        assert server.logins_tried == 1


async def test_wrong_password_and_busy_server_are_different_things(server: ScriptedImap) -> None:
    connection = await connect(server)
    with pytest.raises(LoginRefused, match="wrong user or password"):
        await connection.login(PasswordLogin("biuro", "inne"))
    server.faults.login_answer = "NO [UNAVAILABLE] try later"
    with pytest.raises(ServerBusy, match="try later"):
        await connection.login(BIURO)
    await connection.close()


async def test_token_login_and_its_refusal(server: ScriptedImap) -> None:
    connection = await connect(server)
    with pytest.raises(LoginRefused):
        await connection.login(TokenLogin("biuro@firma.example", "expired"))
    await connection.login(TokenLogin("biuro@firma.example", "token-1"))
    await connection.close()


async def test_login_disabled_is_respected() -> None:
    async with ScriptedImap(capabilities=("IMAP4rev1", "LOGINDISABLED")) as server:
        connection = await connect(server)
        with pytest.raises(LoginRefused, match="does not allow"):
            await connection.login(BIURO)
        assert server.logins_tried == 0
        await connection.close()


@pytest.mark.parametrize(
    ("greeting", "error"),
    [
        (b"* PREAUTH welcome, you are root", NotAMailServer),
        (b"* BYE too many connections", ServerBusy),
        (b"220 smtp.example ESMTP", NotAMailServer),
    ],
)
async def test_unexpected_greetings_are_refused(server: ScriptedImap, greeting: bytes, error: type[Exception]) -> None:
    server.faults.greeting = greeting
    with pytest.raises(error):
        await connect(server)


async def test_nobody_listens(unused_tcp_port: int) -> None:
    with pytest.raises(Unreachable, match="cannot be reached"):
        await ImapConnection.connect(
            ImapServer("127.0.0.1", unused_tcp_port, "none"), egress=EGRESS, largest_mail=LIMIT
        )


async def test_a_private_host_has_to_be_allowed(server: ScriptedImap) -> None:
    with pytest.raises(HostForbidden):
        await ImapConnection.connect(ImapServer("127.0.0.1", server.port, "none"), egress=Egress(), largest_mail=LIMIT)
    assert server.connections == 0


async def test_a_silent_server_meets_the_deadline(server: ScriptedImap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_connection, "FETCH_SECONDS", 0.05)
    server.deliver(a_mail("one"))
    server.faults.silent_fetch = {1}
    connection = await in_inbox(server)
    with pytest.raises(PartlyFetched) as stopped:
        await connection.mails([1], octets=0)
    assert isinstance(stopped.value.cause, TooSlow)
    with pytest.raises(ConnectionBroken):
        await connection.noop()


async def test_a_cut_literal_is_no_mail_and_names_the_suspect(server: ScriptedImap) -> None:
    server.deliver(a_mail("one"))
    server.deliver(a_mail("two"))
    server.deliver(a_mail("three"))
    server.faults.cut_literal_after = {2: 10}
    connection = await in_inbox(server)
    with pytest.raises(PartlyFetched) as broken:
        await connection.mails([1, 2, 3], octets=500)
    assert [mail.uid for mail in broken.value.mails] == [1]
    assert broken.value.suspect == 2
    assert isinstance(broken.value.cause, ConnectionBroken)


async def test_a_literal_of_4_gb_is_refused_before_anything_is_kept(server: ScriptedImap) -> None:
    server.deliver(a_mail("one"))
    server.faults.literal_size = {1: 2**32}
    connection = await in_inbox(server)
    with pytest.raises(PartlyFetched, match="4294967296") as refused:
        await connection.mails([1], octets=100)
    assert refused.value.suspect == 1


async def test_a_literal_longer_than_the_mail_never_becomes_a_mail(
    server: ScriptedImap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_connection, "FETCH_SECONDS", 0.05)
    server.deliver(a_mail("one"))
    server.faults.literal_longer_by = {1: 1000}
    connection = await in_inbox(server)
    with pytest.raises(PartlyFetched) as broken:
        await connection.mails([1], octets=0)
    assert broken.value.mails == []
    assert broken.value.suspect == 1


async def test_repeats_noise_and_expunge_do_not_mix_up_bodies(server: ScriptedImap) -> None:
    for subject in ("one", "two", "three"):
        server.deliver(a_mail(subject))
    server.faults.repeat_replies = True
    server.faults.expunge_in_fetch = {2}
    server.faults.noise_in_fetch = [
        b"* 3 EXISTS",
        b"* 1 FETCH (FLAGS (\\Seen))",
        b"* OK still here",
        b"* 9 FETCH (BODY[] {3}",
        b"abc)",
    ]
    connection = await in_inbox(server)
    mails = await connection.mails([1, 2, 3], octets=500)
    assert {mail.uid: mail.body for mail in mails} == {1: a_mail("one"), 3: a_mail("three")}
    await connection.close()


async def test_two_bodies_under_one_uid_are_no_answer(server: ScriptedImap) -> None:
    server.deliver(a_mail("one"))
    server.deliver(a_mail("two"))
    server.faults.swapped_uids = {2: 1}
    connection = await in_inbox(server)
    assert await connection.mails([1, 2], octets=500) == []
    await connection.close()


async def test_header_of_a_mail_that_is_too_large(server: ScriptedImap) -> None:
    server.deliver(a_mail("one"))
    connection = await in_inbox(server)
    assert await connection.header(1) == b"From: anna@klient.example\r\nSubject: one\r\n\r\n"
    await connection.close()


async def test_idle_hears_of_new_mail(server: ScriptedImap) -> None:
    connection = await in_inbox(server)
    waiting = asyncio.create_task(connection.idle(10))
    await server.until(lambda: server.count(r"\bIDLE\b") == 1)
    server.deliver(a_mail("one"))
    assert await waiting is True
    assert await connection.uids() == [1]
    assert await connection.idle(0.01) is False
    await connection.close()


async def test_a_connection_that_died_during_idle_is_noticed(
    server: ScriptedImap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_connection, "COMMAND_SECONDS", 0.2)
    server.faults.deaf_after_idle = True
    connection = await in_inbox(server)
    with pytest.raises(TooSlow):
        await connection.idle(0.01)


async def test_the_end_of_the_connection_wakes_idle(server: ScriptedImap) -> None:
    connection = await in_inbox(server)
    waiting = asyncio.create_task(connection.idle(60))
    await server.until(lambda: server.count(r"\bIDLE\b") == 1)
    server.drop_connections()
    with pytest.raises(ConnectionBroken):
        await waiting


async def test_folder_names_travel_encoded_and_never_split_a_command(server: ScriptedImap) -> None:
    server.folders["Wys&AUI-ane"] = server.folders["INBOX"]
    connection = await in_inbox(server)
    await connection.examine("Wysłane")
    with pytest.raises(FolderUnusable, match="no such folder"):
        await connection.examine('INBOX" (\\Seen)')
    with pytest.raises(FolderUnusable, match="control characters"):
        await connection.examine("INBOX\r\nA1 DELETE INBOX")
    assert not server.count("DELETE")
    await connection.close()


# ---- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for 127.0.0.1, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "scripted")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return serving, ssl.create_default_context(cafile=str(folder / "cert.pem"))


async def test_starttls_then_login(certificate: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    serving, trusting = certificate
    async with ScriptedImap(tls=serving) as server:
        server.deliver(a_mail("one"))
        connection = await connect(server, security="starttls", tls=trusting)
        await connection.login(BIURO)
        await connection.examine("INBOX")
        (mail,) = await connection.mails([1], octets=100)
        assert mail.body == a_mail("one")
        await connection.close()


async def test_starttls_is_never_done_without(certificate: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    serving, trusting = certificate
    async with ScriptedImap(tls=serving) as server:
        server.faults.no_starttls = True
        with pytest.raises(TlsFailed, match="does not offer STARTTLS"):
            await connect(server, security="starttls", tls=trusting)
        assert server.logins_tried == 0


async def test_bytes_injected_behind_starttls_are_refused(certificate: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    serving, trusting = certificate
    async with ScriptedImap(tls=serving) as server:
        server.faults.bytes_after_starttls = b"* CAPABILITY IMAP4rev1 AUTH=EVIL"
        with pytest.raises(TlsFailed):
            await connect(server, security="starttls", tls=trusting)


async def test_an_untrusted_certificate_is_refused(certificate: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    serving, _ = certificate
    async with ScriptedImap(tls=serving) as server:
        with pytest.raises(TlsFailed, match="not trusted"):
            await connect(server, security="starttls")
        assert server.logins_tried == 0
