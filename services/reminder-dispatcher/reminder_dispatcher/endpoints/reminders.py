"""The delivery log, and what a person can do with one reminder."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from contracts.tasks import ReminderChannel
from kit.database import AsyncSession
from kit.etags import show_version
from kit.paging import Page, PageWanted, page_of
from kit.schemas import Moment
from reminder_dispatcher import reminder_handling
from reminder_dispatcher.composing import circumstances_of, recipient_of
from reminder_dispatcher.endpoints.callers import Reader, Writer, actor_of
from reminder_dispatcher.models import Attempt, Reminder, ReminderAction
from reminder_dispatcher.parts import The
from reminder_dispatcher.recipients import Recipient
from reminder_dispatcher.reminder_plan import is_lead_time
from reminder_dispatcher.repository import copies
from reminder_dispatcher.repository import reminders as repository
from reminder_dispatcher.repository.dispatching import due_form
from reminder_dispatcher.schemas.reminders import (
    ActionShape,
    AttemptShape,
    CountShape,
    PersonShape,
    ReminderShape,
    ResendBody,
    SnoozeBody,
)
from reminder_dispatcher.statuses import Status

router = APIRouter(tags=["reminders"])
WantedStatus = Annotated[list[Status] | None, Query(alias="status", description="May be given several times.")]


@router.get("/v1/reminders", response_model=Page[ReminderShape])
async def list_reminders(
    the: The,
    _: Reader,
    paging: PageWanted,
    task_id: UUID | None = None,
    status: WantedStatus = None,
    audience: Literal["client", "operator"] | None = None,
    channel: ReminderChannel | None = None,
    employee_id: UUID | None = None,
    account_id: UUID | None = None,
    case_number: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    about: Literal["task", "case", "invitation"] | None = None,
) -> Page[ReminderShape]:
    """Every reminder with every attempt, the newest first (features R40)."""
    async with the.database.reading() as session:
        found = await repository.list_reminders(
            session,
            paging,
            task_id=task_id,
            statuses=status or (),
            audience=audience,
            channel=channel,
            employee_id=employee_id,
            account_id=account_id,
            case_number=case_number,
            about=about,
        )
        shapes = await _shapes(session, the, found)
    return page_of(shapes, paging, key=lambda shape: (shape.id,), shape=lambda shape: shape)


@router.get("/v1/reminders/counts", response_model=list[CountShape])
async def count_reminders(the: The, _: Reader, since: Moment | None = None) -> list[CountShape]:
    """How many reminders are in which state, by channel, and what they cost in SMS segments; `since` by due time."""
    async with the.database.reading() as session:
        rows = await repository.count_reminders(session, since=since)
    return [
        CountShape(channel=row.channel, status=row.status, reminders=row.reminders, segments=row.segments)
        for row in rows
    ]


@router.get("/v1/reminders/{reminder_id}", response_model=ReminderShape)
async def show_reminder(the: The, _: Reader, reminder_id: UUID, request: Request, response: Response) -> ReminderShape:
    async with the.database.reading() as session:
        reminder = await reminder_handling.get_reminder(session, reminder_id)
        shape = (await _shapes(session, the, [reminder]))[0]
    show_version(request, response, f"{reminder.generation}.{reminder.changed_at.timestamp():.6f}")
    return shape


@router.post("/v1/reminders/{reminder_id}/cancel", response_model=ReminderShape)
async def cancel_reminder(the: The, caller: Writer, reminder_id: UUID) -> ReminderShape:
    """Take a waiting reminder back."""
    async with the.database.transaction() as session:
        reminder = await reminder_handling.cancel_reminder(
            session, reminder_id, by=actor_of(caller), now=the.clock.now()
        )
        return (await _shapes(session, the, [reminder]))[0]


@router.post("/v1/reminders/{reminder_id}/snooze", response_model=ReminderShape)
async def snooze_reminder(the: The, caller: Writer, reminder_id: UUID, body: SnoozeBody) -> ReminderShape:
    """Tell later: `for` a length from now on, or `until` a moment."""
    now = the.clock.now()
    async with the.database.transaction() as session:
        reminder = await reminder_handling.snooze_reminder(
            session, reminder_id, body.moment(now), by=actor_of(caller), now=now
        )
        shape = (await _shapes(session, the, [reminder]))[0]
    the.dispatcher.wake()
    return shape


@router.post("/v1/reminders/{reminder_id}/resend", response_model=ReminderShape, status_code=202)
async def resend_reminder(the: The, caller: Writer, reminder_id: UUID, body: ResendBody | None = None) -> ReminderShape:
    """Send it now. One that was sent already leaves a second time only with `again: true`, as a reminder of its own."""
    async with the.database.transaction() as session:
        reminder = await reminder_handling.resend_reminder(
            session, reminder_id, again=bool(body and body.again), by=actor_of(caller), now=the.clock.now()
        )
        shape = (await _shapes(session, the, [reminder]))[0]
    the.dispatcher.wake()
    return shape


async def _shapes(session: AsyncSession, the: The, reminders: Sequence[Reminder]) -> list[ReminderShape]:
    attempts = await repository.attempts_of(session, [reminder.id for reminder in reminders])
    actions = await repository.actions_on(session, [reminder.id for reminder in reminders])
    users = {one.run_as_user_id for tried in attempts.values() for one in tried if one.run_as_user_id is not None}
    names = {user.id: user.name for user in (await copies.users_by_id(session, users)).values()} if users else {}
    recipients = await _recipients_now(session, the, [one for one in reminders if one.recipient is None])
    return [
        _shape(one, attempts.get(one.id, []), actions.get(one.id, []), names, recipients.get(one.id))
        for one in reminders
    ]


async def _recipients_now(session: AsyncSession, the: The, reminders: Sequence[Reminder]) -> dict[UUID, str]:
    """Where reminders that have not been sent would go at this moment."""
    if not reminders:
        return {}
    forms = [due_form(reminder) for reminder in reminders]
    given = await circumstances_of(session, forms)
    found: dict[UUID, str] = {}
    for form in forms:
        task = given.tasks.get(form.task_id)
        recipient = recipient_of(form, task, given, the.language) if task else None
        if isinstance(recipient, Recipient):
            found[form.id] = recipient.address
    return found


def _shape(
    reminder: Reminder,
    attempts: Sequence[Attempt],
    actions: Sequence[ReminderAction],
    names: Mapping[UUID, str],
    recipient_now: str | None,
) -> ReminderShape:
    waits = reminder.status in ("armed", "sending")
    return ReminderShape.model_validate(
        {
            **reminder.model_dump(),
            "recurrence_id": reminder.occurrence or None,
            "recipient": reminder.recipient or recipient_now,
            "lead_time": reminder.rule if is_lead_time(reminder.rule) else None,
            "next_at": reminder.next_at if waits else None,
            "attempts": [_attempt(attempt, reminder, names) for attempt in attempts] + _going_on(reminder),
            "history": [_action(action) for action in actions],
        }
    )


def _going_on(reminder: Reminder) -> list[AttemptShape]:
    """The attempt that was begun and has not ended."""
    if reminder.status != "sending" or reminder.intent_at is None:
        return []
    return [
        AttemptShape(
            number=reminder.attempts,
            channel=reminder.channel,
            recipient=reminder.recipient or "",
            started_at=reminder.intent_at,
            text=reminder.text,
        )
    ]


def _attempt(attempt: Attempt, reminder: Reminder, names: Mapping[UUID, str]) -> AttemptShape:
    user_id = attempt.run_as_user_id
    run_as = PersonShape(user_id=user_id, name=names.get(user_id, "")) if user_id else None
    return AttemptShape.model_validate({**attempt.model_dump(), "text": reminder.text, "run_as": run_as})


def _action(action: ReminderAction) -> ActionShape:
    by = PersonShape(user_id=action.user_id, name=action.by_name)
    return ActionShape.model_validate({**action.model_dump(), "by": by})
