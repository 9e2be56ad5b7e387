"""Sender names of SMS, as they are kept."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import col, select

from kit.database import AsyncSession, insert_ignoring_conflicts
from kit.paging import Paging, one_page
from reminder_dispatcher.models import SenderName, core


async def find_sender_name(session: AsyncSession, name: str, *, lock: bool = False) -> SenderName | None:
    """Whatever its case: no two names differ by that alone."""
    query = select(SenderName).where(col(SenderName.folded) == name.lower()).execution_options(populate_existing=True)
    if lock:
        query = query.with_for_update()
    return (await session.exec(query)).one_or_none()


async def list_sender_names(session: AsyncSession, paging: Paging) -> list[SenderName]:
    """In the order in which they were asked for."""
    columns = core(SenderName).c
    return list(
        (await session.execute(one_page(select(SenderName), paging, columns.created_at, columns.name))).scalars()
    )


async def stated_names(session: AsyncSession) -> list[str]:
    """Those whose owner has stated that they may be used."""
    return list(await session.exec(select(SenderName.name).where(col(SenderName.statement).is_not(None))))


async def add_sender_name(session: AsyncSession, name: str, *, now: datetime) -> None:
    """A name that waits for the statement of its owner; one that is there stays as it is."""
    row = {
        "name": name, "folded": name.lower(), "version": 1, "status": "pending", "statement": None, "stated_by": None,
        "stated_by_name": None, "stated_at": None, "gateway_says": None, "asked_at": None, "created_at": now,
    }  # fmt: skip
    await insert_ignoring_conflicts(session, SenderName, [row], ["folded"])


async def change_sender_name(session: AsyncSession, name: str, values: Mapping[str, Any]) -> None:
    await session.execute(update(SenderName).where(col(SenderName.name) == name).values(**values))


async def delete_sender_name(session: AsyncSession, name: str) -> None:
    await session.execute(delete(SenderName).where(col(SenderName.name) == name))
