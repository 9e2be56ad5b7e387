"""One connection to an IMAP server, with a deadline on everything.

Folders are opened read-only (EXAMINE) and bodies fetched with BODY.PEEK: nothing is flagged, moved or removed. Only copies of
what we sent are ever added, where an account wants that.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from base64 import b64encode
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

from kit.egress import Egress
from mail_ingest.sources.folder_names import BadFolderName, wire_name
from mail_ingest.sources.imap_errors import (
    CommandRefused,
    ConnectionBroken,
    FolderUnusable,
    LoginRefused,
    MailServerError,
    NotAMailServer,
    ServerBusy,
    TlsFailed,
    TooSlow,
)
from mail_ingest.sources.imap_protocol import (
    CONNECT_SECONDS,
    ImapProtocol,
    ProtocolError,
    open_protocol,
    quoted,
    tls_sentence,
)
from mail_ingest.sources.imap_replies import (
    Fetched,
    FolderState,
    fetched,
    folder_state,
    found_uids,
    response_code,
    uid_set,
)
from mail_ingest.sources.imap_servers import ImapServer, PasswordLogin, TokenLogin, printable

T = TypeVar("T")

COMMAND_SECONDS = 30.0
FETCH_SECONDS = 45.0
SLOWEST_BYTES_PER_SECOND = 64 * 1024
KEPT_HEADER_BYTES = 256 * 1024
_ASKABLE = re.compile(r"[!-~]{1,900}")
_BUSY = {"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "CONTACTADMIN"}


class PartlyFetched(Exception):
    """A FETCH that broke off: `mails` came whole, `suspect` was being sent, `cause` says what happened."""

    def __init__(self, mails: list[Fetched], suspect: int | None, cause: MailServerError) -> None:
        super().__init__(cause.sentence)
        self.mails = mails
        self.suspect = suspect
        self.cause = cause


class ImapConnection:
    """Made by `connect`; after a ConnectionBroken (TooSlow included) it is of no more use and already closed."""

    def __init__(self, protocol: ImapProtocol, server: ImapServer) -> None:
        self._protocol = protocol
        self._server = server

    @classmethod
    async def connect(
        cls, server: ImapServer, *, egress: Egress, largest_mail: int, tls: ssl.SSLContext | None = None
    ) -> ImapConnection:
        """Up to the greeting and, where asked for, STARTTLS. Nothing is sent in clear that TLS was asked for."""
        context = tls or ssl.create_default_context()
        connection = cls(await open_protocol(server, egress, largest_mail, context), server)
        try:
            await connection._greet()
            if server.security == "starttls":
                await connection._start_tls(context)
            await connection._within(COMMAND_SECONDS, connection._protocol.capability())
        except BaseException:
            connection.abort()
            raise
        return connection

    @property
    def capabilities(self) -> frozenset[str]:
        return frozenset(str(word).upper() for word in self._protocol.capabilities)

    async def login(self, credentials: PasswordLogin | TokenLogin) -> None:
        """Raises LoginRefused, or ServerBusy when the server says that the password is not the reason."""
        if isinstance(credentials, TokenLogin):
            sasl = f"user={credentials.username}\x01auth=Bearer {credentials.access_token}\x01\x01"
            command = self._sasl("XOAUTH2", sasl)
        elif "AUTH=PLAIN" in self.capabilities:
            command = self._sasl("PLAIN", f"\x00{credentials.username}\x00{credentials.password}")
        elif "LOGINDISABLED" in self.capabilities:
            raise LoginRefused("The server does not allow a login with a password on this connection.")
        else:
            words = (quoted(credentials.username), quoted(credentials.password))
            command = self._protocol.command("LOGIN", *words)
        result, text = await self._execute(command, COMMAND_SECONDS)
        if result != "OK":
            said = printable(text)
            if response_code(text) in _BUSY:
                raise ServerBusy(f"The server cannot take our login just now: {said}")
            raise LoginRefused(f"The server refused the login: {said}")
        self._protocol.is_signed_in()
        if not any(b"CAPABILITY" in line.upper() for line in command.response.lines):
            await self._within(COMMAND_SECONDS, self._protocol.capability())
        else:
            self._protocol.learn_capabilities(command.response.lines)

    async def examine(self, folder: str) -> FolderState:
        """Open a folder for reading only."""
        try:
            name = wire_name(folder)
        except BadFolderName as error:
            raise FolderUnusable(str(error)) from None
        command = self._protocol.command("EXAMINE", name)
        result, text = await self._execute(command, COMMAND_SECONDS)
        if result != "OK":
            if response_code(text) in _BUSY:
                raise ServerBusy(f"The server cannot open {folder} just now: {printable(text)}")
            raise FolderUnusable(f"The server cannot open the folder {folder}: {printable(text)}")
        state = folder_state(command.response.lines)
        if state is None:
            raise FolderUnusable(f"The server names no UIDVALIDITY for {folder}, so its mails cannot be told apart.")
        self._protocol.has_opened_a_folder()
        return state

    async def uids(self, first: int = 1) -> list[int]:
        """The UIDs from `first` on, sorted. (`n:*` also names the last mail when its UID is smaller.)"""
        command = self._protocol.command("SEARCH", "UID", f"{first}:*", prefix="UID")
        result, text = await self._execute(command, COMMAND_SECONDS)
        if result != "OK":
            raise CommandRefused(f"The server refused to list mails: {printable(text)}")
        return [uid for uid in found_uids(command.response.lines[:-1]) if uid >= first]

    async def holds(self, rfc_message_id: str) -> bool:
        """Whether a mail of this Message-ID lies in the open folder; False for an id that cannot be asked for."""
        if not _ASKABLE.fullmatch(rfc_message_id):
            return False
        command = self._protocol.command("SEARCH", "HEADER", "Message-ID", quoted(rfc_message_id), prefix="UID")
        result, text = await self._execute(command, COMMAND_SECONDS)
        if result != "OK":
            raise CommandRefused(f"The server refused to look for a mail: {printable(text)}")
        return bool(found_uids(command.response.lines[:-1]))

    async def append(self, folder: str, raw: bytes) -> None:
        """Put a mail into a folder, marked as read. The only thing that is ever written (`sent_copies`)."""
        try:
            name = wire_name(folder)
        except BadFolderName as error:
            raise FolderUnusable(str(error)) from None
        seconds = FETCH_SECONDS + len(raw) / SLOWEST_BYTES_PER_SECOND
        result, text = await self._execute(self._protocol.append_command(name, raw), seconds)
        if result != "OK":
            raise CommandRefused(f"The server took no copy into {folder}: {printable(text)}")

    async def sizes(self, uids: Sequence[int]) -> list[Fetched]:
        """Size and date of reception of those that are still there."""
        return await self._fetch(uids, "(UID RFC822.SIZE INTERNALDATE)", FETCH_SECONDS)

    async def mails(self, uids: Sequence[int], *, octets: int) -> list[Fetched]:
        """The mails with their bytes, `octets` of them expected. Raises PartlyFetched when it breaks off."""
        seconds = FETCH_SECONDS + octets / SLOWEST_BYTES_PER_SECOND
        return await self._fetch(uids, "(UID RFC822.SIZE INTERNALDATE BODY.PEEK[])", seconds)

    async def header(self, uid: int) -> bytes:
        """The first 256 kB of the header of a mail that is too large to fetch (reliability A10)."""
        items = f"(UID BODY.PEEK[HEADER]<0.{KEPT_HEADER_BYTES}>)"
        for mail in await self._fetch([uid], items, FETCH_SECONDS):
            if mail.uid == uid and mail.body is not None:
                return mail.body
        raise CommandRefused("The server sent no header.")

    async def first_calendar_part(self, *, newest: int = 200) -> bool | None:
        """Whether one of the newest mails here has a text/calendar part; None when no mail mentions a meeting.

        Microsoft 365 may hand out a link in place of the calendar part (ecosystem 0.4).
        """
        uids = (await self.uids())[-newest:]
        if not uids:
            return None
        found = None
        command = self._protocol.fetch_command(uid_set(uids), "(UID BODYSTRUCTURE)")
        result, _ = await self._execute(command, FETCH_SECONDS)
        for line in command.response.lines[:-1] if result == "OK" else []:
            words = bytes(line).lower()
            if b'"text" "calendar"' in words:
                return True
            if b"outlook.office" in words or b"ms-tnef" in words:
                found = False
        return found

    async def idle(self, seconds: float) -> bool:
        """Wait until the server has news of this folder, `seconds` at most; whether there are any.

        Raises TooSlow when the server does not take the IDLE or its end: a half-open connection is noticed then (A7).
        """
        self._protocol.forget_news()
        command = self._protocol.idle_command()
        running = asyncio.ensure_future(self._protocol.execute(command))
        try:
            await self._within(COMMAND_SECONDS, self._protocol.idle_begun(running))
            if running.done():
                return True
            await self._protocol.news(seconds)
            self._protocol.idle_done()
            await self._within(COMMAND_SECONDS, asyncio.shield(running))
        finally:
            if not running.done():
                running.cancel()
        return self._protocol.forget_news()

    async def noop(self) -> None:
        await self._execute(self._protocol.command("NOOP"), COMMAND_SECONDS)

    async def close(self) -> None:
        """Say LOGOUT and hang up; never raises, never waits long."""
        if self._protocol.is_busy:  # in the middle of something, such as IDLE: no LOGOUT would be heard
            self.abort()
            return
        try:
            await self._within(2.0, self._protocol.execute(self._protocol.command("LOGOUT")))
        except (MailServerError, ProtocolError):
            pass
        finally:
            self.abort()

    def abort(self) -> None:
        self._protocol.hang_up()

    # ---- below: how it is done

    async def _greet(self) -> None:
        greeting = await self._within(CONNECT_SECONDS, self._protocol.greeting)
        word = greeting[2:].split(b" ", 1)[0].upper() if greeting.startswith(b"* ") else b""
        if word == b"BYE":
            raise ServerBusy(f"The server turned us away: {printable(greeting[6:])}")
        if word == b"PREAUTH":
            # Whoever stands in between can skip STARTTLS and the login with it (CVE-2020-12398 and its kin).
            raise NotAMailServer("The server claims that we are signed in already; this is refused.")
        if word != b"OK":
            raise NotAMailServer("What answers there is not an IMAP server.")
        self._protocol.is_greeted()

    async def _start_tls(self, context: ssl.SSLContext) -> None:
        await self._within(COMMAND_SECONDS, self._protocol.capability())
        if "STARTTLS" not in self.capabilities:
            raise TlsFailed("The server does not offer STARTTLS; nothing is sent without it.")
        result, text = await self._execute(self._protocol.command("STARTTLS"), COMMAND_SECONDS)
        if self._protocol.lost.done():
            raise self._protocol.reason_of_loss()
        if result != "OK":
            raise TlsFailed(f"The server did not start TLS properly: {printable(text)}")
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._protocol.start_tls(context, self._server.host)
        except (OSError, TimeoutError) as error:
            raise TlsFailed(tls_sentence(self._server, error)) from error

    async def _fetch(self, uids: Sequence[int], items: str, seconds: float) -> list[Fetched]:
        command = self._protocol.fetch_command(uid_set(uids), items)
        self._protocol.fetching(command)
        try:
            result, text = await self._execute(command, seconds)
            if result != "OK":
                raise CommandRefused(f"The server refused a FETCH: {printable(text)}")
        except MailServerError as error:
            suspect = self._protocol.suspect or self._protocol.reader.uid_in_progress()
            raise PartlyFetched(self._asked_for(uids), suspect, error) from error
        return self._asked_for(uids)

    def _asked_for(self, uids: Sequence[int]) -> list[Fetched]:
        """One answer for each UID that was asked for. Two different bodies for one UID are no answer at all (A6)."""
        wanted = set(uids)
        best: dict[int, Fetched] = {}
        contradicted: set[int] = set()
        for reply in self._protocol.fetch_replies:
            mail = fetched(reply)
            if mail is None or mail.uid not in wanted:
                continue
            known = best.get(mail.uid)
            if known is not None and known.body is not None and mail.body is not None and known.body != mail.body:
                contradicted.add(mail.uid)
            if known is None or (known.body is None and mail.body is not None):
                best[mail.uid] = mail
        self._protocol.fetch_replies = []
        return [mail for uid, mail in sorted(best.items()) if uid not in contradicted]

    def _sasl(self, mechanism: str, plain: str) -> Any:
        encoded = b64encode(plain.encode("utf-8")).decode("ascii")
        if "SASL-IR" in self.capabilities:
            self._protocol.sasl_answers = []
            return self._protocol.command("AUTHENTICATE", mechanism, encoded)
        self._protocol.sasl_answers = [encoded]
        return self._protocol.command("AUTHENTICATE", mechanism)

    async def _execute(self, command: Any, seconds: float) -> tuple[str, bytes]:
        try:
            response = await self._within(seconds, self._protocol.execute(command, scrub=None))
        except ProtocolError as error:
            self.abort()
            raise ConnectionBroken(f"The conversation with the server went wrong: {error}") from error
        return response.result, bytes(response.lines[-1]) if response.lines else b""

    async def _within(self, seconds: float, awaited: Awaitable[T]) -> T:
        """The result, unless the connection ends or the deadline passes first; then it is closed."""
        task = asyncio.ensure_future(awaited)
        try:
            await asyncio.wait((task, self._protocol.lost), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            if self._protocol.lost.done():
                raise self._protocol.reason_of_loss()
            self.abort()
            raise TooSlow(f"The server did not answer within {seconds:.0f} seconds.")
        finally:
            if not task.done():
                task.cancel()
