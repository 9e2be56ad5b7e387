"""Writes what a batch of mails came to, and reads single decisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, Table, bindparam, update

from case_threader.evidence import KnownCase, KnownMail
from case_threader.repository import tables
from case_threader.repository.search import add_words
from case_threader.written import Row, Written
from kit.database import AsyncSession, insert_ignoring_conflicts, insert_many, upsert_many
from kit.prepared import Prepared

_FILING_KEYS = (
    "version", "outcome", "rule", "reason", "evidence", "held_by", "suggested_case_id", "mailbox", "received_at",
    "decided_at", "decided_by",
)  # fmt: skip

_CASE_COLUMNS = (
    "version", "status", "status_at", "status_reason", "last_activity_at", "mentions", "continued_by", "merged_into",
)  # fmt: skip
_MESSAGE_COLUMNS = ("case_id", "direction", "effect", "mailboxes", "delivery")


def _update_of(table: Table, columns: Sequence[str]) -> Executable:
    """Of one row by its `key`: each column takes the value `new_<column>`."""
    new = {column: bindparam(f"new_{column}", type_=table.c[column].type) for column in columns}
    return update(table).where(table.c.id == bindparam("key")).values(new)


_update_cases = Prepared(lambda _: _update_of(tables.cases, _CASE_COLUMNS))
_update_messages = Prepared(lambda _: _update_of(tables.messages, _MESSAGE_COLUMNS))


async def write(session: AsyncSession, written: Written) -> None:
    """Insert everything, each table in one statement. A decision made anew takes the place of the former one."""
    await insert_many(session, tables.cases, list(written.cases.values()))
    await insert_many(session, tables.messages, list(written.messages.values()))
    await add_words(session, written.words)
    await insert_ignoring_conflicts(
        session, tables.known_ids, written.known_ids, ["rfc_message_id", "kind", "message_id"]
    )
    await add_participants(session, written.participants.values())
    await upsert_many(session, tables.filings, list(written.filings.values()), ["message_id"], update=_FILING_KEYS)


async def add_participants(session: AsyncSession, rows: Iterable[Row]) -> None:
    """Somebody unverified becomes verified by a second appearance that is; never the other way round."""
    verified = [row for row in rows if row["verified"]]
    others = [row for row in rows if not row["verified"]]
    await upsert_many(session, tables.participants, verified, ["case_id", "email"], update=["verified"])
    await insert_ignoring_conflicts(session, tables.participants, others, ["case_id", "email"])


async def update_cases(session: AsyncSession, cases: Sequence[KnownCase]) -> None:
    if cases:
        await _update_cases.many(session, [_changed(each, _CASE_COLUMNS) for each in cases])


async def update_messages(session: AsyncSession, mails: Sequence[KnownMail]) -> None:
    if mails:
        await _update_messages.many(session, [_changed(each, _MESSAGE_COLUMNS) for each in mails])


def _changed(known: KnownCase | KnownMail, columns: Sequence[str]) -> Row:
    return {"key": known.id, **{f"new_{column}": getattr(known, column) for column in columns}}


async def redecide(session: AsyncSession, message_id: UUID, **values: Any) -> None:
    """Change the decision about one mail."""
    filing = tables.filings
    statement = update(filing).where(filing.c.message_id == message_id)
    await session.execute(statement.values(version=filing.c.version + 1, **values))
