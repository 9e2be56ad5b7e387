"""Tasks and reminders on the timelines of cases: a batch in a few statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update

from case_threader.announcements import CaseAsTold
from case_threader.repository import tables
from kit.database import AsyncSession, insert_many
from kit.prepared import Prepared, among


@dataclass(slots=True)
class Entry:
    """A row of `case_event` that stands for a task or a reminder; `origin` names which, and is there only once."""

    id: UUID
    case_id: UUID
    kind: str
    text: str
    at: datetime
    author: str
    origin: str
    version: int
    data: dict[str, Any]


_COLUMNS = tuple(field.name for field in fields(Entry))
_CHANGING = ("case_id", "text", "version", "data")
_TOLD = ("id", "number", "title", "status", "account_id", "contact_id", "owner_id", "version")

_entry, _filing, _message, _case = (
    table.c for table in (tables.case_events, tables.filings, tables.messages, tables.cases)
)

_entries = Prepared(
    lambda dialect: select(*(_entry[name] for name in _COLUMNS)).where(among(dialect, _entry.origin, "origins"))
)
_change = Prepared(
    lambda _: (
        update(tables.case_events)
        .where(_entry.id == bindparam("key"))
        .values({name: bindparam(f"new_{name}", type_=_entry[name].type) for name in _CHANGING})
    )
)
_cases_of_mails = Prepared(
    lambda dialect: (
        select(*(_case[name] for name in _TOLD), _filing.message_id)
        .join(tables.messages, _message.case_id == _case.id)
        .join(tables.filings, _filing.held_by == _message.id)
        .where(among(dialect, _filing.message_id, "message_ids"), _case.deleted_at.is_(None))
    )
)


async def entries_with_origins(session: AsyncSession, origins: Collection[str]) -> dict[str, Entry]:
    rows = await _entries.rows(session, origins=list(origins))
    return {row.origin: Entry(*row) for row in rows}


async def cases_of_mails(session: AsyncSession, message_ids: Collection[UUID]) -> dict[UUID, CaseAsTold]:
    """The cases in which these mails (or the first copies of them) are; deleted ones are left out."""
    rows = await _cases_of_mails.rows(session, message_ids=list(message_ids))
    return {row.message_id: row for row in rows}


async def add_entries(session: AsyncSession, entries: Sequence[Entry]) -> None:
    await insert_many(session, tables.case_events, [asdict(entry) for entry in entries])


async def change_entries(session: AsyncSession, entries: Sequence[Entry]) -> None:
    """Write down where these now belong and what they now say."""
    if entries:
        rows = [{"key": each.id, **{f"new_{name}": getattr(each, name) for name in _CHANGING}} for each in entries]
        await _change.many(session, rows)
