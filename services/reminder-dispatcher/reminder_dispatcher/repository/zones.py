"""By which zone data reminders were armed."""

from datetime import datetime

from sqlmodel import col, select

from kit.database import AsyncSession
from reminder_dispatcher.models import ZoneData


async def known_digest(session: AsyncSession) -> str | None:
    return (await session.exec(select(ZoneData.digest).order_by(col(ZoneData.id).desc()).limit(1))).one_or_none()


async def note_digest(session: AsyncSession, digest: str, *, armed_anew: int, now: datetime) -> None:
    session.add(ZoneData(digest=digest, since=now, armed_anew=armed_anew))
    await session.flush()
