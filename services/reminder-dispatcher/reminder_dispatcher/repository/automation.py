"""The one row of settings, and the state of the channels."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlmodel import col, select

from contracts.tasks import ChannelPlan
from kit.database import AsyncSession, upsert_many
from reminder_dispatcher.automation import AudienceDefaults, AutomationSettings
from reminder_dispatcher.models import Automation, ChannelState

_ONLY_ROW = 1


async def find_settings(session: AsyncSession) -> AutomationSettings | None:
    """None before the first start has written the defaults."""
    row = (await session.exec(select(Automation).where(col(Automation.id) == _ONLY_ROW))).one_or_none()
    if row is None:
        return None
    return AutomationSettings(
        version=row.version,
        enabled=row.enabled,
        mail_account_id=row.mail_account_id,
        quiet_hours=row.quiet_hours,
        late_grace=timedelta(seconds=row.late_grace_seconds),
        client=_read(row.client),
        operator=_read(row.operator),
    )


async def get_settings(session: AsyncSession) -> AutomationSettings:
    return await find_settings(session) or AutomationSettings()


async def save_settings(session: AsyncSession, settings: AutomationSettings, *, now: datetime) -> None:
    row = {
        "id": _ONLY_ROW,
        "version": settings.version,
        "enabled": settings.enabled,
        "mail_account_id": settings.mail_account_id,
        "quiet_hours": None if settings.quiet_hours is None else dict(settings.quiet_hours),
        "late_grace_seconds": int(settings.late_grace.total_seconds()),
        "client": _written(settings.client),
        "operator": _written(settings.operator),
        "changed_at": now,
    }
    await upsert_many(session, Automation, [row], ["id"], update=[name for name in row if name != "id"])


async def list_channel_states(session: AsyncSession) -> list[ChannelState]:
    """The channels that wait, or are being tried again after waiting."""
    return list(await session.exec(select(ChannelState)))


async def pause_channel(session: AsyncSession, channel: str, values: Mapping[str, Any]) -> None:
    columns = ["failures", "paused_until", "since", "reason", "detail"]
    await upsert_many(session, ChannelState, [{"channel": channel, **values}], ["channel"], update=columns)


async def release_channel(session: AsyncSession, channel: str) -> None:
    await session.execute(delete(ChannelState).where(col(ChannelState.channel) == channel))


def _read(document: Mapping[str, Any]) -> AudienceDefaults:
    channels = tuple(ChannelPlan.model_validate(plan) for plan in document["channels"])
    return AudienceDefaults(use_as_default=document["use_as_default"], channels=channels)


def _written(defaults: AudienceDefaults) -> dict[str, Any]:
    channels = [
        plan.model_dump(mode="json", include={"channel", "template_id", "lead_time"}) for plan in defaults.channels
    ]
    return {"use_as_default": defaults.use_as_default, "channels": channels}
