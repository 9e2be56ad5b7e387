"""IMAP by aioimaplib (GPL-3.0-only), and the only module that imports it (decision 0035).

The library supplies tags, commands, their states and SASL. Reading is our own (`imap_replies`), because foreign bytes need
limits before they are kept; so are STARTTLS, which the library lacks, and the end of a connection, which it keeps to itself.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Awaitable, Sequence
from ipaddress import ip_address
from typing import Any

import aioimaplib.aioimaplib as library

from kit.egress import MAIL_PORTS, Egress, HostRefused, HostUnreachable, is_public
from mail_ingest.sources.imap_errors import (
    ConnectionBroken,
    HostForbidden,
    MailServerError,
    ServerBusy,
    TlsFailed,
    Unreachable,
)
from mail_ingest.sources.imap_replies import LiteralTooLong, Reply, ReplyReader, UnreadableReply
from mail_ingest.sources.imap_servers import ImapServer, printable

CONNECT_SECONDS = 20.0
SMALL_REPLY = 1024 * 1024
_INJECTED = "Somebody put text into the connection before TLS began (CVE-2011-0411)."

ProtocolError = library.AioImapException
quoted = library.quoted

logging.getLogger("aioimaplib.aioimaplib").setLevel(logging.WARNING)  # its debug lines hold passwords and mail


class ImapProtocol(library.IMAP4ClientProtocol):  # type: ignore[misc]
    """aioimaplib's protocol with our reader, and with an end that everybody waiting hears of."""

    def __init__(self, loop: asyncio.AbstractEventLoop, largest_literal: int) -> None:
        super().__init__(loop)
        self.transport: Any = None
        self.capabilities: set[str] = set()
        self.reader = ReplyReader(longest_literal=SMALL_REPLY)
        self.largest_literal = largest_literal
        self.greeting: asyncio.Future[bytes] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()
        self.fetch_replies: list[Reply] = []
        self.suspect: int | None = None
        self.sasl_answers: list[str] = []
        self._cause: MailServerError | None = None
        self._fetching: Any = None
        self._news = asyncio.Event()
        self._before_tls = False  # between the OK to STARTTLS and TLS, where only an attacker speaks

    # ---- asyncio.Protocol

    def data_received(self, data: bytes) -> None:
        try:
            for reply in self.reader.feed(data):
                self._take(reply)
            if self._before_tls and self.reader.holds_bytes:
                self._give_up(TlsFailed(_INJECTED))
        except LiteralTooLong as error:
            self.suspect = error.uid
            self._give_up(ConnectionBroken(f"{error} That is more than we take."))
        except (UnreadableReply, library.AioImapException, UnicodeDecodeError) as error:
            self._give_up(ConnectionBroken(f"The server sent something that is not IMAP: {error}"))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if not self.lost.done():
            self.lost.set_result(None)
        if not self.greeting.done():
            self.greeting.cancel()

    def start_tls(self, context: ssl.SSLContext, host: str) -> Awaitable[None]:
        async def upgrade() -> None:
            self._before_tls = False
            self.transport = await self.loop.start_tls(self.transport, self, context, server_hostname=host)

        return upgrade()

    # ---- what a connection asks of it

    def command(self, name: str, *arguments: str, prefix: str = "") -> Any:
        return library.Command(name, self.new_tag(), *arguments, prefix=prefix, loop=self.loop)

    def fetch_command(self, uids: str, items: str) -> Any:
        return library.FetchCommand(self.new_tag(), uids, items, prefix="UID", loop=self.loop)

    def append_command(self, folder: str, raw: bytes) -> Any:
        """The bytes follow when the server asks for them (RFC 3501 section 6.3.11)."""
        self.literal_data = raw
        return library.Command("APPEND", self.new_tag(), folder, r"(\Seen)", f"{{{len(raw)}}}", loop=self.loop)

    def idle_command(self) -> Any:
        return library.IdleCommand(self.new_tag(), self.idle_queue, loop=self.loop)

    @property
    def is_busy(self) -> bool:
        return self.pending_sync_command is not None or bool(self.pending_async_commands)

    def is_greeted(self) -> None:
        self.state = library.NONAUTH

    def is_signed_in(self) -> None:
        self.state = library.AUTH

    def has_opened_a_folder(self) -> None:
        self.state = library.SELECTED

    def fetching(self, command: Any) -> None:
        self._fetching = command
        self.fetch_replies = []
        self.suspect = None
        self.reader.longest_literal = self.largest_literal

    def learn_capabilities(self, lines: Sequence[bytes]) -> None:
        words = b" ".join(bytes(line) for line in lines).replace(b"[", b" ").replace(b"]", b" ")
        _, _, after = words.upper().partition(b"CAPABILITY ")
        self.capabilities = self.capabilities | {word.decode("ascii", "replace") for word in after.split()}

    async def idle_begun(self, running: asyncio.Future[Any]) -> None:
        begun = asyncio.ensure_future(self.wait_for_idle_response())
        try:
            await asyncio.wait((begun, running), return_when=asyncio.FIRST_COMPLETED)
        finally:
            begun.cancel()

    async def news(self, seconds: float) -> None:
        """Until something happens in the folder, the connection ends, or the time is over."""
        waiting = asyncio.ensure_future(self._news.wait())
        try:
            await asyncio.wait((waiting, self.lost), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if self.lost.done():
            raise self.reason_of_loss()

    def forget_news(self) -> bool:
        """Whether there was news since the last call."""
        there_was = self._news.is_set()
        self._news.clear()
        while not self.idle_queue.empty():
            self.idle_queue.get_nowait()
        return there_was

    def reason_of_loss(self) -> MailServerError:
        return self._cause or ConnectionBroken("The server closed the connection.")

    def hang_up(self) -> None:
        if self.transport is not None:
            self.transport.abort()
        if not self.lost.done():
            self.lost.set_result(None)

    # ---- replies

    def _take(self, reply: Reply) -> None:
        line = reply[0]
        if self._before_tls:
            self._give_up(TlsFailed(_INJECTED))
        elif not self.greeting.done():
            self.greeting.set_result(line)
        elif line.startswith(b"* "):
            self._take_untagged(reply)
        elif line.startswith(b"+"):
            self._continuation(line)
        elif library.tagged_status_response_re.match(line):
            self.reader.longest_literal = SMALL_REPLY
            pending = self.pending_sync_command
            self._before_tls = pending is not None and pending.name == "STARTTLS"
            self._response_done(line)

    def _take_untagged(self, reply: Reply) -> None:
        line = reply[0]
        upper = line[:64].upper()
        if upper.startswith(b"* BYE"):
            self._cause = self._good_bye(printable(line[5:]))
        if upper.endswith((b" EXISTS", b" RECENT")):
            self._news.set()
        if self._fetching is not None and self._fetching is self.pending_async_commands.get("FETCH"):
            self.fetch_replies.append(reply)
            return
        command = self._untagged_response(line)
        if command is not None:
            for part in reply[1:]:
                command.append_to_resp(part)
        if self.pending_sync_command is not None:
            self.pending_sync_command.flush()

    def _good_bye(self, words: str) -> MailServerError:
        """Before we are signed in it turns us away; after that it ends a session, as a restart or a time limit does."""
        meaning = ConnectionBroken if self.state in {library.AUTH, library.SELECTED} else ServerBusy
        return meaning(f"The server said good-bye: {words}")

    def _continuation(self, line: bytes) -> None:
        pending = self.pending_sync_command
        if pending is not None and pending.name == "AUTHENTICATE":
            # Also the error report of XOAUTH2, which wants an empty line before the NO.
            answer = self.sasl_answers.pop(0) if self.sasl_answers else ""
            self.transport.write(f"{answer}\r\n".encode("ascii"))
            return
        super()._continuation(line)

    def _give_up(self, cause: MailServerError) -> None:
        self._cause = cause
        self.hang_up()


async def open_protocol(server: ImapServer, egress: Egress, largest_mail: int, context: ssl.SSLContext) -> ImapProtocol:
    """A connection through the one door to hosts that users name; with TLS from the first byte where that is asked for."""
    loop = asyncio.get_running_loop()
    try:
        connection = await egress.connect(server.host, server.port, ports=MAIL_PORTS)
    except HostRefused as error:
        raise HostForbidden(error.sentence) from error
    except HostUnreachable as error:
        raise Unreachable(error.sentence) from error
    try:
        if server.security == "none" and is_public(ip_address(str(connection.getpeername()[0]))):
            raise HostForbidden(f"{server.host} is on the internet; without TLS the password would travel readable.")
        _keep_alive(connection)
        implicit = context if server.security == "tls" else None
        async with asyncio.timeout(CONNECT_SECONDS):
            _, protocol = await loop.create_connection(
                lambda: ImapProtocol(loop, largest_mail),
                sock=connection,
                ssl=implicit,
                server_hostname=server.host if implicit else None,
            )
    except BaseException as error:
        connection.close()
        if isinstance(error, OSError | TimeoutError):
            raise TlsFailed(tls_sentence(server, error)) from error
        raise
    return protocol


def _keep_alive(connection: socket.socket) -> None:
    """Ask the other side every minute whether it is still there (reliability A7)."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 30), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, option):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def tls_sentence(server: ImapServer, error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate of {server.host} is not trusted: {error.verify_message}."
    return f"TLS with {server.host}:{server.port} failed: {error or 'no answer in time'}."
