"""Mail out against a mail server that misbehaves: reliability A21, A23, B2-B6."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest

from kit.egress import Egress
from kit.metrics import Metrics
from kit.smtp import (
    OAuth2Token,
    PasswordAuth,
    SmtpAccess,
    SmtpFailed,
    SmtpPermanent,
    SmtpSender,
    SmtpTemporary,
    SmtpUnknown,
)
from kit.testing.certificates import server_tls, trusting_tls
from kit.testing.smtp_sink import SmtpSink

LOOPBACK = Egress(["127.0.0.0/8", "::1"])
MESSAGE = b"Subject: hello\r\n\r\nHello.\r\n"


@pytest.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    async with SmtpSink() as sink:
        yield sink


def a_sender(**options: object) -> SmtpSender:
    told = {"tls": trusting_tls(), "command_seconds": 5.0, "send_seconds": 10.0, **options}
    return SmtpSender(LOOPBACK, **told)  # type: ignore[arg-type]


@pytest.fixture
async def sender() -> AsyncIterator[SmtpSender]:
    async with a_sender() as sender:
        yield sender


async def send(
    sender: SmtpSender,
    access: SmtpAccess,
    *recipients: str,
    message: bytes = MESSAGE,
    envelope_from: str = "us@goniec.test",
) -> object:
    return await sender.send(
        access, envelope_from=envelope_from, recipients=list(recipients or ["them@client.test"]), message=message
    )


async def failing(sender: SmtpSender, access: SmtpAccess, *recipients: str, **options: object) -> SmtpFailed:
    with pytest.raises(SmtpFailed) as caught:
        await send(sender, access, *recipients, **options)  # type: ignore[arg-type]
    return caught.value


async def test_a_mail_arrives_as_it_is(sink: SmtpSink, sender: SmtpSender) -> None:
    await send(sender, sink.access(), "a@client.test", "b@client.test")
    (mail,) = sink.mails
    assert mail.envelope_from == "us@goniec.test"
    assert mail.recipients == ["a@client.test", "b@client.test"]
    assert mail.content == MESSAGE


async def test_null_sender(sink: SmtpSink, sender: SmtpSender) -> None:
    await send(sender, sink.access(), envelope_from="")
    assert sink.mails[0].envelope_from == ""


@pytest.mark.parametrize(
    ("written", "received"),
    [
        (b"a\nb\n", b"a\r\nb\r\n"),  # Unix line ends
        (b"a\rb\r", b"a\r\nb\r\n"),  # bare CR
        (b"a\r\n.\r\nb\r\n", b"a\r\n.\r\nb\r\n"),  # a lone dot is a line, not the end
        (b"a\n.\nMAIL FROM:<x@y>\n", b"a\r\n.\r\nMAIL FROM:<x@y>\r\n"),  # SMTP smuggling
        (b"a\r.\rb", b"a\r\n.\r\nb\r\n"),
        (b".starts with a dot\r\n..two\r\n", b".starts with a dot\r\n..two\r\n"),
        (b"no end", b"no end\r\n"),
        (b"\xc5\x82\xc3\xb3d\xc5\xba 8 bit\r\n", b"\xc5\x82\xc3\xb3d\xc5\xba 8 bit\r\n"),
    ],
)
async def test_line_ends_and_dots(sink: SmtpSink, sender: SmtpSender, written: bytes, received: bytes) -> None:
    await send(sender, sink.access(), message=written)
    assert [mail.content for mail in sink.mails] == [received]


async def test_a_large_mail(sink: SmtpSink, sender: SmtpSender) -> None:
    message = b"x" * 70 + b"\r\n"
    await send(sender, sink.access(), message=message * 200_000)
    assert sink.mails[0].content == message * 200_000


async def test_connections_are_used_again(sink: SmtpSink, sender: SmtpSender) -> None:
    for _ in range(5):
        await send(sender, sink.access())
    assert [mail.connection for mail in sink.mails] == [1] * 5


async def test_a_rejected_recipient_does_not_cost_the_connection(sink: SmtpSink, sender: SmtpSender) -> None:
    sink.answer("RCPT", "550 5.1.1 no such user", about="nobody@client.test")
    refusal = await failing(sender, sink.access(), "nobody@client.test")
    assert isinstance(refusal, SmtpPermanent)
    assert (refusal.stage, refusal.code, refusal.is_ours) == ("recipient", 550, False)
    await send(sender, sink.access())
    assert sink.connections == 1
    assert sink.mails[0].recipients == ["them@client.test"]


async def test_the_others_get_it_when_one_recipient_is_refused(sink: SmtpSink, sender: SmtpSender) -> None:
    sink.answer("RCPT", "550 5.1.1 no such user", about="nobody@client.test")
    sent = await sender.send(
        sink.access(),
        envelope_from="us@goniec.test",
        recipients=["nobody@client.test", "them@client.test"],
        message=MESSAGE,
    )
    assert {address: reply.code for address, reply in sent.refused.items()} == {"nobody@client.test": 550}
    assert sink.mails[0].recipients == ["them@client.test"]


async def test_a_recipient_who_may_be_taken_later_makes_it_temporary(sink: SmtpSink, sender: SmtpSender) -> None:
    sink.answer("RCPT", "550 5.1.1 no such user", about="nobody@client.test")
    sink.answer("RCPT", "450 4.2.0 greylisted", about="them@client.test")
    refusal = await failing(sender, sink.access(), "nobody@client.test", "them@client.test")
    assert isinstance(refusal, SmtpTemporary)
    assert {address: reply.code for address, reply in refusal.per_recipient.items()} == {
        "nobody@client.test": 550,
        "them@client.test": 450,
    }


@pytest.mark.parametrize(
    ("command", "answer", "kind", "stage", "is_ours"),
    [
        ("EHLO", "421 4.3.2 shutting down", SmtpTemporary, "connect", True),
        ("EHLO", "554 5.7.1 go away", SmtpPermanent, "connect", True),
        ("MAIL", "451 4.3.0 later", SmtpTemporary, "sender", True),
        ("MAIL", "550 5.7.1 not your address", SmtpPermanent, "sender", True),
        ("MAIL", "552 5.2.2 over quota", SmtpPermanent, "sender", True),
        ("RCPT", "451 4.7.1 greylisted", SmtpTemporary, "recipient", False),
        ("RCPT", "550 5.1.1 no such user", SmtpPermanent, "recipient", False),
        ("DATA", "451 4.3.0 later", SmtpTemporary, "data", False),
        ("DATA", "554 5.5.1 no valid recipients", SmtpPermanent, "data", False),
        ("MESSAGE", "452 4.3.1 no space", SmtpTemporary, "data", False),
        ("MESSAGE", "554 5.6.0 spam", SmtpPermanent, "data", False),
    ],
)
async def test_refusals_by_stage(
    sink: SmtpSink, sender: SmtpSender, command: str, answer: str, kind: type[SmtpFailed], stage: str, is_ours: bool
) -> None:
    sink.answer(command, answer, times=1)  # type: ignore[arg-type]
    refusal = await failing(sender, sink.access())
    assert type(refusal) is kind
    assert (refusal.stage, refusal.code, refusal.is_ours) == (stage, int(answer[:3]), is_ours)
    assert refusal.text == answer[4:]
    await send(sender, sink.access())
    assert len(sink.mails) == 1


async def test_a_lost_250_is_unknown(sink: SmtpSink, sender: SmtpSender) -> None:
    """RFC 1047: the mail is there, and nobody told us."""
    sink.cut("MESSAGE", times=1)
    refusal = await failing(sender, sink.access())
    assert type(refusal) is SmtpUnknown
    assert len(sink.mails) == 1
    await send(sender, sink.access())


async def test_silence_after_the_final_dot_is_unknown(sink: SmtpSink) -> None:
    sink.hold("MESSAGE", 60)
    async with a_sender(command_seconds=0.2) as sender:
        assert type(await failing(sender, sink.access())) is SmtpUnknown


async def test_running_out_of_time_after_the_final_dot_is_unknown(sink: SmtpSink) -> None:
    sink.hold("MESSAGE", 60)
    async with a_sender(send_seconds=0.3) as sender:
        assert type(await failing(sender, sink.access())) is SmtpUnknown


@pytest.mark.parametrize("command", ["EHLO", "MAIL", "RCPT", "DATA"])
async def test_a_connection_lost_before_the_final_dot_is_temporary(
    sink: SmtpSink, sender: SmtpSender, command: str
) -> None:
    sink.cut(command, times=1)  # type: ignore[arg-type]
    assert type(await failing(sender, sink.access())) is SmtpTemporary
    assert not sink.mails


@pytest.mark.parametrize("command", ["EHLO", "MAIL", "RCPT", "DATA"])
async def test_silence_before_the_final_dot_is_temporary(sink: SmtpSink, command: str) -> None:
    sink.hold(command, 60)  # type: ignore[arg-type]
    async with a_sender(command_seconds=0.2) as sender:
        assert type(await failing(sender, sink.access())) is SmtpTemporary


async def test_a_tarpit_costs_the_deadline_of_the_mail_and_no_more(sink: SmtpSink) -> None:
    sink.hold("RCPT", 0.2)
    recipients = [f"r{number}@client.test" for number in range(100)]
    async with a_sender(send_seconds=1) as sender:
        began = time.monotonic()
        refusal = await failing(sender, sink.access(), *recipients)
        assert type(refusal) is SmtpTemporary
        assert time.monotonic() - began < 3


async def test_fifty_tarpits_do_not_delay_a_good_server(sink: SmtpSink) -> None:
    """B6: other recipients on time."""
    async with a_tarpit() as port, a_sender(command_seconds=30, send_seconds=30) as sender:
        slow = SmtpAccess("127.0.0.1", port, "none")
        stuck = [asyncio.create_task(send(sender, slow)) for _ in range(50)]
        await asyncio.sleep(0)
        began = time.monotonic()
        await send(sender, sink.access())
        assert time.monotonic() - began < 2
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)


@pytest.mark.parametrize("line", [b"2" * 1000, b"220-never ends\r\n", b"\x00\xff\r\n"])
async def test_a_banner_that_is_none(line: bytes) -> None:
    async with a_babbler(line) as port, a_sender(command_seconds=1) as sender:
        refusal = await failing(sender, SmtpAccess("127.0.0.1", port, "none"))
        assert (type(refusal), refusal.stage) == (SmtpTemporary, "connect")


async def test_a_kept_connection_the_server_closed_is_replaced(sink: SmtpSink, sender: SmtpSender) -> None:
    await send(sender, sink.access())
    sink.hang_up()
    await send(sender, sink.access())
    assert len(sink.mails) == 2


async def test_a_kept_connection_that_dies_at_the_next_mail_is_replaced(sink: SmtpSink, sender: SmtpSender) -> None:
    await send(sender, sink.access())
    sink.cut("MAIL", times=1)
    await send(sender, sink.access())
    assert [mail.connection for mail in sink.mails] == [1, 2]


async def test_idle_connections_are_closed(sink: SmtpSink) -> None:
    async with a_sender(idle_seconds=0.1) as sender:
        await send(sender, sink.access())
        assert sink.open_connections == 1
        await eventually(lambda: sink.open_connections == 0)


async def test_not_more_connections_than_allowed(sink: SmtpSink) -> None:
    async with a_sender(connections=3) as sender:
        await asyncio.gather(*(send(sender, sink.access()) for _ in range(30)))
    assert len(sink.mails) == 30
    assert sink.connections <= 3


async def test_a_refused_connection_is_temporary(sender: SmtpSender) -> None:
    async with SmtpSink() as gone:
        access = gone.access()
    refusal = await failing(sender, access)
    assert (type(refusal), refusal.stage, refusal.code) == (SmtpTemporary, "connect", None)


async def test_a_private_host_that_was_not_allowed_is_refused() -> None:
    async with SmtpSender(Egress([])) as sender:
        refusal = await failing(sender, SmtpAccess("127.0.0.1", 25, "none"))
        assert (type(refusal), refusal.stage) == (SmtpPermanent, "connect")


@pytest.mark.parametrize("address", ["a@b.test> SIZE=1 <c@d.test", "a@b.test\r\nRSET", "a b@c.test", "a\x00@b.test"])
async def test_addresses_cannot_smuggle_commands(sink: SmtpSink, sender: SmtpSender, address: str) -> None:
    refusal = await failing(sender, sink.access(), address)
    assert (type(refusal), refusal.stage) == (SmtpPermanent, "recipient")
    await send(sender, sink.access())
    assert [mail.recipients for mail in sink.mails] == [["them@client.test"]]


async def test_international_addresses(sink: SmtpSink, sender: SmtpSender) -> None:
    await send(sender, sink.access(), "biuro@żółw.test")
    await send(sender, sink.access(), "żółw@client.test")
    assert [mail.recipients for mail in sink.mails] == [["biuro@xn--w-uga1v8h.test"], ["żółw@client.test"]]


async def test_international_addresses_need_a_server_that_takes_them(sender: SmtpSender) -> None:
    async with SmtpSink(offers_smtputf8=False) as sink:
        refusal = await failing(sender, sink.access(), "żółw@client.test")
        assert (type(refusal), refusal.stage) == (SmtpPermanent, "recipient")


async def test_a_mail_the_server_finds_too_large_is_not_even_sent(sender: SmtpSender) -> None:
    async with SmtpSink(size_limit=1000) as sink:
        refusal = await failing(sender, sink.access(), message=b"x" * 2000)
        assert (type(refusal), refusal.stage, refusal.code) == (SmtpPermanent, "data", 552)
        await send(sender, sink.access())


async def test_no_recipient_is_a_mistake_of_the_caller(sink: SmtpSink, sender: SmtpSender) -> None:
    with pytest.raises(ValueError, match="recipient"):
        await sender.send(sink.access(), envelope_from="a@b.test", recipients=[], message=MESSAGE)


# Encryption and sign-in.


async def test_tls_from_the_first_byte(sender: SmtpSender) -> None:
    async with SmtpSink(security="tls", tls=server_tls(), users={"anna": "haslo"}) as sink:
        await send(sender, sink.access(host="localhost"))
        assert sink.mails[0].user == "anna"


async def test_starttls(sender: SmtpSender) -> None:
    async with SmtpSink(security="starttls", tls=server_tls(), users={"anna": "haslo"}) as sink:
        await send(sender, sink.access())
        await send(sender, sink.access())
        assert [mail.user for mail in sink.mails] == ["anna", "anna"]
        assert sink.logins == ["PLAIN anna"]


async def test_starttls_that_is_not_offered_is_never_gone_without(sender: SmtpSender) -> None:
    """A23: no credentials over a connection somebody stripped of encryption."""
    async with SmtpSink(users={"anna": "haslo"}) as sink:
        refusal = await failing(sender, sink.access(security="starttls"))
        assert (type(refusal), refusal.stage, refusal.is_ours) == (SmtpPermanent, "connect", True)
        assert sink.logins == []


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_certificate_nobody_vouches_for(security: str) -> None:
    async with (
        SmtpSink(security=security, tls=server_tls(), users={"anna": "haslo"}) as sink,  # type: ignore[arg-type]
        SmtpSender(LOOPBACK) as sender,
    ):
        refusal = await failing(sender, sink.access())
        assert (type(refusal), refusal.stage) == (SmtpPermanent, "connect")
        assert "certificate" in refusal.text
        assert sink.logins == []


async def test_a_certificate_for_another_host(sender: SmtpSender) -> None:
    async with SmtpSink(security="tls", tls=server_tls(), users={"anna": "haslo"}) as sink:
        refusal = await failing(sender, sink.access(host="127.0.0.2"))
        assert type(refusal) in {SmtpPermanent, SmtpTemporary}
        assert sink.logins == []


async def test_a_wrong_password_is_tried_once(sender: SmtpSender) -> None:
    async with SmtpSink(users={"anna": "haslo"}) as sink:
        refusal = await failing(sender, sink.access(auth=PasswordAuth("anna", "wrong")))
        assert (type(refusal), refusal.stage, refusal.code, refusal.is_ours) == (SmtpPermanent, "auth", 535, True)
        assert len(sink.logins) == 1


async def test_xoauth2(sender: SmtpSender) -> None:
    async with SmtpSink(users={"anna": "token"}) as sink:
        await send(sender, sink.access(auth=OAuth2Token("anna", "token")))
        refusal = await failing(sender, sink.access(auth=OAuth2Token("anna", "old")))
        assert (type(refusal), refusal.stage) == (SmtpPermanent, "auth")
        assert [mail.user for mail in sink.mails] == ["anna"]


async def test_credentials_do_not_show() -> None:
    access = SmtpAccess("mail.test", 587, "starttls", PasswordAuth("anna", "haslo"))
    assert "haslo" not in repr(access)
    assert "token" not in repr(OAuth2Token("anna", "token")).replace("access_token", "")


async def test_an_account_can_be_tested_without_a_mail(sink: SmtpSink, sender: SmtpSender) -> None:
    await sender.check(sink.access())
    assert (sink.connections, sink.mails) == (1, [])


async def test_outcomes_are_counted(sink: SmtpSink) -> None:
    metrics = Metrics()
    async with a_sender(metrics=metrics) as sender:
        await send(sender, sink.access())
        sink.answer("RCPT", "450 4.2.0 later")
        await failing(sender, sink.access())
    sample = metrics.registry.get_sample_value
    assert sample("goniec_smtp_sends_total", {"outcome": "sent"}) == 1
    assert sample("goniec_smtp_sends_total", {"outcome": "temporary"}) == 1


# Servers that are none.


class _Listening:
    def __init__(self, speak: Callable[[asyncio.StreamWriter], object]) -> None:
        self._speak = speak
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def _serve(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._speak(writer)  # type: ignore[misc]
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()


def a_tarpit() -> _Listening:
    async def speak(writer: asyncio.StreamWriter) -> None:
        for byte in b"220 welcome\r\n" * 100:
            writer.write(bytes([byte]))
            await asyncio.sleep(1)

    return _Listening(speak)


def a_babbler(line: bytes) -> _Listening:
    async def speak(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(line)
            await writer.drain()
            await asyncio.sleep(0.001)

    return _Listening(speak)


async def eventually(condition: Callable[[], bool], *, within: float = 5) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        await asyncio.sleep(0.01)
