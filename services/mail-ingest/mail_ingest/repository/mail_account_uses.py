"""Who sends from which mail account, as others told us."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlmodel import col, delete, or_, select

from kit.database import AsyncSession
from mail_ingest.models import MailAccountUse


async def keep_use(session: AsyncSession, use: MailAccountUse) -> None:
    """The last word of whoever uses an account; one that names neither account nor address uses none."""
    await session.exec(
        delete(MailAccountUse).where(col(MailAccountUse.kind) == use.kind, col(MailAccountUse.used_by) == use.used_by)
    )
    if use.mail_account_id is not None or use.address is not None:
        session.add(use)
        await session.flush()


async def uses_of(session: AsyncSession, account_id: UUID, addresses: Collection[str]) -> list[MailAccountUse]:
    """Who names the account, or one of its addresses."""
    query = select(MailAccountUse).where(
        or_(col(MailAccountUse.mail_account_id) == account_id, col(MailAccountUse.address).in_(addresses))
    )
    return list(await session.exec(query.order_by(col(MailAccountUse.kind), col(MailAccountUse.used_by))))
