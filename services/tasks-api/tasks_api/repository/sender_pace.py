"""How many meetings of strangers became tasks by themselves in this hour (reliability C6)."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlmodel import col, delete, select

from kit.database import AsyncSession, upsert_many
from tasks_api.models.invitations import SenderPace
from tasks_api.repository.directory import AT_ONCE


async def counts_of(session: AsyncSession, keys: Collection[str], *, hour: datetime) -> dict[str, int]:
    """The counts of these keys in this hour; a key that is not there has none."""
    wanted = sorted(keys)
    counts: dict[str, int] = {}
    for start in range(0, len(wanted), AT_ONCE):
        query = select(SenderPace.key, SenderPace.count).where(
            SenderPace.hour == hour, col(SenderPace.key).in_(wanted[start : start + AT_ONCE])
        )
        counts.update(list(await session.exec(query)))
    return counts


async def keep_counts(session: AsyncSession, counts: Mapping[str, int], *, hour: datetime) -> None:
    """Store the counts of this hour; those of hours gone by are forgotten."""
    rows = [{"hour": hour, "key": key, "count": count} for key, count in counts.items()]
    await upsert_many(session, SenderPace, rows, ["hour", "key"], update=["count"])
    await session.exec(delete(SenderPace).where(col(SenderPace.hour) < hour - timedelta(hours=1)))
