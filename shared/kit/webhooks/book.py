"""The book of webhooks: which URLs want to hear what, and the secrets they know us by."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from kit.database import AsyncSession
from kit.errors import NotFound
from kit.event_log import Place, end_of_log
from kit.ids import new_id
from kit.paging import Paging, one_page
from kit.sealing import Seal
from kit.tables import webhook
from kit.webhooks.signing import new_secret

State = Literal["active", "paused", "disabled"]
FORMER_SECRET_LASTS = timedelta(hours=24)
"""So long messages are signed with the exchanged secret too."""


class WebhookNotFound(NotFound):
    code = "webhook_not_found"

    def __init__(self, webhook_id: UUID) -> None:
        super().__init__(f"There is no webhook {webhook_id}.")


@dataclass(frozen=True, slots=True)
class Webhook:
    """A URL and what it wants to hear. `reason` says why we disabled it; nothing has reached it since `failing_since`."""

    id: UUID
    version: int
    url: str
    description: str
    types: list[str]
    sealed: bytes
    state: State
    reason: str | None
    told_at: datetime
    told_seq: int
    failing_since: datetime | None
    created_by: str
    created_at: datetime
    updated_at: datetime

    @property
    def place(self) -> Place:
        """How far in the log it has been told."""
        return Place(self.told_at, self.told_seq)


_columns = [webhook.c[field.name] for field in fields(Webhook)]


def _webhook_of(row: Sequence[Any]) -> Webhook:
    return Webhook(*row)


async def add_webhook(
    session: AsyncSession, seal: Seal, url: str, types: Sequence[str], description: str, *, by: str, now: datetime
) -> tuple[Webhook, str]:
    """The new webhook, which hears what is said from now on, and its secret, which is shown only now."""
    webhook_id, secret, place = new_id(), new_secret(), await end_of_log(session)
    row = {
        "id": webhook_id, "version": 1, "url": url, "description": description, "types": list(types),
        "sealed": seal.seal({"secret": secret}, owner=webhook_id), "state": "active", "reason": None,
        "told_at": place.at, "told_seq": place.seq, "failing_since": None, "created_by": by[:200],
        "created_at": now, "updated_at": now,
    }  # fmt: skip
    await session.execute(insert(webhook).values(row))
    return await get_webhook(session, webhook_id), secret


async def get_webhook(session: AsyncSession, webhook_id: UUID) -> Webhook:
    """WebhookNotFound when there is none."""
    row = (await session.execute(select(*_columns).where(webhook.c.id == webhook_id))).first()
    if row is None:
        raise WebhookNotFound(webhook_id)
    return _webhook_of(row)


async def list_webhooks(session: AsyncSession, paging: Paging) -> list[Webhook]:
    rows = await session.execute(one_page(select(*_columns), paging, webhook.c.id))
    return [_webhook_of(row) for row in rows]


async def active_webhooks(session: AsyncSession) -> list[Webhook]:
    rows = await session.execute(select(*_columns).where(webhook.c.state == "active").order_by(webhook.c.id))
    return [_webhook_of(row) for row in rows]


async def change_webhook(
    session: AsyncSession, webhook_id: UUID, changes: Mapping[str, Any], *, now: datetime
) -> Webhook:
    """Change some of url, types, description, state. What is switched on again goes on in the log where it stopped."""
    known = await get_webhook(session, webhook_id)
    values = {"version": known.version + 1, "updated_at": now, **changes}
    if changes.get("state") == "active":
        values |= {"reason": None, "failing_since": None}
    await session.execute(update(webhook).where(webhook.c.id == webhook_id).values(values))
    return await get_webhook(session, webhook_id)


async def delete_webhook(session: AsyncSession, webhook_id: UUID) -> None:
    """With everything that waits for it, and its log."""
    await get_webhook(session, webhook_id)
    await session.execute(delete(webhook).where(webhook.c.id == webhook_id))


async def exchange_secret(session: AsyncSession, seal: Seal, known: Webhook, *, now: datetime) -> tuple[Webhook, str]:
    """A new secret; the former one signs beside it for a day, so that the receiver can follow without a pause."""
    former, secret = seal.unseal(known.sealed, owner=known.id)["secret"], new_secret()
    secrets = {"secret": secret, "former": former, "former_until": (now + FORMER_SECRET_LASTS).isoformat()}
    sealed = seal.seal(secrets, owner=known.id)
    return await change_webhook(session, known.id, {"sealed": sealed}, now=now), secret


def keys_of(seal: Seal, known: Webhook, *, now: datetime) -> list[str]:
    """The secrets to sign with, the current one first."""
    secrets = seal.unseal(known.sealed, owner=known.id)
    former_until = secrets.get("former_until")
    if former_until is None or datetime.fromisoformat(former_until) <= now:
        return [secrets["secret"]]
    return [secrets["secret"], secrets["former"]]


async def note_place(session: AsyncSession, webhook_id: UUID, place: Place) -> None:
    """Everything up to there has been taken out of the log for it."""
    values = {"told_at": place.at, "told_seq": place.seq}
    await session.execute(update(webhook).where(webhook.c.id == webhook_id).values(values))


async def note_health(session: AsyncSession, webhook_id: UUID, failing_since: datetime | None) -> None:
    await session.execute(update(webhook).where(webhook.c.id == webhook_id).values(failing_since=failing_since))


async def disable_webhooks(session: AsyncSession, webhook_ids: Collection[UUID], reason: str, *, now: datetime) -> None:
    """Tell them nothing more until a person switches them on again."""
    values = {"state": "disabled", "reason": reason, "version": webhook.c.version + 1, "updated_at": now}
    chosen = webhook.c.id.in_(webhook_ids) & (webhook.c.state == "active")
    await session.execute(update(webhook).where(chosen).values(values))
