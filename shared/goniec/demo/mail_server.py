"""A mail server for one loop and one machine: SMTP by aiosmtpd in front, IMAP by pymap behind, everything in memory."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections import defaultdict
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from pymap.backend.dict import DictBackend
from pymap.imap import IMAPService
from pymap.parsing.message import AppendMessage

from contracts.addresses import canonical_email


class DemoMailServer:
    """One mailbox with IMAP (`address`, `password`); whatever is sent to anybody else lies in `inbox_of(him)`.

    Listens on the loopback interface only and asks no password on SMTP: it never leaves the machine.
    """

    def __init__(self, *, address: str, password: str, host: str = "127.0.0.1") -> None:
        self.host = host
        self.address = address
        self.password = password
        self.imap_port = 0
        self.smtp_port = 0
        self._outside: dict[str, list[bytes]] = defaultdict(list)
        self._arrived = asyncio.Condition()
        self._stack = AsyncExitStack()
        self._backend: DictBackend | None = None
        self._config: Any = None

    async def start(self, *, imap_port: int, smtp_port: int) -> None:
        self.imap_port, self.smtp_port = imap_port, smtp_port
        arguments = Namespace(
            host=[self.host], port=str(imap_port), cert=None, key=None, tls=False, proxy_protocol=None,
            inherited_sockets=None, debug=False, passlib_cfg=None,
            demo_data=False, demo_user=self.address, demo_password=self.password,
        )  # fmt: skip
        self._backend, self._config = await DictBackend.init(arguments)
        self._config.apply_context()
        await self._backend.start(self._stack)
        await IMAPService(self._backend, self._config).start(self._stack)
        smtp = await asyncio.get_running_loop().create_server(self._smtp, self.host, smtp_port)
        await self._stack.enter_async_context(smtp)

    async def stop(self) -> None:
        await self._stack.aclose()

    def inbox_of(self, address: str) -> list[bytes]:
        """The mails sent to an address outside, oldest first."""
        return list(self._outside[canonical_email(address)])

    async def wait_for_mail_to(self, address: str, *, count: int = 1, seconds: float = 30) -> bytes:
        """The `count`-th mail to an address outside; TimeoutError when it does not come."""
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(lambda: len(self.inbox_of(address)) >= count)
        return self.inbox_of(address)[count - 1]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002 - aiosmtpd's name
        content = envelope.original_content or b""
        for recipient in envelope.rcpt_tos:
            await self._deliver(canonical_email(recipient), content)
        return "250 OK"

    def _smtp(self) -> SMTP:
        return SMTP(self, enable_SMTPUTF8=True, decode_data=False, hostname="mail.demo.example")

    async def _deliver(self, recipient: str, content: bytes) -> None:
        if recipient == self.address:
            await self._append(content)
            return
        async with self._arrived:
            self._outside[recipient].append(content)
            self._arrived.notify_all()

    async def _append(self, content: bytes) -> None:
        assert self._backend is not None
        identity = self._backend.login.demo_user_identity
        async with identity.new_session() as session:
            inbox = await session.mailbox_set.get_mailbox("INBOX")
            await inbox.append(AppendMessage(content, datetime.now(UTC), frozenset()))
