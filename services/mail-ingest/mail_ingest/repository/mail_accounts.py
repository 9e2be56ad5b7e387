"""Queries on mail accounts."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Table
from sqlmodel import col, select

from kit.database import AsyncSession
from kit.paging import Paging, one_page
from mail_ingest.errors import MailAccountNotFound
from mail_ingest.models import MailAccount, Message

_account: Table = MailAccount.__table__  # type: ignore[attr-defined]


async def find_account(session: AsyncSession, account_id: UUID) -> MailAccount | None:
    account = await session.get(MailAccount, account_id)
    return account if account is not None and account.deleted_at is None else None


async def get_account(session: AsyncSession, account_id: UUID) -> MailAccount:
    account = await find_account(session, account_id)
    if account is None:
        raise MailAccountNotFound(account_id)
    return account


async def find_account_by_address(session: AsyncSession, address: str) -> MailAccount | None:
    query = select(MailAccount).where(col(MailAccount.address) == address, col(MailAccount.deleted_at).is_(None))
    return (await session.exec(query)).first()


async def has_fetched(session: AsyncSession, account_id: UUID) -> bool:
    """Whether a mail of the account came over IMAP."""
    query = select(Message.id).where(col(Message.mail_account_id) == account_id, col(Message.uid).is_not(None)).limit(1)
    return (await session.exec(query)).first() is not None


async def list_accounts(session: AsyncSession, paging: Paging) -> list[MailAccount]:
    query = select(MailAccount).where(col(MailAccount.deleted_at).is_(None))
    return list((await session.execute(one_page(query, paging, _account.c.id))).scalars().all())


async def accounts_to_fetch(session: AsyncSession) -> list[MailAccount]:
    """The accounts that have an IMAP server."""
    query = select(MailAccount).where(col(MailAccount.deleted_at).is_(None)).order_by(col(MailAccount.id))
    return [account for account in (await session.exec(query)).all() if account.imap is not None]
