"""What a person does with one reminder: take it back, let it wait, send it again (issue 6, point 5)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from contracts.reminders import ReminderArmed
from kit.announcing import announce
from kit.database import AsyncSession, insert_many
from kit.errors import Invalid
from kit.ids import new_id
from reminder_dispatcher.actors import Actor
from reminder_dispatcher.errors import AlreadyTold, ReminderNotFound, ReminderStateForbids
from reminder_dispatcher.models import Reminder, ReminderAction
from reminder_dispatcher.repository import reminders as repository
from reminder_dispatcher.statuses import CANCELLED_BY_HAND

_SENT = ("sent", "delivered")


async def get_reminder(session: AsyncSession, reminder_id: UUID, *, lock: bool = False) -> Reminder:
    reminder = await repository.find_reminder(session, reminder_id, lock=lock)
    if reminder is None:
        raise ReminderNotFound(reminder_id)
    return reminder


async def cancel_reminder(session: AsyncSession, reminder_id: UUID, *, by: Actor, now: datetime) -> Reminder:
    """It will not be sent, and not be armed again for the same start."""
    reminder = await get_reminder(session, reminder_id, lock=True)
    if reminder.status == "sending" and reminder.intent_at is not None:
        raise ReminderStateForbids("cancelled", "being sent at this moment")
    if reminder.status not in ("armed", "sending"):
        raise ReminderStateForbids("cancelled", reminder.status)
    values = {
        "status": "suppressed",
        "reason": CANCELLED_BY_HAND,
        "claim": None,
        "lease_until": None,
        "changed_at": now,
    }
    await note_action(session, reminder.id, "cancelled", by=by, now=now)
    return await _changed(session, reminder, values)


async def snooze_reminder(
    session: AsyncSession, reminder_id: UUID, until: datetime, *, by: Actor, now: datetime
) -> Reminder:
    """Tell later, but before it begins."""
    reminder = await get_reminder(session, reminder_id, lock=True)
    if reminder.status != "armed":
        raise ReminderStateForbids("snoozed", reminder.status)
    if until <= now:
        raise Invalid("A reminder can only be put off to a moment that is still to come.")
    if reminder.audience == "client" and until >= reminder.begins_at:
        raise Invalid("A client must be told before it begins.", starts_at=reminder.begins_at.isoformat())
    await note_action(session, reminder.id, "snoozed", by=by, now=now, until=until)
    return await _changed(
        session, reminder, {"planned_at": until, "planned_by_hand": True, "next_at": until, "changed_at": now}
    )


async def resend_reminder(
    session: AsyncSession, reminder_id: UUID, *, again: bool, by: Actor, now: datetime
) -> Reminder:
    """Send it now, whatever became of it; the quiet hours and the deadline count from this moment.

    A reminder that was never sent keeps its Message-ID, so that a copy which did arrive is known. One that was sent is sent
    a second time as a new reminder, and only when `again` says so.
    """
    reminder = await get_reminder(session, reminder_id, lock=True)
    if reminder.status in ("armed", "sending"):
        raise ReminderStateForbids("sent again", reminder.status)
    if reminder.status in _SENT and not again:
        raise AlreadyTold(reminder.id)
    if await repository.is_armed_anew(session, reminder):
        raise ReminderStateForbids("sent again", "armed anew for another start")
    planned = {"planned_at": now, "planned_by_hand": True, "next_at": now, "armed_at": now, "changed_at": now}
    await note_action(session, reminder.id, "resent", by=by, now=now)
    if reminder.status in _SENT:
        reminder = await _second_one(session, reminder, planned)
        await note_action(session, reminder.id, "resent", by=by, now=now)
    else:
        fresh = {"status": "armed", "reason": None, "claim": None, "lease_until": None, "intent_at": None}
        reminder = await _changed(
            session, reminder, {**planned, **fresh, "withdrawn": False, "sent_anew": False, "reported_at": None}
        )
    announce(session, _armed(reminder, now))
    return reminder


async def tell_again_later(
    session: AsyncSession, reminder: Reminder, until: datetime, *, by: Actor, now: datetime
) -> Reminder:
    """One that an operator has been told leaves once more at `until`, as a reminder of its own."""
    if reminder.status in ("armed", "sending", "suppressed") or reminder.audience == "client":
        raise ReminderStateForbids("snoozed", reminder.status)
    if until <= now:
        raise Invalid("A reminder can only be put off to a moment that is still to come.")
    if await repository.is_armed_anew(session, reminder):
        raise ReminderStateForbids("snoozed", "armed anew already")
    planned = {"planned_at": until, "planned_by_hand": True, "next_at": until, "armed_at": now, "changed_at": now}
    again = await _second_one(session, reminder, planned)
    for one in (reminder, again):
        await note_action(session, one.id, "snoozed", by=by, now=now, until=until)
    announce(session, _armed(again, now))
    return again


async def note_action(
    session: AsyncSession,
    reminder_id: UUID,
    action: Literal["cancelled", "snoozed", "resent", "dismissed"],
    *,
    by: Actor,
    now: datetime,
    until: datetime | None = None,
) -> None:
    """Write down who did it."""
    row = ReminderAction(
        id=new_id(), reminder_id=reminder_id, action=action, at=now, until=until, user_id=by.user_id, by_name=by.name[:200]
    )  # fmt: skip
    await repository.add_action(session, row)


async def _second_one(session: AsyncSession, reminder: Reminder, planned: dict[str, Any]) -> Reminder:
    """A reminder of its own, with the same key and the next generation."""
    row = reminder.model_dump()
    untold = {
        "recipient": None, "subject": None, "text": None, "rfc_message_id": None, "gateway_id": None, "segments": None,
        "sent_at": None, "delivered_at": None, "reported_at": None, "reason": None, "late": False, "attempts": 0,
        "intent_at": None, "withdrawn": False, "sent_anew": False, "told_at": None, "dismissed_at": None,
    }  # fmt: skip
    generation = await repository.newest_generation(session, reminder) + 1
    row |= untold | planned
    row |= {"id": new_id(), "generation": generation, "status": "armed", "created_at": planned["armed_at"]}
    await insert_many(session, Reminder, [row])
    return await get_reminder(session, row["id"])


async def _changed(session: AsyncSession, reminder: Reminder, values: Mapping[str, object]) -> Reminder:
    await repository.change_reminder(session, reminder.id, dict(values))
    return await get_reminder(session, reminder.id)


def _armed(reminder: Reminder, now: datetime) -> ReminderArmed:
    return ReminderArmed(
        reminder_id=reminder.id,
        task_id=reminder.task_id,
        about=reminder.about,
        recurrence_id=reminder.occurrence or None,
        audience="client" if reminder.audience == "client" else "operator",
        channel=reminder.channel,
        employee_id=reminder.employee_id,
        account_id=reminder.account_id if reminder.audience == "client" else None,
        due_at=reminder.due_at,
        case_number=reminder.case_number,
        at=now,
    )
