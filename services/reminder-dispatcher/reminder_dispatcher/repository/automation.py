"""The one row of settings, and the state of the channels."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col, select

from contracts.tasks import ChannelPlan
from kit.database import AsyncSession, upsert_many
from reminder_dispatcher.automation import AudienceDefaults, AutomationSettings, WaitingRule
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
        unanswered_cases=_read_rule(row.unanswered_cases),
        waiting_invitations=_read_rule(row.waiting_invitations),
        sms_sender=row.sms_sender,
        run_as_user_id=row.run_as_user_id,
    )


async def get_settings(session: AsyncSession) -> AutomationSettings:
    return await find_settings(session) or AutomationSettings()


async def told_shape(session: AsyncSession) -> int:
    """The shape in which the settings were announced last."""
    return (await session.exec(select(Automation.told_shape).where(col(Automation.id) == _ONLY_ROW))).one()


async def note_told_shape(session: AsyncSession, shape: int) -> None:
    await session.execute(update(Automation).where(col(Automation.id) == _ONLY_ROW).values(told_shape=shape))


async def save_settings(session: AsyncSession, settings: AutomationSettings, *, told_shape: int, now: datetime) -> None:
    row = {
        "id": _ONLY_ROW,
        "version": settings.version,
        "enabled": settings.enabled,
        "mail_account_id": settings.mail_account_id,
        "quiet_hours": None if settings.quiet_hours is None else dict(settings.quiet_hours),
        "late_grace_seconds": int(settings.late_grace.total_seconds()),
        "client": _written(settings.client),
        "operator": _written(settings.operator),
        "unanswered_cases": _written_rule(settings.unanswered_cases),
        "waiting_invitations": _written_rule(settings.waiting_invitations),
        "sms_sender": settings.sms_sender,
        "run_as_user_id": settings.run_as_user_id,
        "told_shape": told_shape,
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
    return {"use_as_default": defaults.use_as_default, "channels": _written_channels(defaults.channels)}


def _read_rule(document: Mapping[str, Any]) -> WaitingRule:
    return WaitingRule(
        enabled=document["enabled"],
        after=timedelta(seconds=document["after_seconds"]),
        channels=tuple(ChannelPlan.model_validate(plan) for plan in document["channels"]),
        employee_ids=tuple(UUID(one) for one in document["employee_ids"]),
    )


def _written_rule(rule: WaitingRule) -> dict[str, Any]:
    return {
        "enabled": rule.enabled,
        "after_seconds": int(rule.after.total_seconds()),
        "channels": _written_channels(rule.channels),
        "employee_ids": [str(one) for one in rule.employee_ids],
    }


def _written_channels(channels: Sequence[ChannelPlan]) -> list[dict[str, Any]]:
    return [plan.model_dump(mode="json", include={"channel", "template_id", "lead_time"}) for plan in channels]
