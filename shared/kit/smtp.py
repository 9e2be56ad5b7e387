"""Mail out: connections to mail servers are kept and used again, nobody waits for a slow server but its own mails."""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Self, TypeVar

from kit.egress import Egress, HostRefused, HostUnreachable
from kit.metrics import Metrics
from kit.smtp_outcomes import Reply, Sent, SmtpFailed, SmtpPermanent, SmtpTemporary, SmtpUnknown, Stage
from kit.smtp_session import OAuth2Token, PasswordAuth, SmtpAccess, SmtpSession, wire_form

__all__ = [
    "OAuth2Token",
    "PasswordAuth",
    "Reply",
    "Sent",
    "SmtpAccess",
    "SmtpFailed",
    "SmtpPermanent",
    "SmtpSender",
    "SmtpTemporary",
    "SmtpUnknown",
    "Stage",
]

COMMAND_SECONDS = 60.0
SEND_SECONDS = 300.0
IDLE_SECONDS = 30.0
MAILS_PER_CONNECTION = 200
CONNECTIONS_PER_ACCESS = 8

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Mail:
    envelope_from: str
    recipients: Sequence[str]
    content: bytes
    deadline: float


@dataclass(slots=True)
class _Line:
    """The connections to one server with one sign-in."""

    places: asyncio.Semaphore
    idle: list[SmtpSession] = field(default_factory=list)
    mails: int = 0
    """On their way or waiting for a place."""


class SmtpSender:
    """Sends mails through any number of accounts.

    `egress` judges the hosts. One command may take `command_seconds`, one mail `send_seconds`; at most `connections` are
    open to one access, and one that has nothing to do is closed after `idle_seconds`.
    """

    def __init__(
        self,
        egress: Egress,
        *,
        tls: ssl.SSLContext | None = None,
        command_seconds: float = COMMAND_SECONDS,
        send_seconds: float = SEND_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
        connections: int = CONNECTIONS_PER_ACCESS,
        metrics: Metrics | None = None,
    ) -> None:
        self._egress = egress
        self._tls = tls
        self._command_seconds = command_seconds
        self._send_seconds = send_seconds
        self._idle_seconds = idle_seconds
        self._connections = connections
        self._metrics = metrics
        self._lines: dict[SmtpAccess, _Line] = {}
        self._sweeper: asyncio.Task[None] | None = None

    async def send(self, access: SmtpAccess, *, envelope_from: str, recipients: Sequence[str], message: bytes) -> Sent:
        """Hand `message` to the server for all `recipients` that it takes; an empty `envelope_from` is the null sender.

        Raises SmtpTemporary or SmtpPermanent when nobody gets it, SmtpUnknown when that cannot be told. Cancelled, it may
        have been taken as well.
        """
        if not recipients:
            raise ValueError("A mail needs a recipient.")
        deadline = asyncio.get_running_loop().time() + self._send_seconds
        mail = _Mail(envelope_from, list(dict.fromkeys(recipients)), wire_form(message), deadline)
        try:
            sent = await self._deliver(access, mail)
        except SmtpFailed as error:
            self._count(type(error).__name__.removeprefix("Smtp").lower())
            raise
        self._count("sent")
        return sent

    async def check(self, access: SmtpAccess) -> None:
        """Connect and sign in without sending anything: the test of an account. Raises SmtpFailed."""
        session = await self._open(access, asyncio.get_running_loop().time() + self._send_seconds)
        await session.close()

    async def close(self) -> None:
        """Close all idle connections. Mails on their way are not waited for."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
            self._sweeper = None
        sessions = [session for line in self._lines.values() for session in line.idle]
        self._lines.clear()
        await asyncio.gather(*(session.close() for session in sessions))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _deliver(self, access: SmtpAccess, mail: _Mail) -> Sent:
        line = self._lines.setdefault(access, _Line(asyncio.Semaphore(self._connections)))
        line.mails += 1
        try:
            await _before(mail.deadline, line.places.acquire(), "connect")
            try:
                return await self._deliver_in_place(access, line, mail)
            finally:
                line.places.release()
        finally:
            line.mails -= 1

    async def _deliver_in_place(self, access: SmtpAccess, line: _Line, mail: _Mail) -> Sent:
        kept = _still_open(line)
        if kept is not None:
            try:
                return await self._over(kept, line, mail)
            except SmtpTemporary as error:
                # The server had closed the kept connection meanwhile. Nothing was said yet that could count twice.
                if error.stage != "sender" or kept.is_usable:
                    raise
        return await self._over(await self._open(access, mail.deadline), line, mail)

    async def _open(self, access: SmtpAccess, deadline: float) -> SmtpSession:
        return await _before(deadline, self._connected(access), "connect")

    async def _connected(self, access: SmtpAccess) -> SmtpSession:
        if self._tls is None:
            self._tls = await asyncio.to_thread(ssl.create_default_context)
        try:
            connection = await self._egress.connect(access.host, access.port, within=self._command_seconds)
        except HostUnreachable as error:
            raise SmtpTemporary("connect", Reply(None, error.sentence)) from error
        except HostRefused as error:
            raise SmtpPermanent("connect", Reply(None, error.sentence)) from error
        return await SmtpSession.open(access, connection, tls=self._tls, command_seconds=self._command_seconds)

    async def _over(self, session: SmtpSession, line: _Line, mail: _Mail) -> Sent:
        try:
            async with asyncio.timeout_at(mail.deadline):
                return await session.deliver(mail.envelope_from, mail.recipients, mail.content)
        except TimeoutError as error:
            kind = SmtpUnknown if session.is_handed_over else SmtpTemporary
            raise kind(session.stage, _TOO_SLOW) from error
        finally:
            if session.is_usable and session.mails < MAILS_PER_CONNECTION:
                line.idle.append(session)
                self._sweep_later()
            else:
                await session.close()

    def _sweep_later(self) -> None:
        if self._sweeper is None or self._sweeper.done():
            self._sweeper = asyncio.create_task(self._sweep(), name="smtp-sweeper")

    async def _sweep(self) -> None:
        """Close what has been idle for too long, as long as anything is idle; forget accesses nobody uses."""
        while any(line.idle for line in self._lines.values()):
            await asyncio.sleep(self._idle_seconds / 2)
            oldest = time.monotonic() - self._idle_seconds
            for access, line in list(self._lines.items()):
                tired = [session for session in line.idle if session.idle_since < oldest or not session.is_usable]
                line.idle = [session for session in line.idle if session not in tired]
                await asyncio.gather(*(session.close() for session in tired))
                if not line.idle and not line.mails:
                    self._lines.pop(access, None)

    def _count(self, outcome: str) -> None:
        if self._metrics is not None:
            self._metrics.smtp_sends.labels(outcome).inc()


_TOO_SLOW = Reply(None, "It took too long and was given up.")


def _still_open(line: _Line) -> SmtpSession | None:
    """The connection used last, if any is still open."""
    while line.idle:
        session = line.idle.pop()
        if session.is_usable:
            return session
    return None


async def _before(deadline: float, work: Awaitable[T], stage: Stage) -> T:
    try:
        async with asyncio.timeout_at(deadline):
            return await work
    except TimeoutError as error:
        raise SmtpTemporary(stage, _TOO_SLOW) from error
