"""Events come in here: one handler for everything, so that the order of what was said is kept."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, cast

from contracts.calendar import CALENDAR_EVENTS, CalendarHeld, CalendarObject
from contracts.directory import CardErased
from contracts.documents import AbsenceTold, DocumentFact, DocumentPrinted, DocumentSent, DocumentStage
from contracts.mail import MailAccountChanged
from contracts.reminders import (
    ReminderDelivered,
    ReminderFact,
    ReminderFailed,
    ReminderMissed,
    ReminderSent,
    ReminderSettingsChanged,
    TemplateChanged,
)
from kit.database import AsyncSession
from kit.events import Event, Heard
from kit.subscription import Subscription
from tasks_api.desk import CONSUMER, Desk
from tasks_api.document_tasks import hear_documents
from tasks_api.entry_keeping import hear_entry
from tasks_api.erasing import erase_again
from tasks_api.inviting import hear_calendars
from tasks_api.repository import heard as copies
from tasks_api.repository import reminder_copies

HEARD: tuple[type[Event], ...] = (
    *CALENDAR_EVENTS.values(),
    CalendarHeld,
    MailAccountChanged,
    CardErased,
    ReminderSettingsChanged,
    TemplateChanged,
    ReminderSent,
    ReminderDelivered,
    ReminderFailed,
    ReminderMissed,
    DocumentPrinted,
    DocumentSent,
    DocumentStage,
    AbsenceTold,
)


def subscription(desk: Desk) -> Subscription:
    """What tasks-api listens to, and how it acts on it."""

    async def handle(session: AsyncSession, batch: Sequence[Heard[Event]], now: datetime) -> None:
        """Runs of calendars are decided about together, runs of reminders kept together; what else was said takes its
        place between them."""
        for kind, run in groupby(batch, key=_kind):
            if kind is CalendarObject:
                await hear_calendars(session, desk, cast("list[Heard[CalendarObject]]", list(run)), now=now)
            elif kind is ReminderFact:
                await reminder_copies.keep_reminders(session, [cast("ReminderFact", heard.event) for heard in run])
            elif kind is DocumentFact:
                await hear_documents(session, desk, cast("list[Heard[DocumentFact]]", list(run)), now=now)
            else:
                for heard in run:
                    await _hear_other(session, desk, heard.event, now)

    return Subscription(consumer=CONSUMER, events=HEARD, handle=handle)


def _kind(heard: Heard[Event]) -> type[Event]:
    return next((kind for kind in (CalendarObject, ReminderFact, DocumentFact) if isinstance(heard.event, kind)), Event)


async def _hear_other(session: AsyncSession, desk: Desk, event: Any, now: datetime) -> None:
    match event:
        case CardErased():
            await erase_again(session, desk, event, now=now)
        case MailAccountChanged():
            await copies.keep_mail_account(session, event)
        case ReminderSettingsChanged():
            await copies.keep_reminder_settings(session, event)
        case DocumentStage() | AbsenceTold():
            await hear_entry(session, desk, event, now=now)
        case TemplateChanged():
            await reminder_copies.keep_template(session, event)
