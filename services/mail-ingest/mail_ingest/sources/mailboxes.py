"""All mail accounts with an IMAP server, each watched by one replica. Changes take effect without a restart."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import structlog

from kit.leases import Leases
from mail_ingest import repository
from mail_ingest.account_keeping import secrets_of
from mail_ingest.errors import SecretsLocked
from mail_ingest.incoming import digest
from mail_ingest.models import MailAccount
from mail_ingest.sources.mailbox import FetchingParts, Mailbox
from mail_ingest.sources.silence import SilenceWatch

LOOK_EVERY_SECONDS = 15.0
"""So late a change made through another replica is noticed."""
LEASE = timedelta(seconds=30)
STOP_SECONDS = 60.0

log = structlog.get_logger("mail_ingest.mailboxes")


@dataclass(slots=True)
class _Watch:
    fingerprint: str
    task: asyncio.Task[None]


class Mailboxes:
    def __init__(self, parts: FetchingParts, leases: Leases) -> None:
        self._parts = parts
        self._leases = leases
        self._watches: dict[UUID, _Watch] = {}
        self._changed = asyncio.Event()
        self._start_anew: set[UUID] = set()
        self._silence = SilenceWatch(database=parts.database, clock=parts.clock, measures=parts.measures)

    def changed(self, account_id: UUID) -> None:
        """Something about this account is different: start watching it anew, or stop."""
        self._start_anew.add(account_id)
        self._changed.set()

    async def watch_mailboxes(self) -> None:
        """The background work: runs until it is cancelled."""
        try:
            while True:
                self._changed.clear()
                self._start_anew |= await self._silence.find_silent()
                await self._agree_with_accounts()
                try:
                    async with asyncio.timeout(LOOK_EVERY_SECONDS):
                        await self._changed.wait()
                except TimeoutError:
                    continue
        finally:
            await self._stop(list(self._watches))

    async def _agree_with_accounts(self) -> None:
        async with self._parts.database.reading() as session:
            accounts = {account.id: account for account in await repository.accounts_to_fetch(session)}
        wanted = {account_id: self._fingerprint(account) for account_id, account in accounts.items()}
        anew, self._start_anew = self._start_anew, set()
        over = [
            account_id
            for account_id, watch in self._watches.items()
            if account_id in anew or watch.fingerprint != wanted.get(account_id) or watch.task.done()
        ]
        await self._stop(over)
        for account_id in anew - wanted.keys():
            self._parts.measures.mailbox_is_gone(account_id)
        for account_id, account in accounts.items():
            if account_id not in self._watches:
                watching = asyncio.create_task(self._watch(account), name=f"mailbox-{account_id}")
                self._watches[account_id] = _Watch(wanted[account_id], watching)

    async def _watch(self, account: MailAccount) -> None:
        assert account.imap is not None
        mailbox = Mailbox(account.id, account.address, account.imap, self._parts)
        while True:
            async with self._leases.hold(f"mail-account.{account.id}", LEASE) as lease:
                watching = asyncio.create_task(mailbox.watch(), name=f"watching-{account.id}")
                lost = asyncio.create_task(lease.lost.wait(), name=f"lease-{account.id}")
                try:
                    await asyncio.wait((watching, lost), return_when=asyncio.FIRST_COMPLETED)
                    if watching.done():
                        watching.result()
                    log.warning("mailbox_lease_lost", mail_account_id=account.id)
                finally:
                    for task in (watching, lost):
                        task.cancel()
                    await asyncio.gather(watching, lost, return_exceptions=True)

    async def _stop(self, account_ids: list[UUID]) -> None:
        tasks = [self._watches.pop(account_id).task for account_id in account_ids]
        for task in tasks:
            task.cancel()
        if not tasks:
            return
        done, hanging = await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in done:
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("mailbox_watch_died", exc_info=error)
        if hanging:  # each keeps its lease until it ends; the other mailboxes cannot wait for that
            log.error("mailbox_watch_hangs", tasks=[task.get_name() for task in hanging])

    def _fingerprint(self, account: MailAccount) -> str:
        """Changes with what matters for fetching; a refresh token that was exchanged for the next one does not."""
        secrets: dict[str, Any] = {}
        try:
            secrets = dict(secrets_of(account, self._parts.seal).get("imap", {}))
        except SecretsLocked:
            secrets = {"locked": True}
        secrets.pop("refresh_token", None)
        return digest(orjson.dumps([account.address, account.imap, secrets], option=orjson.OPT_SORT_KEYS))
