"""The ledger: what lies where, and how far each mail has come. Whole batches in one statement each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, Row, Table, delete, func, select, union_all, update

from kit.bulk import insert_ignoring_conflicts, insert_many
from kit.database import AsyncSession
from kit.prepared import Prepared, among
from mail_ingest.models import MailCard, MailDocument, Message, RawMail, State

_message: Table = Message.__table__  # type: ignore[attr-defined]
_card: Table = MailCard.__table__  # type: ignore[attr-defined]
_document: Table = MailDocument.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """What is known of a mail that lies here."""

    id: UUID
    account_id: UUID
    folder: str
    role: str
    uid_validity: int | None
    uid: int | None
    sha256: str
    state: str
    quarantine_reason: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stored mail without a verdict, as reading it needs it."""

    id: UUID
    account_id: UUID
    folder: str
    role: str
    sha256: str
    raw_sha256: str
    size: int
    received_at: datetime
    imported: bool
    attempts: int
    quarantine_reason: str | None
    same_bytes_as: UUID | None

    @property
    def is_whole(self) -> bool:
        return self.sha256 == self.raw_sha256


_KNOWN = [_message.c[name] for name in ("id", "mail_account_id", "folder", "role", "uid_validity", "uid", "sha256")]
_KNOWN += [_message.c.state, _message.c.quarantine_reason]
_WAITING = [_message.c[name] for name in ("id", "mail_account_id", "folder", "role", "sha256", "raw_sha256", "size")]
_WAITING += [_message.c[name] for name in ("received_at", "imported", "attempts", "quarantine_reason", "same_bytes_as")]


def _known_by_bytes(dialect: str) -> Executable:
    known = select(*_KNOWN).where(among(dialect, _message.c.sha256, "digests"))
    return union_all(known.where(_message.c.uid.is_(None)), known.where(_message.c.uid.is_not(None)))


_rows_with_bytes = Prepared(_known_by_bytes)
_settle_parsed = Prepared(
    lambda dialect: (
        update(_message)
        .where(among(dialect, _message.c.id, "ids"), _message.c.state == State.STORED.value)
        .values(state=State.PARSED.value, quarantine_reason=None, quarantine_detail=None, quarantined_at=None)
        .returning(_message.c.id)
    )
)


async def rows_with_bytes(session: AsyncSession, digests: Sequence[str]) -> list[LedgerRow]:
    """Every row with one of these digests, the oldest first."""
    rows = await _rows_with_bytes.rows(session, digests=digests)
    return sorted((LedgerRow(*row) for row in rows), key=lambda row: row.id)


async def rows_at(
    session: AsyncSession, account_id: UUID, folder: str, uid_validity: int, uids: Sequence[int]
) -> list[LedgerRow]:
    """The rows at these places of one folder."""
    query = select(*_KNOWN).where(
        _message.c.mail_account_id == account_id,
        _message.c.folder == folder,
        _message.c.uid_validity == uid_validity,
        _message.c.uid.in_(uids),
    )
    return [_ledger_row(row) for row in (await session.execute(query)).all()]


async def add_messages(
    session: AsyncSession, raw_rows: Sequence[dict[str, Any]], message_rows: Sequence[dict[str, Any]]
) -> None:
    await insert_ignoring_conflicts(session, RawMail, raw_rows, ["sha256"])
    await insert_many(session, Message, message_rows)


async def move_in_ledger(session: AsyncSession, message_id: UUID, *, uid_validity: int, uid: int) -> None:
    """The same mail has a new number, because the server numbered its folder anew."""
    await session.execute(
        update(_message).where(_message.c.id == message_id).values(uid_validity=uid_validity, uid=uid)
    )


async def claim_waiting(
    session: AsyncSession,
    *,
    begun_before: datetime,
    now: datetime,
    limit: int,
    most_attempts: int | None = None,
    leave_out: Sequence[UUID] = (),
) -> list[Waiting]:
    """Take over mails whose reading was begun before then and never finished, the least suspicious first.

    The attempt is counted. `most_attempts`: only those that were begun no more often than that.
    """
    left = [_message.c.state == State.STORED.value, _message.c.claimed_at <= begun_before]
    if most_attempts is not None:
        left.append(_message.c.attempts <= most_attempts)
    candidates = select(_message.c.id).where(*left, _message.c.id.not_in(leave_out))
    candidates = candidates.order_by(_message.c.attempts, _message.c.id).limit(limit)
    ids = (await session.execute(candidates)).scalars().all()
    if not ids:
        return []
    claim = (
        update(_message)
        .where(_message.c.id.in_(ids), *left)
        .values(attempts=_message.c.attempts + 1, claimed_at=now)
        .returning(*_WAITING)
    )
    rows = (await session.execute(claim)).all()
    return sorted((_waiting(row) for row in rows), key=lambda mail: mail.id)


async def take_back_attempt(session: AsyncSession, ids: Sequence[UUID]) -> None:
    await session.execute(
        update(_message)
        .where(_message.c.id.in_(ids), _message.c.state == State.STORED.value)
        .values(attempts=_message.c.attempts - 1)
    )


async def claim_quarantined(session: AsyncSession, message_id: UUID, *, now: datetime) -> Waiting | None:
    """Take a mail out of quarantine to read it once more; None when it is not in there."""
    claim = (
        update(_message)
        .where(_message.c.id == message_id, _message.c.state == State.QUARANTINED.value)
        .values(state=State.STORED.value, attempts=1, claimed_at=now)
        .returning(*_WAITING)
    )
    row = (await session.execute(claim)).first()
    return _waiting(row) if row is not None else None


async def settle_parsed(session: AsyncSession, ids: Sequence[UUID]) -> set[UUID]:
    """These were read; returns those for which that is news, so that nothing is announced twice."""
    return {message_id for (message_id,) in await _settle_parsed.rows(session, ids=ids)}


async def settle_quarantined(
    session: AsyncSession, message_id: UUID, *, reason: str, detail: str, now: datetime
) -> bool:
    """This one could not be read; False when it has a verdict already."""
    settled = (
        update(_message)
        .where(_message.c.id == message_id, _message.c.state == State.STORED.value)
        .values(state=State.QUARANTINED.value, quarantine_reason=reason, quarantine_detail=detail, quarantined_at=now)
        .returning(_message.c.id)
    )
    return (await session.execute(settled)).first() is not None


async def forget_reading(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """What an earlier attempt wrote down about these mails."""
    for table in (_card, _document):
        await session.execute(delete(table).where(table.c.message_id.in_(ids)))


async def write_reading(
    session: AsyncSession, cards: Sequence[dict[str, Any]], documents: Sequence[dict[str, Any]]
) -> None:
    await insert_many(session, MailCard, cards)
    await insert_many(session, MailDocument, documents)


async def count_waiting(session: AsyncSession, *, begun_before: datetime) -> int:
    query = select(func.count()).where(_message.c.state == State.STORED.value, _message.c.claimed_at < begun_before)
    return int((await session.execute(query)).scalar_one())


async def raw_rows_of(session: AsyncSession, digests: Sequence[str]) -> dict[str, RawMail]:
    table: Table = RawMail.__table__  # type: ignore[attr-defined]
    rows = await session.execute(select(table).where(table.c.sha256.in_(digests)))
    return {row.sha256: RawMail(**row._mapping) for row in rows}  # noqa: SLF001 - the public name of it


async def known_uids(session: AsyncSession, account_id: UUID, folder: str, uid_validity: int) -> set[int]:
    query = select(_message.c.uid).where(
        _message.c.mail_account_id == account_id, _message.c.folder == folder, _message.c.uid_validity == uid_validity
    )
    return set((await session.execute(query)).scalars().all())


def _ledger_row(row: Row[Any]) -> LedgerRow:
    return LedgerRow(*tuple(row))


def _waiting(row: Row[Any]) -> Waiting:
    return Waiting(*tuple(row))
