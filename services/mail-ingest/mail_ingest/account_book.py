"""Mail accounts as reading a mail needs them, remembered for a moment: every mail asks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import UUID

from kit.database import Database
from mail_ingest import repository
from mail_ingest.errors import MailAccountNotFound
from mail_ingest.models import MailAccount

REMEMBERED_SECONDS = 5.0
"""So late a replica may notice what was changed through another one."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    id: UUID
    address: str
    aliases: tuple[str, ...]
    invitation_policy: str
    auto_create_from: str
    trusted_authserv_ids: tuple[str, ...]
    timezone: str

    @classmethod
    def of(cls, account: MailAccount) -> Mailbox:
        return cls(
            id=account.id,
            address=account.address,
            aliases=tuple(account.aliases),
            invitation_policy=account.invitation_policy,
            auto_create_from=account.auto_create_from,
            trusted_authserv_ids=tuple(account.trusted_authserv_ids),
            timezone=account.timezone,
        )

    @property
    def own_addresses(self) -> list[str]:
        return [self.address, *self.aliases]


class AccountBook:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[UUID, tuple[Mailbox, float]] = {}

    async def mailbox(self, account_id: UUID) -> Mailbox:
        """Raises MailAccountNotFound, for a deleted account as well."""
        known = self._known.get(account_id)
        now = time.monotonic()
        if known is not None:
            if now < known[1]:
                return known[0]
            # One caller looks again; the others that come meanwhile need not wait.
            self._known[account_id] = (known[0], now + REMEMBERED_SECONDS)
        async with self._database.reading() as session:
            account = await repository.find_account(session, account_id)
        if account is None:
            self._known.pop(account_id, None)
            raise MailAccountNotFound(account_id)
        mailbox = Mailbox.of(account)
        self._known[account_id] = (mailbox, time.monotonic() + REMEMBERED_SECONDS)
        return mailbox

    async def last_known(self, account_id: UUID) -> Mailbox:
        """Also of a deleted account: its mail that lies here already is still read."""
        try:
            return await self.mailbox(account_id)
        except MailAccountNotFound:
            async with self._database.reading() as session:
                account = await session.get(MailAccount, account_id)
            if account is None:
                raise
            return Mailbox.of(account)

    def forget(self, account_id: UUID) -> None:
        self._known.pop(account_id, None)
