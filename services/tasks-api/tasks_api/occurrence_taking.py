"""One date of a series gets a task of its own, to be done, cancelled, moved or reminded of apart from the others (DESIGN 2.8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ical.recurrence import is_occurrence
from kit.database import AsyncSession
from kit.ids import new_id
from tasks_api.desk import Desk
from tasks_api.errors.occurrences import NoSuchDate, NotASeries
from tasks_api.itip.fields import fields_of_date
from tasks_api.particulars import particulars_of_date
from tasks_api.repository import tasks
from tasks_api.series_dates import series_of
from tasks_api.series_splitting import canonical_key
from tasks_api.task import Task
from tasks_api.task_editing import Editor


async def take_date(
    session: AsyncSession, desk: Desk, series: Task, recurrence_id: str, *, editor: Editor, now: datetime
) -> tuple[Task, bool]:
    """The task of one date of a series, and whether it was made just now; it begins as the series says.

    `recurrence_id` is the instance key of the date (`2026-11-30T09:00:00Z`, or `2026-11-30` when all-day). Raises NotASeries,
    NoSuchDate for what is no date of the series or was taken out of it.
    """
    if not series.is_recurring or series.uid is None:
        raise NotASeries
    key = canonical_key(recurrence_id)
    if key is None:
        raise NoSuchDate(recurrence_id)
    family = [
        one for one in await tasks.tasks_with_uids(session, [series.uid], to_change=True)
        if one.copy_number == series.copy_number
    ]  # fmt: skip
    known = next((one for one in family if one.recurrence_id == key), None)
    if known is not None:
        return known, False
    if series.is_closed or not is_occurrence(series_of(series.fields), key):
        raise NoSuchDate(recurrence_id)
    booking = desk.booking(session, now=now)
    booking.know_overrides(_overridden(family))
    (number,) = await desk.numbers(session, 1, now=now)
    task = booking.add(_date_of(series, key, number=number, editor=editor, now=now))
    booking.say(by=editor.subject, again=[series])
    await booking.write()
    return task, True


def _date_of(series: Task, key: str, *, number: str, editor: Editor, now: datetime) -> Task:
    """What people decided for the series holds for the date."""
    reminders = series.reminders
    return replace(
        series,
        id=new_id(),
        number=number,
        fields=fields_of_date(series.fields, key),
        recurrence_id=key,
        version=1,
        recurs_until=None,
        announced_until=None,
        reminders=reminders.model_copy(update={"remind_at": None}) if reminders.remind_at else reminders,
        touched_by_hand=True,
        created_at=now,
        updated_at=now,
        created_by=editor.user_id,
        completed_at=None,
        particulars=particulars_of_date(series.particulars),
    )


def _overridden(family: list[Task]) -> dict[tuple[str, int], set[str]]:
    dates: dict[tuple[str, int], set[str]] = {}
    for one in family:
        if one.uid is not None and one.recurrence_id is not None:
            dates.setdefault((one.uid, one.copy_number), set()).add(one.recurrence_id)
    return dates
