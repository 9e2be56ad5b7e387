"""A mail server for tests that keeps what it is given and misbehaves on demand."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Self, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from kit.smtp import PasswordAuth, SmtpAccess

Command = Literal["EHLO", "MAIL", "RCPT", "DATA", "MESSAGE"]
"""`DATA` is the command, `MESSAGE` the moment after the final dot."""


@dataclass(frozen=True, slots=True)
class SunkMail:
    """A mail as it was handed over: the content byte for byte, after the dots were taken out again."""

    envelope_from: str
    recipients: list[str]
    content: bytes
    user: str | None
    connection: int
    options: list[str]


@dataclass(slots=True)
class _Rule:
    command: Command
    about: str | None
    times: float
    answer: str | None = None
    hold_seconds: float = 0.0
    cut: bool = False


@dataclass(slots=True)
class SmtpSink:
    """`async with SmtpSink() as sink:` listens on 127.0.0.1; `sink.access()` is how to reach it.

    `users` maps user names to passwords or, for XOAUTH2, to tokens; without users anybody may send.
    """

    security: Literal["tls", "starttls", "none"] = "none"
    tls: ssl.SSLContext | None = None
    users: dict[str, str] = field(default_factory=dict)
    size_limit: int = 60 * 1024 * 1024
    offers_smtputf8: bool = True
    mails: list[SunkMail] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    connections: int = 0
    held: int = 0
    port: int = 0
    _rules: list[_Rule] = field(default_factory=list)
    _protocols: list["_Protocol"] = field(default_factory=list)
    _server: asyncio.Server | None = None

    # What a test tells it.

    def answer(self, command: Command, answer: str, *, about: str | None = None, times: float = float("inf")) -> None:
        """Answer `command` with this line, such as `451 4.7.1 later`, the next `times`; `about` is an address."""
        self._rules.append(_Rule(command, about, times, answer=answer))

    def hold(self, command: Command, seconds: float, *, about: str | None = None, times: float = float("inf")) -> None:
        """Say nothing for so long before answering."""
        self._rules.append(_Rule(command, about, times, hold_seconds=seconds))

    def cut(self, command: Command, *, about: str | None = None, times: float = float("inf")) -> None:
        """Close the connection instead of answering; at `MESSAGE` the mail is kept, but its 250 is lost."""
        self._rules.append(_Rule(command, about, times, cut=True))

    def behave(self) -> None:
        """Forget all of that."""
        self._rules.clear()

    def hang_up(self) -> None:
        """Close all connections, as a server does with idle ones."""
        for protocol in self._protocols:
            protocol.drop()

    def access(self, *, host: str = "127.0.0.1", auth: Any = None, security: Any = None) -> SmtpAccess:
        """How to reach it: signed in as the first user when there are users."""
        if auth is None and self.users:
            auth = PasswordAuth(*next(iter(self.users.items())))
        return SmtpAccess(host=host, port=self.port, security=security or self.security, auth=auth)

    @property
    def open_connections(self) -> int:
        return sum(1 for protocol in self._protocols if protocol.is_open)

    def received(self, recipient: str) -> list[SunkMail]:
        return [mail for mail in self.mails if recipient in mail.recipients]

    # How it runs.

    async def __aenter__(self) -> Self:
        factory = self._factory()
        context = self.tls if self.security == "tls" else None
        self._server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", self.port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.hang_up()
        tasks = [protocol.conversation for protocol in self._protocols if protocol.conversation is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.wait_closed()

    def _factory(self) -> Callable[[], "_Protocol"]:
        def make() -> _Protocol:
            protocol = _Protocol(
                _Handler(self),
                data_size_limit=self.size_limit,
                enable_SMTPUTF8=self.offers_smtputf8,
                hostname="sink.test",
                ident="sink",
                tls_context=self.tls if self.security == "starttls" else None,
                auth_require_tls=False,
                authenticator=self._authenticate if self.users else None,
                auth_exclude_mechanism=None if self.users else ["LOGIN", "PLAIN"],
                loop=asyncio.get_running_loop(),
            )
            self.connections += 1
            protocol.number = self.connections
            self._protocols.append(protocol)
            return protocol

        return make

    def _authenticate(self, _: SMTP, __: Session, ___: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
        login = data.login.decode()
        self.logins.append(f"{mechanism} {login}")
        good = self.users.get(login) == data.password.decode()
        return AuthResult(success=good, handled=False, auth_data=login)

    def rule_for(self, command: Command, about: str) -> _Rule | None:
        for rule in self._rules:
            if rule.command == command and rule.about in (None, about) and rule.times > 0:
                rule.times -= 1
                return rule
        return None


class _Protocol(SMTP):
    number = 0

    @property
    def conversation(self) -> "asyncio.Task[None] | None":
        task: asyncio.Task[None] | None = self._handler_coroutine
        return task

    @property
    def is_open(self) -> bool:
        return self.transport is not None and not self.transport.is_closing()

    def drop(self) -> None:
        if self.transport is not None:
            cast(asyncio.Transport, self.transport).abort()

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        rcpt_tos = self.envelope.rcpt_tos if self.envelope else []
        handler: _Handler = self.event_handler
        told = await handler.told(self, "DATA", rcpt_tos[0] if rcpt_tos else "")
        if told:
            await self.push(told)
        else:
            await super().smtp_DATA(arg)

    def eof_received(self) -> bool:
        """aiosmtpd keeps half-closed connections; a client that says no more is gone."""
        super().eof_received()
        return False


class _Handler:
    """What aiosmtpd asks at each step."""

    def __init__(self, sink: SmtpSink) -> None:
        self._sink = sink

    async def handle_EHLO(  # noqa: N802
        self, server: _Protocol, session: Session, _: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        told = await self.told(server, "EHLO", hostname)
        return [told] if told else responses

    async def handle_MAIL(  # noqa: N802
        self, server: _Protocol, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        told = await self.told(server, "MAIL", address)
        if told:
            return told
        if self._sink.users and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: _Protocol, _: Session, envelope: Envelope, address: str, __: list[str]
    ) -> str:
        told = await self.told(server, "RCPT", address)
        if told:
            return told
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: _Protocol, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        about = envelope.rcpt_tos[0] if envelope.rcpt_tos else ""
        rule = self._sink.rule_for("MESSAGE", about)
        if rule is None or rule.answer is None:
            mail = SunkMail(
                envelope_from="" if envelope.mail_from == "<>" else envelope.mail_from or "",
                recipients=list(envelope.rcpt_tos),
                content=content,
                user=session.auth_data if session.authenticated else None,
                connection=server.number,
                options=list(envelope.mail_options),
            )
            self._sink.mails.append(mail)
        return await self._follow(server, rule) or "250 2.0.0 taken"

    async def auth_XOAUTH2(self, server: _Protocol, args: list[str]) -> AuthResult:  # noqa: N802
        import base64

        said = dict(part.split("=", 1) for part in base64.b64decode(args[1]).decode().split("\x01") if "=" in part)
        self._sink.logins.append(f"XOAUTH2 {said['user']}")
        good = f"Bearer {self._sink.users.get(said['user'])}" == said["auth"]
        if not good:
            await server.challenge_auth('{"status":"400"}')
        return AuthResult(success=good, handled=False, auth_data=said["user"])

    async def told(self, server: _Protocol, command: Command, about: str) -> str | None:
        return await self._follow(server, self._sink.rule_for(command, about))

    async def _follow(self, server: _Protocol, rule: _Rule | None) -> str | None:
        if rule is None:
            return None
        if rule.hold_seconds:
            self._sink.held += 1
            await asyncio.sleep(rule.hold_seconds)
        if rule.cut:
            server.drop()
            await asyncio.sleep(3600)
        return rule.answer
