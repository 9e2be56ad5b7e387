"""Parts of a mail that are asked for later: taken out of the raw bytes again, in a worker."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

import orjson

from kit.database import Database
from kit.workers import WorkerFailed, WorkerPool
from mail_ingest import repository
from mail_ingest.raw_store import RawStore
from mail_ingest.settings import Settings

HTML = "mail_ingest.parsing.jobs:html_job"
ATTACHMENT = "mail_ingest.parsing.jobs:attachment_job"


async def html_of(
    database: Database,
    raw_store: RawStore,
    workers: WorkerPool,
    settings: Settings,
    message_id: UUID,
    *,
    fold: bool,
) -> str | None:
    """The cleaned HTML, quotes folded where wanted; None when there is none, or none that could be cleaned within the limits."""
    url = f"/v1/messages/{message_id}/attachments/{{n}}"
    context = {"attachment_url": url, "fold": fold, "limits": asdict(settings.limits())}
    result = await _asked(HTML, context, database, raw_store, workers, message_id)
    html: str | None = orjson.loads(result)["html"] if result is not None else None
    return html


async def attachment_of(
    database: Database,
    raw_store: RawStore,
    workers: WorkerPool,
    settings: Settings,
    message_id: UUID,
    n: int,
) -> tuple[dict[str, Any], bytes] | None:
    """The n-th attachment: what is known about it, and its bytes."""
    context = {"n": n, "limits": asdict(settings.limits())}
    result = await _asked(ATTACHMENT, context, database, raw_store, workers, message_id)
    if result is None:
        return None
    card, _, content = result.partition(b"\n")
    known = orjson.loads(card)
    return (known, content) if known is not None else None


async def _asked(
    function: str,
    context: dict[str, Any],
    database: Database,
    raw_store: RawStore,
    workers: WorkerPool,
    message_id: UUID,
) -> bytes | None:
    """What `parsing.jobs` answers; None when the worker died over it."""
    async with database.reading() as session:
        raw = await repository.get_raw(session, message_id)
    request = orjson.dumps(context) + b"\n" + await raw_store.read(raw)
    (result,) = await workers.run(function, [request])
    return None if isinstance(result, WorkerFailed) else result
