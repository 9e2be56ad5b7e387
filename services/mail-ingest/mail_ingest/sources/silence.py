"""Mailboxes of which nothing has been heard for too long although nothing seems to be wrong.

Silent death is the field's first complaint (ecosystem 0.2): whatever the reason (a task that hangs, a lease whose holder is
gone), it is seen from outside of the one who watches, in every replica.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog

from kit.clock import Clock
from kit.database import Database
from mail_ingest import repository
from mail_ingest.measures import Measures
from mail_ingest.models import MailAccount, MailboxHealth, MailFolder
from mail_ingest.sources.health import OK, SILENT, STARTING, come_into

SILENT_AFTER = timedelta(minutes=15)
LOOKED_FOR_EVERY = timedelta(minutes=1)
SENTENCE = (
    "Nothing has been heard of this mailbox for {minutes} minutes, and no error was reported; reading it starts anew."
)

log = structlog.get_logger("mail_ingest.silence")


class SilenceWatch:
    def __init__(self, *, database: Database, clock: Clock, measures: Measures) -> None:
        self._database = database
        self._clock = clock
        self._measures = measures
        self._since = clock.now()
        self._looked_at: datetime | None = None

    async def find_silent(self) -> set[UUID]:
        """The accounts that fell silent; their state says so now. Who was not running cannot judge: not soon after the start."""
        now = self._clock.now()
        if now - self._since < SILENT_AFTER or (self._looked_at and now - self._looked_at < LOOKED_FOR_EVERY):
            return set()
        self._looked_at = now
        async with self._database.reading() as session:
            accounts = await repository.accounts_to_fetch(session)
            health = await repository.list_health(session, [account.id for account in accounts])
            suspects = [
                account
                for account in accounts
                if _seems_well(health.get(account.id))
                and now - heard_at(account, await repository.list_folders(session, account.id)) > SILENT_AFTER
            ]
        return {account.id for account in suspects if await self._is_silent(account, now=now)}

    async def _is_silent(self, account: MailAccount, *, now: datetime) -> bool:
        async with self._database.transaction() as session:
            health = await repository.health_to_change(session, account.id, now=now)
            if not _seems_well(health):  # somebody spoke meanwhile
                return False
            health.last_error = SENTENCE.format(minutes=SILENT_AFTER // timedelta(minutes=1))
            health.last_error_code, health.last_error_at = "silent", now
            come_into(session, health, SILENT, address=account.address, now=now)
            self._measures.mailbox(account.id, up=False, last_success_at=health.last_success_at)
        log.error("mailbox_is_silent", mail_account_id=account.id)
        return True


def heard_at(account: MailAccount, folders: list[MailFolder]) -> datetime:
    """When the folder that is silent longest was last read; not before the account was made or changed."""
    assert account.imap is not None
    read = {folder.name: folder.last_success_at or folder.first_seen_at for folder in folders}
    longest_ago = min(read.get(folder["name"], account.created_at) for folder in account.imap["folders"])
    return max(longest_ago, account.updated_at)


def _seems_well(health: MailboxHealth | None) -> bool:
    return health is None or health.state in {OK, STARTING}
