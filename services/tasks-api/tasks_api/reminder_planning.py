"""The reminders of one task: who is told, how, and how long before (features R4-R22, W26)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.tasks import AudiencePlan, ChannelPlan, PersonalReminder, ReminderPlan, TaskParticipant
from kit.database import AsyncSession
from kit.errors import FieldError
from tasks_api.client_reach import MANUAL, client_email_options, client_phone_options
from tasks_api.desk import Desk
from tasks_api.errors.tasks import (
    AutomationOff,
    MailAccountRequired,
    ParticipantUnreachable,
    RemindersOnlyForTasks,
    TaskCancelledAlready,
    TaskCompletedAlready,
    UnfitReminders,
)
from tasks_api.phone_numbers import NoPhoneNumber, sms_number
from tasks_api.reminder_plans import STANDARD_CHANNELS, AutomationSettings
from tasks_api.repository import directory, heard, tasks
from tasks_api.repository import reminder_copies as copies
from tasks_api.task import Task

Audience = Literal["client", "operator"]


async def get_automation(session: AsyncSession) -> AutomationSettings:
    """The automation's settings; AutomationOff while it is off (features R2)."""
    settings = await heard.reminder_defaults(session)
    if not settings.enabled:
        raise AutomationOff
    return settings


async def plan_reminders(
    session: AsyncSession,
    desk: Desk,
    task: Task,
    audience: Audience,
    *,
    enabled: bool,
    channels: Sequence[ChannelPlan] | None,
    by: str,
    now: datetime,
) -> Task:
    """Decide on this task how one audience is reminded; the other one is not touched (features R5, R29).

    Without `channels` a plan that is switched on has those of the automation, or an SMS a day before (features R35).
    """
    settings = await _settings_for(session, task)
    if channels is None:
        channels = _usual_channels(settings, audience) if enabled else ()
    await _check_channels(session, channels, settings, enabled=enabled)
    if audience == "client":
        channels = await _with_origins(session, desk, task, channels)
    plan = AudiencePlan(enabled=enabled, channels=list(channels))
    return await _planned(session, desk, task, {audience: plan}, settings, by=by, now=now)


async def plan_own_reminders(
    session: AsyncSession,
    desk: Desk,
    task: Task,
    reminders: Sequence[PersonalReminder],
    *,
    employee_id: UUID,
    by: str,
    now: datetime,
) -> Task:
    """What one employee wants to be reminded of for themselves; nobody else hears of it (features W26)."""
    settings = await _settings_for(session, task)
    if any(one.channel == "email" for one in reminders) and not settings.has_mail_account:
        raise MailAccountRequired
    others = [one for one in task.reminders.personal if one.employee_id != employee_id]
    return await _planned(session, desk, task, {"personal": [*others, *reminders]}, settings, by=by, now=now)


async def check_participants(session: AsyncSession, task: Task, settings: AutomationSettings) -> None:
    """ParticipantUnreachable, with pointers, when somebody who is to be reminded lacks a number or address (features R22)."""
    plan = task.reminders.operator
    reminded = [(i, one) for i, one in enumerate(task.participants) if one.remind]
    if not settings.enabled or not plan.enabled or not reminded:
        return
    channels = {channel.channel for channel in plan.channels}
    ids = [participant.employee_id for _, participant in reminded]
    cards = await directory.find_employees(session, ids)
    emails = await directory.emails_of(session, ids)
    errors: list[FieldError] = []
    for index, participant in reminded:
        card = cards.get(participant.employee_id)
        errors += _what_is_missing(
            index,
            participant,
            channels,
            has_phone=bool(card and card.phone),
            has_email=bool(emails[participant.employee_id]),
        )
    if errors:
        raise ParticipantUnreachable(errors)


async def _settings_for(session: AsyncSession, task: Task) -> AutomationSettings:
    """The automation's settings, if this task can be reminded of at all."""
    settings = await get_automation(session)
    if task.fields.kind == "interaction":
        raise RemindersOnlyForTasks(task.fields.kind)
    if task.status == "completed":
        raise TaskCompletedAlready
    if task.status == "cancelled":
        raise TaskCancelledAlready
    return settings


async def _planned(
    session: AsyncSession,
    desk: Desk,
    task: Task,
    changes: dict[str, object],
    settings: AutomationSettings,
    *,
    by: str,
    now: datetime,
) -> Task:
    booking = desk.booking(session, now=now)
    booking.touch(task)
    task.reminders = ReminderPlan(**{**dict(task.reminders), **changes})
    if "personal" not in changes:
        task.touched_by_hand = True
        await check_participants(session, task, settings)
    if task.uid is not None and task.is_recurring:
        booking.know_overrides(await tasks.overridden_dates(session, [task.uid]))
    booking.say(by=by)
    await booking.write()
    return task


def _usual_channels(settings: AutomationSettings, audience: Audience) -> Sequence[ChannelPlan]:
    usual = settings.client if audience == "client" else settings.operator
    return usual.channels or STANDARD_CHANNELS


async def _check_channels(
    session: AsyncSession, channels: Sequence[ChannelPlan], settings: AutomationSettings, *, enabled: bool
) -> None:
    """MailAccountRequired (features R21), or UnfitReminders for a template of another channel.

    A template nobody has told us of is accepted: it may have been made a moment ago (features R9).
    """
    if enabled and any(channel.channel == "email" for channel in channels) and not settings.has_mail_account:
        raise MailAccountRequired
    templates = await copies.templates_by_id(session, {one.template_id for one in channels if one.template_id})
    errors: list[FieldError] = []
    for index, channel in enumerate(channels):
        template = templates.get(channel.template_id) if channel.template_id else None
        if template is not None and template.channel != channel.channel:
            detail = f"{template.name!r} is a template for {template.channel}"
            errors.append(FieldError(pointer=f"#/channels/{index}/template_id", detail=detail))
    if errors:
        raise UnfitReminders("A template is for another channel.", errors=errors)


def _what_is_missing(
    index: int,
    participant: TaskParticipant,
    channels: set[Literal["sms", "email", "app"]],
    *,
    has_phone: bool,
    has_email: bool,
) -> list[FieldError]:
    errors: list[FieldError] = []
    if "sms" in channels and not (participant.phone or has_phone):
        errors.append(FieldError(pointer=f"#/participants/{index}/phone", detail="is needed for reminders by SMS"))
    if "email" in channels and not (participant.email or has_email):
        errors.append(FieldError(pointer=f"#/participants/{index}/email", detail="is needed for reminders by e-mail"))
    return errors


async def _with_origins(
    session: AsyncSession, desk: Desk, task: Task, channels: Sequence[ChannelPlan]
) -> list[ChannelPlan]:
    """Numbers made canonical; numbers and addresses told apart: chosen from a card, or typed by hand (features R14, R17).

    UnfitReminders for a number no SMS goes to (features R71, R72).
    """
    numbers = {option.phone: option.origin for option in reversed(await client_phone_options(session, task))}
    addresses = {option.address: option.origin for option in reversed(await client_email_options(session, task))}
    planned: list[ChannelPlan] = []
    for index, channel in enumerate(channels):
        changes: dict[str, str] = {}
        if channel.phone is not None:
            phone = _checked_number(desk, channel.phone, pointer=f"#/channels/{index}/phone")
            changes |= {"phone": phone, "phone_origin": numbers.get(phone, MANUAL)}
        if channel.address is not None:
            changes["address_origin"] = addresses.get(channel.address, MANUAL)
        planned.append(channel.model_copy(update=changes))
    return planned


def _checked_number(desk: Desk, written: str, *, pointer: str) -> str:
    settings = desk.settings
    try:
        return sms_number(written, region=settings.phone_region, countries=settings.sms_country_codes)
    except NoPhoneNumber as wrong:
        error = FieldError(pointer=pointer, detail=str(wrong))
        raise UnfitReminders(f"{written!r} {wrong}.", errors=[error]) from None
