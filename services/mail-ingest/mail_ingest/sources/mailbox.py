"""One mail account, watched: a connection for each folder, IDLE and a poll beside it, and a report of how it goes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog

from kit.clock import Clock
from kit.database import Database
from kit.egress import Egress
from kit.errors import GoniecError
from kit.sealing import Seal
from mail_ingest import repository
from mail_ingest.access_tokens import AccessTokens
from mail_ingest.account_keeping import server_of
from mail_ingest.errors import MailAccountNotFound, SecretsLocked
from mail_ingest.intake import Intake
from mail_ingest.measures import Measures
from mail_ingest.settings import Settings
from mail_ingest.sources.folder_reading import FolderPaused, FolderReader, WatchedFolder
from mail_ingest.sources.health import AUTH_FAILED, DEGRADED, PAUSED, UNREACHABLE, MailboxReport
from mail_ingest.sources.imap_connection import ImapConnection
from mail_ingest.sources.imap_errors import FolderUnusable, LoginRefused, MailServerError, ServerBusy
from mail_ingest.sources.pauses import Backoff
from mail_ingest.sources.sign_in import LoginGate, LoginNotYet, imap_server

EXAMINED_AGAIN_SECONDS = 540.0
LOCKED_SECONDS = 900.0
PAUSED_SECONDS = 300.0

log = structlog.get_logger("mail_ingest.mailbox")

Sleep = Callable[[float], Awaitable[None]]


@dataclass
class FetchingParts:
    """What fetching needs; long-lived, made in `app`."""

    settings: Settings
    clock: Clock
    database: Database
    seal: Seal
    egress: Egress
    tokens: AccessTokens
    intake: Intake
    measures: Measures
    tls: ssl.SSLContext | None = None
    sleep: Sleep = field(default=asyncio.sleep)


class Mailbox:
    """`watch` runs until it is cancelled. Nothing a server does ends it."""

    def __init__(self, account_id: UUID, address: str, imap: dict[str, Any], parts: FetchingParts) -> None:
        self._account_id = account_id
        self._address = address
        self._imap = imap  # without secrets: these are unsealed for each login
        self._parts = parts
        self._report = MailboxReport(
            account_id, address, database=parts.database, clock=parts.clock, measures=parts.measures
        )
        self._gate = LoginGate(
            account_id,
            self._report,
            parts.tokens,
            clock=parts.clock,
            per_hour=parts.settings.imap_logins_per_hour,
        )

    async def watch(self) -> None:
        async with asyncio.TaskGroup() as folders:
            for folder in self._imap["folders"]:
                watched = WatchedFolder(self._account_id, folder["name"], folder["role"], self._imap["start"])
                folders.create_task(self._watch_folder(watched), name=f"folder-{self._account_id}")

    async def _watch_folder(self, folder: WatchedFolder) -> None:
        parts = self._parts
        reader = FolderReader(
            folder, intake=parts.intake, database=parts.database, clock=parts.clock, settings=parts.settings
        )
        lost = Backoff(first=1, longest=300)
        busy = Backoff(first=30, longest=1800)
        while True:
            progress = reader.progress
            try:
                await self._read_on(folder, reader)
            except Exception as error:  # noqa: BLE001 - whatever it meets, a mailbox is tried again
                if reader.progress > progress:
                    lost.reset()
                    busy.reset()
                pause = await self._explain(folder, error, lost=lost, busy=busy)
                await parts.sleep(pause)

    async def _read_on(self, folder: WatchedFolder, reader: FolderReader) -> None:
        """Sign in and read, for as long as the connection lasts."""
        await self._gate.check()
        connection = await ImapConnection.connect(
            imap_server(self._imap),
            egress=self._parts.egress,
            largest_mail=self._parts.settings.max_message_bytes + 1024 * 1024,
            tls=self._parts.tls,
        )
        try:
            await self._gate.login(connection, await self._auth(), folder=folder.name)
            while True:
                await reader.begin(connection)
                examined = asyncio.get_running_loop().time()
                while asyncio.get_running_loop().time() - examined < EXAMINED_AGAIN_SECONDS:
                    unfetched = await reader.catch_up(connection)
                    await self._report.success(folder.name, capabilities=connection.capabilities, unfetched=unfetched)
                    await self._wait_for_news(connection)
        finally:
            await connection.close()

    async def _wait_for_news(self, connection: ImapConnection) -> None:
        settings = self._parts.settings
        if "IDLE" in connection.capabilities:
            await connection.idle(min(settings.imap_poll_seconds, settings.imap_idle_seconds))
        else:
            await self._parts.sleep(settings.imap_poll_seconds)
            await connection.noop()

    async def _auth(self) -> dict[str, Any]:
        async with self._parts.database.reading() as session:
            account = await repository.find_account(session, self._account_id)
        server = server_of(account, "imap", self._parts.seal) if account is not None else None
        if server is None:
            raise MailAccountNotFound(self._account_id)
        auth: dict[str, Any] = server["auth"]
        return auth

    async def _explain(self, folder: WatchedFolder, error: Exception, *, lost: Backoff, busy: Backoff) -> float:
        """Write down what went wrong; returns the seconds until the next try."""
        state, code, pause = _judged(error, lost=lost, busy=busy)
        sentence = getattr(error, "sentence", None) or f"Something went wrong here: {type(error).__name__}."
        if not isinstance(error, MailServerError | GoniecError):
            log.error("mailbox_trouble", mail_account_id=self._account_id, exc_info=error)
        else:
            log.warning("mailbox_trouble", mail_account_id=self._account_id, code=code, reason=sentence)
        if not isinstance(error, LoginRefused):  # the gate has reported it, or it is the report of earlier
            try:
                await self._report.failure(folder.name, state, code=code, sentence=sentence)
            except Exception as trouble:  # noqa: BLE001 - the database may be what is wrong
                log.error("health_not_written", mail_account_id=self._account_id, error=type(trouble).__name__)
        return pause


def _judged(error: Exception, *, lost: Backoff, busy: Backoff) -> tuple[str, str, float]:
    """The state of the mailbox, a code, and the seconds to wait."""
    if isinstance(error, LoginNotYet):
        return AUTH_FAILED, error.code, min(error.seconds, 60.0)  # somebody may enter another password meanwhile
    if isinstance(error, LoginRefused):
        return AUTH_FAILED, error.code, 1.0  # the gate knows when the next one is due
    if isinstance(error, SecretsLocked):
        return AUTH_FAILED, error.code, LOCKED_SECONDS
    if isinstance(error, FolderPaused):
        return PAUSED, error.code, PAUSED_SECONDS
    if isinstance(error, ServerBusy):
        return UNREACHABLE, error.code, busy.pause()
    if isinstance(error, FolderUnusable):
        return DEGRADED, error.code, busy.pause()
    if isinstance(error, MailServerError):
        return UNREACHABLE, error.code, lost.pause()
    if isinstance(error, GoniecError):
        return DEGRADED, error.code, min(lost.pause(), 30.0)
    return DEGRADED, "internal_error", min(lost.pause(), 30.0)
