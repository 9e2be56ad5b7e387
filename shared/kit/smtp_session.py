"""One connection to one mail server: opened, signed in, used for one mail after another (RFC 5321)."""

import asyncio
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal, Self, cast

import aiosmtplib
from aiosmtplib.typing import SMTPStatus

from kit.smtp_outcomes import Reply, Sent, SmtpFailed, SmtpPermanent, SmtpTemporary, SmtpUnknown, Stage, failure

_CHUNK = 64 * 1024
_WRITE_AHEAD = 256 * 1024
_SLOWEST_BYTES_PER_SECOND = 32 * 1024
_LONGEST_TEXT = 500
_LINE_END = re.compile(rb"\r\n|\r|\n")
_UNUSABLE = re.compile(r"[\x00-\x20<>\x7f]")


@dataclass(frozen=True, slots=True)
class PasswordAuth:
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OAuth2Token:
    """XOAUTH2 with a short-lived access token."""

    username: str
    access_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SmtpAccess:
    """How to hand a mail to a server. `starttls` insists on encryption; with `none` only a loopback host is signed in to."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    auth: PasswordAuth | OAuth2Token | None = None


class SmtpSession:
    """Not for two mails at a time. After a failure it is only good for more while `is_usable`."""

    def __init__(self, client: aiosmtplib.SMTP, command_seconds: float) -> None:
        self._client = client
        self._command_seconds = command_seconds
        self.mails = 0
        self.idle_since = time.monotonic()
        self.stage: Stage = "connect"
        self.is_handed_over = False
        """The whole mail has left us and the answer is not there: when it is given up now, nobody knows."""

    @classmethod
    async def open(
        cls, access: SmtpAccess, connection: socket.socket, *, tls: ssl.SSLContext, command_seconds: float
    ) -> Self:
        """Greet, encrypt and sign in over a connected socket. Raises SmtpTemporary or SmtpPermanent."""
        client = aiosmtplib.SMTP(
            hostname=access.host,
            sock=connection,
            use_tls=access.security == "tls",
            start_tls=False,
            tls_context=tls,
            timeout=command_seconds,
            local_hostname=_own_name(connection),
        )
        session = cls(client, command_seconds)
        try:
            async with _failing_at("connect"):
                await client.connect()
                await client.ehlo()
                if access.security == "starttls":
                    await session._encrypt()
            async with _failing_at("auth"):
                await session._sign_in(access, connection)
        except BaseException:
            client.close()
            connection.close()
            raise
        return session

    async def _encrypt(self) -> None:
        if not self._client.supports_extension("starttls"):
            raise SmtpPermanent("connect", Reply(None, "The server offers no STARTTLS, and encryption is demanded."))
        await self._client.starttls()
        await self._client.ehlo()

    async def _sign_in(self, access: SmtpAccess, connection: socket.socket) -> None:
        if access.auth is None:
            return
        if access.security == "none" and not _is_loopback(connection):
            raise SmtpPermanent("auth", Reply(None, "Credentials are not sent in clear over a network."))
        offered = self._client.server_auth_methods
        if isinstance(access.auth, OAuth2Token):
            if "xoauth2" not in offered:
                raise SmtpPermanent("auth", Reply(None, "The server does not offer XOAUTH2."))
            await self._client.auth_xoauth2(access.auth.username, access.auth.access_token)
            return
        # One attempt with one mechanism: every failed one counts towards locking the account.
        username, password = access.auth.username, access.auth.password
        if "plain" in offered:
            await self._client.auth_plain(username, password)
        elif "login" in offered:
            await self._client.auth_login(username, password)
        elif "cram-md5" in offered:
            await self._client.auth_crammd5(username, password)
        else:
            raise SmtpPermanent("auth", Reply(None, "The server offers no way to sign in with a password."))

    @property
    def is_usable(self) -> bool:
        return self._client.is_connected

    async def deliver(self, envelope_from: str, recipients: Sequence[str], content: bytes) -> Sent:
        """Hand over one mail; `content` comes from `wire_form`. Raises SmtpFailed of one kind or another."""
        self.mails += 1
        try:
            refused = await self._address(envelope_from, recipients, content)
            reply = await self._hand_over(content)
        except SmtpFailed:
            await self._clear()
            raise
        except BaseException:
            self._client.close()
            raise
        self.idle_since = time.monotonic()
        return Sent(reply.code, _plain(reply.message), refused)

    async def _address(self, envelope_from: str, recipients: Sequence[str], content: bytes) -> dict[str, Reply]:
        limit = self._client.esmtp_extensions.get("size", "").strip()
        if limit.isdigit() and 0 < int(limit) < len(content):
            raise SmtpPermanent("data", Reply(552, f"The server takes mails of up to {limit} bytes only."))
        options, encoding = self._mail_options(envelope_from, recipients, content)
        self.stage = "sender"
        async with _failing_at("sender"):
            await self._client.mail(_usable(envelope_from), options=options, encoding=encoding)
        self.stage = "recipient"
        refused: dict[str, Reply] = {}
        for recipient in recipients:
            try:
                async with _failing_at("recipient"):
                    await self._client.rcpt(_usable(recipient), encoding=encoding)
            except SmtpFailed as refusal:
                refused[recipient] = Reply(refusal.code, refusal.text)
                if not self.is_usable:
                    raise SmtpTemporary("recipient", refused[recipient], per_recipient=refused) from None
        if len(refused) == len(set(recipients)):
            # One that may be taken later decides: trying again can help.
            first = next((reply for reply in refused.values() if not reply.is_permanent), next(iter(refused.values())))
            raise failure("recipient", first, per_recipient=refused)
        return refused

    def _mail_options(
        self, envelope_from: str, recipients: Sequence[str], content: bytes
    ) -> tuple[list[str], Literal["ascii", "utf-8"]]:
        supports = self._client.supports_extension
        options = [f"SIZE={len(content)}"] if supports("size") else []
        if supports("8bitmime") and not content.isascii():
            options.append("BODY=8BITMIME")
        if all(address.isascii() for address in (envelope_from, *recipients)):
            return options, "ascii"
        if not supports("smtputf8"):
            raise SmtpPermanent("recipient", Reply(553, "The server takes no addresses with letters beyond ASCII."))
        return [*options, "SMTPUTF8"], "utf-8"

    async def _hand_over(self, content: bytes) -> aiosmtplib.SMTPResponse:
        """DATA by hand, so that it is known whether the final dot had left us when the connection was lost."""
        self.stage = "data"
        async with _failing_at("data"):
            reply = await self._client.execute_command(b"DATA")
            if reply.code != SMTPStatus.start_input:
                raise aiosmtplib.SMTPDataError(reply.code, reply.message)
            await self._write(content)
            protocol = self._client.protocol
            if protocol is None:
                raise aiosmtplib.SMTPServerDisconnected("Connection lost")
            protocol.write(b".\r\n")
        self.is_handed_over = True
        patience = self._command_seconds + len(content) / _SLOWEST_BYTES_PER_SECOND
        try:
            reply = await protocol.read_response(timeout=patience)
        except aiosmtplib.SMTPException as error:  # silence, the end of the connection, or what is no SMTP reply
            self._client.close()
            raise SmtpUnknown("data", Reply(None, _plain(error.message))) from error
        self.is_handed_over = False
        if reply.code == SMTPStatus.domain_unavailable:
            self._client.close()
        if reply.code != SMTPStatus.completed:
            raise failure("data", Reply(reply.code, _plain(reply.message)))
        return reply

    async def _write(self, content: bytes) -> None:
        """The content with back-pressure; on return all of it has left this process."""
        for start in range(0, len(content), _CHUNK):
            self._transport.write(content[start : start + _CHUNK])
            await self._written_down_to(_WRITE_AHEAD)
        await self._written_down_to(0)

    async def _written_down_to(self, size: int) -> None:
        deadline = time.monotonic() + self._command_seconds
        left = self._transport.get_write_buffer_size()
        while left > size:
            await asyncio.sleep(0.005)
            now_left = self._transport.get_write_buffer_size()
            if now_left < left:
                deadline = time.monotonic() + self._command_seconds
            elif time.monotonic() > deadline:
                raise aiosmtplib.SMTPTimeoutError("The server does not read on.")
            left = now_left

    @property
    def _transport(self) -> asyncio.WriteTransport:
        transport = self._client.transport
        if transport is None or transport.is_closing():
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        return cast(asyncio.WriteTransport, transport)

    async def _clear(self) -> None:
        """After a refusal the connection is good for the next mail, once the envelope is dropped."""
        if not self.is_usable:
            return
        with suppress(aiosmtplib.SMTPException):
            await self._client.rset()
            return
        self._client.close()

    async def close(self) -> None:
        """Say goodbye, but do not wait long for an answer."""
        if self.is_usable:
            with suppress(aiosmtplib.SMTPException, OSError):
                await self._client.quit(timeout=2)
        self._client.close()


@asynccontextmanager
async def _failing_at(stage: Stage) -> AsyncIterator[None]:
    """What goes wrong inside, in our words."""
    try:
        yield
    except SmtpFailed:
        raise
    except aiosmtplib.SMTPResponseException as error:
        code = error.code if 400 <= error.code < 600 else None
        raise failure(stage, Reply(code, _plain(error.message))) from error
    except ssl.SSLCertVerificationError as error:
        raise SmtpPermanent(
            stage, Reply(None, f"The server's certificate is not good: {error.verify_message}.")
        ) from error
    except aiosmtplib.SMTPConnectError as error:
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            text = f"The server's certificate is not good: {error.__cause__.verify_message}."
            raise SmtpPermanent(stage, Reply(None, text)) from error
        raise SmtpTemporary(stage, Reply(None, _plain(error.message))) from error
    except aiosmtplib.SMTPException as error:
        raise SmtpTemporary(stage, Reply(None, _plain(error.message))) from error
    except (OSError, ssl.SSLError) as error:
        raise SmtpTemporary(stage, Reply(None, error.strerror or type(error).__name__)) from error
    except (ValueError, UnicodeError) as error:
        raise SmtpPermanent(stage, Reply(553, "The address cannot be used in SMTP.")) from error


def wire_form(message: bytes) -> bytes:
    """The message as DATA wants it: CRLF line ends (a bare CR or LF is one), dots doubled, CRLF at the end.

    What looks like the end of the mail inside of the mail stays inside (reliability A21; RFC 5321 sections 2.3.8, 4.5.2).
    """
    if not message.count(b"\r\n") == message.count(b"\n") == message.count(b"\r"):
        message = _LINE_END.sub(b"\r\n", message)
    if not message.endswith(b"\r\n"):
        message += b"\r\n"
    if b"\n." in message:
        message = message.replace(b"\n.", b"\n..")
    return b"." + message if message.startswith(b".") else message


def _usable(address: str) -> str:
    """The address with its domain in ASCII. Whatever could end the command or start a parameter is refused."""
    if _UNUSABLE.search(address):
        raise ValueError(address)
    local, at, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}" if at and local.isascii() and not domain.isascii() else address


def _plain(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", text.encode("utf-8", "replace").decode()).strip()[:_LONGEST_TEXT]


def _own_name(connection: socket.socket) -> str:
    """How we introduce ourselves: our address as a literal (RFC 5321 section 4.1.3), which needs no DNS."""
    address = str(connection.getsockname()[0])
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _is_loopback(connection: socket.socket) -> bool:
    return ipaddress.ip_address(str(connection.getpeername()[0])).is_loopback
