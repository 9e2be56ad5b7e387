"""Raw mail under `<prefix>/<first two digits>/<sha256>.zst` in S3 or what speaks like it (also gs://, az://, file://).

An object is written before the row that names it; one without a row (a crash in between) is harmless. Credentials come
from the environment as the provider names them (`AWS_ACCESS_KEY_ID`, …). Rows kept in the database earlier stay readable.
"""

from __future__ import annotations

import asyncio
from typing import Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

from kit.clock import Clock
from kit.errors import Unavailable
from mail_ingest.models import RawMail
from mail_ingest.raw_store import Bytes, RawMailDamaged
from mail_ingest.raw_store.in_database import DatabaseStore
from mail_ingest.raw_store.packing import packed, unpacked

PLACE = "objects"
PUTS_AT_ONCE = 16


class RawStoreUnavailable(Unavailable):
    code = "raw_store_unavailable"

    def __init__(self) -> None:
        super().__init__("The object store that holds raw mail does not answer just now.", retry_after=5)


class ObjectStoreRaw:
    def __init__(self, url: str, clock: Clock) -> None:
        self._store: ObjectStore = from_url(url)
        self._clock = clock
        self._older = DatabaseStore(clock)
        self._puts = asyncio.Semaphore(PUTS_AT_ONCE)

    async def keep(self, mails: Bytes) -> list[dict[str, Any]]:
        now = self._clock.now()
        await asyncio.gather(*(self._put(sha256, raw) for sha256, raw in mails.items()))
        return [
            {"sha256": sha256, "size": len(raw), "place": PLACE, "content": None, "stored_at": now}
            for sha256, raw in mails.items()
        ]

    async def read(self, row: RawMail) -> bytes:
        if row.place != PLACE:
            return await self._older.read(row)
        try:
            found = await obstore.get_async(self._store, _key(row.sha256))
            content = bytes(await found.bytes_async())
        except FileNotFoundError:
            raise RawMailDamaged(f"The raw mail {row.sha256} is no longer in the object store.") from None
        except (BaseError, OSError):
            raise RawStoreUnavailable from None
        return await unpacked(content, sha256=row.sha256, size=row.size)

    async def check(self) -> str | None:
        try:
            await obstore.list_with_delimiter_async(self._store, prefix="00")
        except (BaseError, OSError):
            return "The object store for raw mail does not answer."
        return None

    async def _put(self, sha256: str, raw: bytes) -> None:
        async with self._puts:
            try:
                await obstore.put_async(self._store, _key(sha256), await packed(raw))
            except (BaseError, OSError):
                raise RawStoreUnavailable from None


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}.zst"
