"""Calendar messages of ours, and the mail accounts they leave through."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import String, cast
from sqlmodel import col, delete, select

from kit.database import AsyncSession
from kit.paging import Paging
from tasks_api.errors.letters import LetterNotFound
from tasks_api.models.heard import MailAccountCopy, MailboxAddress
from tasks_api.models.letters import Letter
from tasks_api.repository.pages import rows_of_page
from tasks_api.sending_accounts import SendingAccount


async def add_letters(session: AsyncSession, letters: Sequence[Letter]) -> None:
    session.add_all(letters)
    await session.flush()


async def get_letter(session: AsyncSession, letter_id: UUID) -> Letter:
    """The letter, or LetterNotFound."""
    letter = await session.get(Letter, letter_id)
    if letter is None:
        raise LetterNotFound(letter_id)
    return letter


async def list_letters(
    session: AsyncSession, paging: Paging, *, task_ids: Collection[UUID] | None = None, statuses: Collection[str] = ()
) -> list[Letter]:
    """Newest first."""
    query = select(Letter)
    if task_ids is not None:
        query = query.where(col(Letter.task_id).in_(task_ids))
    if statuses:
        query = query.where(col(Letter.status).in_(statuses))
    return list(await session.exec(rows_of_page(query, paging, col(Letter.id), descending=True)))


async def forget_letters(session: AsyncSession, emails: Collection[str]) -> None:
    """Take out every letter one of these people got: bytes and envelope name them (GDPR article 17)."""
    for email in emails:
        named = cast(col(Letter.recipients), String).contains(f'"{email}"', autoescape=True)
        await session.exec(delete(Letter).where(named))


async def was_told_since(session: AsyncSession, task_ids: Collection[UUID], email: str, since: datetime) -> bool:
    """Whether somebody has been sent a REQUEST about one of these tasks, alone, since then."""
    query = select(Letter.recipients).where(
        col(Letter.task_id).in_(task_ids), Letter.method == "REQUEST", col(Letter.created_at) >= since
    )
    return any(recipients == [email] for recipients in await session.exec(query))


async def sending_accounts(session: AsyncSession) -> list[SendingAccount]:
    """Our mail accounts as they may write, oldest first."""
    accounts = list(await session.exec(select(MailAccountCopy).order_by(col(MailAccountCopy.id))))
    addresses: dict[UUID, list[str]] = {}
    for one in await session.exec(select(MailboxAddress).order_by(col(MailboxAddress.email))):
        addresses.setdefault(one.mail_account_id, []).append(one.email)
    return [
        SendingAccount(
            account.id, account.address, account.name, tuple(addresses.get(account.id, ())), account.can_send
        )
        for account in accounts
    ]
