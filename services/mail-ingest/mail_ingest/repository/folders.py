"""Queries on watched folders, their gaps, and the health of mailboxes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, delete, func, update
from sqlmodel import col, select

from kit.bulk import insert_ignoring_conflicts, upsert_many
from kit.database import AsyncSession
from mail_ingest.models import MailboxHealth, MailFolder, UnfetchedMail

_unfetched: Table = UnfetchedMail.__table__  # type: ignore[attr-defined]


async def find_folder(session: AsyncSession, account_id: UUID, name: str) -> MailFolder | None:
    return await session.get(MailFolder, (account_id, name))


async def add_folder(session: AsyncSession, folder: MailFolder) -> MailFolder:
    """The folder as it is kept: another replica may have been here first."""
    await insert_ignoring_conflicts(session, MailFolder, [folder.model_dump()], ["mail_account_id", "name"])
    kept = await find_folder(session, folder.mail_account_id, folder.name)
    assert kept is not None
    return kept


async def list_folders(session: AsyncSession, account_id: UUID) -> list[MailFolder]:
    query = select(MailFolder).where(col(MailFolder.mail_account_id) == account_id).order_by(col(MailFolder.name))
    return list((await session.exec(query)).all())


async def note_folder_was_read(session: AsyncSession, account_id: UUID, name: str, *, at: datetime) -> None:
    await session.execute(
        update(MailFolder)
        .where(col(MailFolder.mail_account_id) == account_id, col(MailFolder.name) == name)
        .values(last_success_at=at)
    )


async def resume_folders(session: AsyncSession, account_id: UUID) -> None:
    """Paused folders are read again."""
    await session.execute(
        update(MailFolder)
        .where(col(MailFolder.mail_account_id) == account_id, col(MailFolder.paused_reason).is_not(None))
        .values(paused_reason=None, uid_validity_changes=0)
    )


async def list_unfetched(session: AsyncSession, account_id: UUID, *, limit: int = 50) -> list[UnfetchedMail]:
    query = select(UnfetchedMail).where(col(UnfetchedMail.mail_account_id) == account_id)
    return list((await session.exec(query.order_by(col(UnfetchedMail.first_failed_at)).limit(limit))).all())


async def count_unfetched(session: AsyncSession, account_id: UUID) -> int:
    query = select(func.count()).where(col(UnfetchedMail.mail_account_id) == account_id)
    return int((await session.exec(query)).one())


async def unfetched_in(
    session: AsyncSession, account_id: UUID, folder: str, uid_validity: int
) -> dict[int, UnfetchedMail]:
    query = select(UnfetchedMail).where(
        col(UnfetchedMail.mail_account_id) == account_id,
        col(UnfetchedMail.folder) == folder,
        col(UnfetchedMail.uid_validity) == uid_validity,
    )
    return {gap.uid: gap for gap in (await session.exec(query)).all()}


async def write_unfetched(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    key = ["mail_account_id", "folder", "uid_validity", "uid"]
    await upsert_many(session, UnfetchedMail, rows, key, update=["attempts", "error", "next_attempt_at"])


async def forget_unfetched(
    session: AsyncSession, account_id: UUID, folder: str, uid_validity: int, uids: Iterable[int]
) -> None:
    await session.execute(
        delete(_unfetched).where(
            _unfetched.c.mail_account_id == account_id,
            _unfetched.c.folder == folder,
            _unfetched.c.uid_validity == uid_validity,
            _unfetched.c.uid.in_(list(uids)),
        )
    )


async def forget_other_validities(session: AsyncSession, account_id: UUID, folder: str, uid_validity: int) -> None:
    """Gaps under numbers that the server has given up."""
    await session.execute(
        delete(_unfetched).where(
            _unfetched.c.mail_account_id == account_id,
            _unfetched.c.folder == folder,
            _unfetched.c.uid_validity != uid_validity,
        )
    )


async def retry_unfetched_at_once(session: AsyncSession, account_id: UUID, *, now: datetime) -> None:
    await session.execute(
        update(_unfetched).where(_unfetched.c.mail_account_id == account_id).values(next_attempt_at=now)
    )


async def find_health(session: AsyncSession, account_id: UUID) -> MailboxHealth | None:
    return await session.get(MailboxHealth, account_id)


async def health_to_change(session: AsyncSession, account_id: UUID, *, now: datetime) -> MailboxHealth:
    """The health of a mailbox, `starting` when there is none yet."""
    known = await find_health(session, account_id)
    if known is not None:
        return known
    fresh = MailboxHealth(mail_account_id=account_id, state="starting", since=now)
    await insert_ignoring_conflicts(session, MailboxHealth, [fresh.model_dump()], ["mail_account_id"])
    kept = await find_health(session, account_id)
    assert kept is not None
    return kept


async def list_health(session: AsyncSession, account_ids: Sequence[UUID]) -> dict[UUID, MailboxHealth]:
    query = select(MailboxHealth).where(col(MailboxHealth.mail_account_id).in_(account_ids))
    return {health.mail_account_id: health for health in (await session.exec(query)).all()}
