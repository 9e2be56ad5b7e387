"""A quarantined mail is read once more: after a limit was raised or a reader repaired. If it can be read now, it is announced
as if it had just come (STYLE 7: what cannot be understood is kept, with a command to try again).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kit.database import Database
from mail_ingest import repository
from mail_ingest.errors import NotKeptWhole, NotQuarantined
from mail_ingest.incoming import Taken
from mail_ingest.intake import Intake
from mail_ingest.models import State
from mail_ingest.repository import Waiting


async def retry_mail(intake: Intake, database: Database, message_id: UUID, *, now: datetime) -> Taken:
    """Raises MessageNotFound, NotQuarantined, NotKeptWhole."""
    async with database.reading() as session:
        message = await repository.get_message(session, message_id)
        raw = await repository.get_raw(session, message_id)
    if message.state != State.QUARANTINED:
        raise NotQuarantined(message_id)
    if raw.sha256 != message.sha256:
        raise NotKeptWhole(message_id)
    async with database.transaction() as session:
        mail = await repository.claim_quarantined(session, message_id, now=now)
    if mail is None:
        raise NotQuarantined(message_id)
    return (await _read(intake, [mail]))[0]


async def retry_mails(
    intake: Intake, database: Database, *, reason: str | None, after: UUID | None, limit: int, now: datetime
) -> list[Taken]:
    """Many of them, the oldest first; those of which only the header was kept are left out."""
    async with database.reading() as session:
        ids = await repository.quarantined_ids(session, reason=reason, after=after, limit=limit)
    taken: list[Taken] = []
    for message_id in ids:
        async with database.transaction() as session:
            mail = await repository.claim_quarantined(session, message_id, now=now)
        if mail is not None:
            taken += await _read(intake, [mail])
    return taken


async def _read(intake: Intake, mails: Sequence[Waiting]) -> list[Taken]:
    return [
        Taken(verdict.mail.id, verdict.mail.sha256, "quarantined" if verdict.reason else "stored", verdict.reason)
        for verdict in await intake.read_kept(mails)
    ]
