"""Tasks that name a card, and what else is kept about a person."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, String, Table, cast, or_, select, update
from sqlmodel import col, delete

from kit.database import AsyncSession, insert_ignoring_conflicts
from tasks_api.models.base import metadata
from tasks_api.models.directory import ErasedCard
from tasks_api.models.invitations import CalendarObjectRow
from tasks_api.repository.task_filters import columns
from tasks_api.repository.task_rows import assignee_table, contact_table, task_table, tasks_of
from tasks_api.task import Task

_invitation: Table = metadata.tables["invitation"]
_history: Table = metadata.tables["task_history"]
_memory: Table = metadata.tables["series_memory"]


async def tasks_of_account(session: AsyncSession, account_id: UUID) -> list[Task]:
    """Every task of the firm, oldest first, held until the transaction ends."""
    query = select(task_table).where(columns.account_id == account_id).order_by(columns.id)
    return await tasks_of(session, query.with_for_update())


async def tasks_of_contact(session: AsyncSession, contact_id: UUID) -> list[Task]:
    taking_part = select(contact_table.c.task_id).where(contact_table.c.contact_id == contact_id)
    query = select(task_table).where(columns.id.in_(taking_part)).order_by(columns.id)
    return await tasks_of(session, query.with_for_update())


async def tasks_with_addresses(session: AsyncSession, emails: Collection[str]) -> list[Task]:
    """Tasks that were organized by, or invited, somebody under one of these addresses."""
    if not emails:
        return []
    attendees = cast(columns.attendees, String)
    assigned = select(assignee_table.c.task_id).where(assignee_table.c.email.in_(list(emails)))
    query = select(task_table).where(
        or_(
            columns.organizer.in_(list(emails)),
            columns.id.in_(assigned),
            *(attendees.contains(f'"{email}"', autoescape=True) for email in emails),
        )
    )
    return await tasks_of(session, query.order_by(columns.id).with_for_update())


async def forget_words(session: AsyncSession, emails: Collection[str], names: Collection[str]) -> int:
    """Take addresses and the names beside them out of what was kept of mails and of what happened to tasks; how many rows.

    The raw iTIP objects that came from or through these addresses are emptied: they were kept to be acted on by hand.
    """
    if not emails:
        return 0
    changed = 0
    for table, key, documents, texts in (
        (_invitation, "id", ("details", "account_match"), ("organizer", "sender")),
        (_history, "id", ("changes",), ("by",)),
        (_memory, "uid", ("document",), ()),
    ):
        changed += await _forget_in(session, table, key, documents, texts, emails, names)
    content = CalendarObjectRow.content
    emptied = await session.exec(
        update(CalendarObjectRow)
        .where(or_(*(col(content).contains(email, autoescape=True) for email in emails)))
        .values(content="")
        .execution_options(synchronize_session=False)
    )
    return changed + int(emptied.rowcount)


async def remember_erasure(session: AsyncSession, row: dict[str, Any]) -> None:
    await insert_ignoring_conflicts(session, ErasedCard, [row], ["card_id"])


async def forget_attributes(session: AsyncSession, account_id: UUID) -> None:
    attributes = metadata.tables["account_attribute"]
    await session.exec(delete(attributes).where(attributes.c.account_id == account_id))


async def _forget_in(
    session: AsyncSession,
    table: Table,
    key: str,
    documents: Iterable[str],
    texts: Iterable[str],
    emails: Collection[str],
    names: Collection[str],
) -> int:
    documents, texts = tuple(documents), tuple(texts)
    holds: list[ColumnElement[bool]] = [
        cast(table.c[name], String).contains(email, autoescape=True) for name in documents for email in emails
    ]
    holds += [table.c[name].in_(list(emails)) for name in texts]
    wanted = select(table.c[key], *(table.c[name] for name in (*documents, *texts))).where(or_(*holds))
    connection = await session.connection()
    found = (await connection.execute(wanted)).all()
    for row in found:
        values: dict[str, Any] = {name: _without(getattr(row, name), emails, names) for name in documents}
        values |= {name: None for name in texts if getattr(row, name) in emails}
        await connection.execute(update(table).where(table.c[key] == row[0]).values(**values))
    return len(found)


def _without(document: Any, emails: Collection[str], names: Collection[str]) -> Any:
    """The document with the addresses emptied, wherever they stand, and the names where they are a whole value."""
    if document is None:
        return None
    text = orjson.dumps(document).decode()
    for email in emails:
        text = text.replace(email, ERASED)
    for name in names:
        text = text.replace(f":{orjson.dumps(name).decode()}", ':""')
    return orjson.loads(text)


ERASED = "erased@invalid"
"""What stands in the place of an address (RFC 2606)."""
