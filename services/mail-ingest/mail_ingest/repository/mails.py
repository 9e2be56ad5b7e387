"""Queries behind the lists and pages of messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, func, select

from kit.database import AsyncSession
from kit.paging import Paging, one_page
from mail_ingest.errors import MessageNotFound
from mail_ingest.models import MailAccount, MailCard, MailDocument, Message, RawMail, State

_message: Table = Message.__table__  # type: ignore[attr-defined]
_card: Table = MailCard.__table__  # type: ignore[attr-defined]
_account: Table = MailAccount.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages a list shows; None is no condition. `words` are folded and all must occur.

    A mail that is still being read is in no list: nobody could tell it from one that says nothing.
    """

    account_id: UUID | None = None
    role: str | None = None
    folder: str | None = None
    state: State | None = None
    quarantine_reason: str | None = None
    from_email: str | None = None
    rfc_message_id: str | None = None
    sha256: str | None = None
    has_invitation: bool | None = None
    received_from: datetime | None = None
    received_before: datetime | None = None
    words: Sequence[str] = ()


_SHOWN = [
    *(_message.c[name] for name in ("id", "mail_account_id", "folder", "role", "sha256", "size", "received_at")),
    *(_message.c[name] for name in ("stored_at", "imported", "state", "same_bytes_as")),
    *(_message.c[name] for name in ("quarantine_reason", "quarantine_detail", "quarantined_at")),
    _account.c.address.label("mailbox"),
    *(_card.c[name] for name in ("subject", "from_name", "from_email", "rfc_message_id", "sent_at")),
    *(_card.c[name] for name in ("written_by_machine", "has_invitation", "attachments")),
]


def _shown() -> Select[Any]:
    joined = _message.join(_account, _account.c.id == _message.c.mail_account_id).outerjoin(
        _card, _card.c.message_id == _message.c.id
    )
    return select(*_SHOWN).select_from(joined)


async def list_messages(session: AsyncSession, wanted: Wanted, paging: Paging) -> Sequence[Any]:
    """Rows of the list, the latest first by our own receipt."""
    query = _shown().where(*_conditions(wanted))
    return (await session.execute(one_page(query, paging, _message.c.id, descending=True))).all()


async def get_message(session: AsyncSession, message_id: UUID) -> Any:
    """The row of the list for one message. Raises MessageNotFound."""
    row = (await session.execute(_shown().where(_message.c.id == message_id))).first()
    if row is None:
        raise MessageNotFound(message_id)
    return row


async def find_document(session: AsyncSession, message_id: UUID) -> bytes | None:
    found = await session.get(MailDocument, message_id)
    return found.content if found is not None else None


async def get_raw(session: AsyncSession, message_id: UUID) -> RawMail:
    """Where the bytes of a message lie. Raises MessageNotFound."""
    message = await session.get(Message, message_id)
    raw = await session.get(RawMail, message.raw_sha256) if message is not None else None
    if raw is None:
        raise MessageNotFound(message_id)
    return raw


async def quarantined_ids(session: AsyncSession, *, reason: str | None, after: UUID | None, limit: int) -> list[UUID]:
    """Mails in quarantine that are kept whole, the oldest first."""
    query = select(_message.c.id).where(
        _message.c.state == State.QUARANTINED.value, _message.c.sha256 == _message.c.raw_sha256
    )
    if reason is not None:
        query = query.where(_message.c.quarantine_reason == reason)
    if after is not None:
        query = query.where(_message.c.id > after)
    return list((await session.execute(query.order_by(_message.c.id).limit(limit))).scalars().all())


async def count_quarantined(session: AsyncSession) -> int:
    query = select(func.count()).select_from(_message).where(_message.c.state == State.QUARANTINED.value)
    return int((await session.execute(query)).scalar_one())


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    equal = (
        (_message.c.mail_account_id, wanted.account_id),
        (_message.c.role, wanted.role),
        (_message.c.folder, wanted.folder),
        (_message.c.state, wanted.state.value if wanted.state else None),
        (_message.c.quarantine_reason, wanted.quarantine_reason),
        (_message.c.sha256, wanted.sha256),
        (_card.c.from_email, wanted.from_email),
        (_card.c.rfc_message_id, wanted.rfc_message_id),
        (_card.c.has_invitation, wanted.has_invitation),
    )
    conditions: list[ColumnElement[bool]] = [column == value for column, value in equal if value is not None]
    if wanted.state is None:
        conditions.append(_message.c.state != State.STORED.value)
    if wanted.received_from is not None:
        conditions.append(_message.c.received_at >= wanted.received_from)
    if wanted.received_before is not None:
        conditions.append(_message.c.received_at < wanted.received_before)
    conditions.extend(_card.c.folded.contains(word, autoescape=True) for word in wanted.words)
    return conditions
