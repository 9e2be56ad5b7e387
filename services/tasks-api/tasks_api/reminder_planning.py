"""The reminders of one task: who is told, how, and how long before (features R4-R22)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.tasks import AudiencePlan, ChannelPlan, ReminderPlan, TaskParticipant
from kit.database import AsyncSession
from kit.errors import FieldError
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
from tasks_api.phone_numbers import NoPhoneNumber, canonical_phone
from tasks_api.reminder_plans import AutomationSettings
from tasks_api.repository import directory, heard, tasks
from tasks_api.task import Task

Audience = Literal["client", "operator"]
PHONE_FIELDS = ("sms_phone", "mobile", "phone")
MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class PhoneOption:
    """A number clients can be sent SMS on. `origin`: `contact.sms_phone`, `account.mobile`, …"""

    phone: str
    origin: str
    name: str
    contact_id: UUID | None
    is_default: bool


async def get_automation(session: AsyncSession) -> AutomationSettings:
    """The automation's settings; AutomationOff while it is off (features R2)."""
    settings = await heard.reminder_defaults(session)
    if not settings.enabled:
        raise AutomationOff
    return settings


async def plan_reminders(
    session: AsyncSession, desk: Desk, task: Task, audience: Audience, plan: AudiencePlan, *, by: str, now: datetime
) -> Task:
    """Decide on this task how one audience is reminded; the other one is not touched (features R5, R29)."""
    settings = await get_automation(session)
    if task.fields.kind == "interaction":
        raise RemindersOnlyForTasks(task.fields.kind)
    if task.status == "completed":
        raise TaskCompletedAlready
    if task.status == "cancelled":
        raise TaskCancelledAlready
    if plan.enabled and any(channel.channel == "email" for channel in plan.channels) and not settings.has_mail_account:
        raise MailAccountRequired
    if audience == "client":
        plan = await _with_phone_origins(session, task, plan, region=desk.settings.phone_region)
    booking = desk.booking(session, now=now)
    booking.touch(task)
    task.reminders = ReminderPlan(**{**dict(task.reminders), audience: plan})
    task.touched_by_hand = True
    await check_participants(session, task, settings)
    if task.uid is not None and task.is_recurring:
        booking.know_overrides(await tasks.overridden_dates(session, [task.uid]))
    booking.say(by=by)
    await booking.write()
    return task


async def client_phone_options(session: AsyncSession, task: Task) -> list[PhoneOption]:
    """The numbers to choose from: those of the task's contacts, else those of its account (features R12, R13, R73)."""
    options: list[PhoneOption] = []
    for contact_id in task.contact_ids:
        contact = await directory.find_contact(session, contact_id)
        if contact is not None and contact.active:
            options += _numbers(contact, "contact", contact.id)
    if not options and not task.contact_ids and task.account_id is not None:
        account = await directory.find_account(session, task.account_id)
        if account is not None:
            options = _numbers(account, "account", None)
    return _with_default(options)


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


def _what_is_missing(
    index: int,
    participant: TaskParticipant,
    channels: set[Literal["sms", "email"]],
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


async def _with_phone_origins(session: AsyncSession, task: Task, plan: AudiencePlan, *, region: str) -> AudiencePlan:
    """Numbers made canonical, and told apart: chosen from a card, or typed by hand (features R14)."""
    options = {option.phone: option.origin for option in reversed(await client_phone_options(session, task))}
    channels: list[ChannelPlan] = []
    for index, channel in enumerate(plan.channels):
        if channel.phone is None:
            channels.append(channel)
            continue
        try:
            phone = canonical_phone(channel.phone, region=region)
        except NoPhoneNumber as wrong:
            error = FieldError(pointer=f"#/channels/{index}/phone", detail=str(wrong))
            raise UnfitReminders(f"{channel.phone!r} {wrong}.", errors=[error]) from None
        origin = options.get(phone, MANUAL) if phone else None
        channels.append(channel.model_copy(update={"phone": phone, "phone_origin": origin}))
    return AudiencePlan(enabled=plan.enabled, channels=channels)


def _numbers(card: directory.CardWithPhones, kind: str, contact_id: UUID | None) -> list[PhoneOption]:
    """The numbers on one card, the one for SMS first."""
    return [
        PhoneOption(number, f"{kind}.{name}", card.name, contact_id, is_default=False)
        for name in PHONE_FIELDS
        if (number := getattr(card, name))
    ]


def _with_default(options: Sequence[PhoneOption]) -> list[PhoneOption]:
    """The first SMS phone is suggested; without one nothing is, a mobile is only offered (features R12)."""
    chosen = next((option for option in options if option.origin.endswith(".sms_phone")), None)
    return [PhoneOption(one.phone, one.origin, one.name, one.contact_id, is_default=one is chosen) for one in options]
