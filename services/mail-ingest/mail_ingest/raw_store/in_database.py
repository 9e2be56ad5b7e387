"""Raw mail in the table `raw_mail` itself: one backup holds everything."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kit.clock import Clock
from mail_ingest.models import RawMail
from mail_ingest.raw_store import Bytes, RawMailDamaged
from mail_ingest.raw_store.packing import packed, unpacked

PLACE = "database"


class DatabaseStore:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def keep(self, mails: Bytes) -> list[dict[str, Any]]:
        now = self._clock.now()
        return [await self._row(sha256, raw, now) for sha256, raw in mails.items()]

    async def _row(self, sha256: str, raw: bytes, now: datetime) -> dict[str, Any]:
        return {"sha256": sha256, "size": len(raw), "place": PLACE, "content": await packed(raw), "stored_at": now}

    async def read(self, row: RawMail) -> bytes:
        if row.content is None:
            raise RawMailDamaged(f"The raw mail {row.sha256} is not in the database; it was kept in {row.place}.")
        return await unpacked(row.content, sha256=row.sha256, size=row.size)

    async def check(self) -> str | None:
        return None
