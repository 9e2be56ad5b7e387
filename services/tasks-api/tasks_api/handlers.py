"""Events come in here: one handler for everything, so that the order of what was said is kept."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, cast

from contracts.calendar import CALENDAR_EVENTS, CalendarHeld, CalendarObject
from contracts.mail import MailAccountChanged
from contracts.reminders import ReminderSettingsChanged
from kit.database import AsyncSession
from kit.events import Event, Heard
from kit.subscription import Subscription
from tasks_api.desk import CONSUMER, Desk
from tasks_api.inviting import hear_calendars
from tasks_api.repository import heard as copies

HEARD: tuple[type[Event], ...] = (
    *CALENDAR_EVENTS.values(),
    CalendarHeld,
    MailAccountChanged,
    ReminderSettingsChanged,
)


def subscription(desk: Desk) -> Subscription:
    """What tasks-api listens to, and how it acts on it."""

    async def handle(session: AsyncSession, batch: Sequence[Heard[Event]], now: datetime) -> None:
        """Runs of calendars are decided about together; what else was said takes its place between them."""
        for is_calendar, run in groupby(batch, key=lambda heard: isinstance(heard.event, CalendarObject)):
            if is_calendar:
                await hear_calendars(session, desk, cast("list[Heard[CalendarObject]]", list(run)), now=now)
                continue
            for heard in run:
                await _hear_other(session, heard.event)

    return Subscription(consumer=CONSUMER, events=HEARD, handle=handle)


async def _hear_other(session: AsyncSession, event: Any) -> None:
    match event:
        case MailAccountChanged():
            await copies.keep_mail_account(session, event)
        case ReminderSettingsChanged():
            await copies.keep_reminder_settings(session, event)
