"""A series of ours is changed: one date, that one and the following, or all of them (features R64-R69).

The machinery is that of invitations: a master, overrides as tasks of their own with its UID, dates taken out as EXDATEs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from ical.recurrence import is_occurrence
from ical.zones import zone
from kit.database import AsyncSession
from kit.errors import FieldError
from kit.ids import new_id
from tasks_api.booking import Booking
from tasks_api.desk import Desk
from tasks_api.errors.occurrences import NoSuchDate, NotASeries
from tasks_api.errors.tasks import TaskCancelledAlready, TaskCompletedAlready, UnfitTask
from tasks_api.errors.work import SeriesOfOrganizer
from tasks_api.filling_in import fill_in
from tasks_api.itip.fields import fields_of_date
from tasks_api.kinship import part_from_kin
from tasks_api.occurrence_taking import take_date
from tasks_api.particulars import particulars_of_date
from tasks_api.repository import files
from tasks_api.series_dates import is_quick, series_of
from tasks_api.series_following import follow_series, is_foreign, overrides_of
from tasks_api.series_splitting import canonical_key, continued, ended, is_first, moment_of_key
from tasks_api.task import Task
from tasks_api.task_editing import Editor, change_task, delete_task

Scope = Literal["this", "following", "all"]
Fields = Mapping[str, Any]


async def change_date(
    session: AsyncSession,
    desk: Desk,
    series: Task,
    recurrence_id: str,
    fields: Fields,
    *,
    scope: Scope,
    editor: Editor,
    now: datetime,
) -> Task:
    """Change one date of a series, that one and the following, or all; the task that holds the change is returned.

    Times are meant for the date that was named: for `all` the whole series moves by as much on the wall clock.
    """
    key = _key_of(series, recurrence_id)
    if scope == "this":
        if fields.get("recurrence") is not None:
            raise UnfitTask(
                "One date does not repeat.", errors=[FieldError(pointer="#/recurrence", detail="is for the series")]
            )
        date, _ = await take_date(session, desk, series, recurrence_id, editor=editor, now=now)
        return await change_task(session, desk, date, fields, editor=editor, now=now)
    if scope == "all" or is_first(series.fields, key):
        return await change_task(session, desk, series, _for_all(series, key, fields), editor=editor, now=now)
    return await _change_following(session, desk, series, key, fields, editor=editor, now=now)


async def delete_date(
    session: AsyncSession,
    desk: Desk,
    series: Task,
    recurrence_id: str,
    *,
    scope: Scope,
    editor: Editor,
    now: datetime,
) -> None:
    """Take out one date, that one and the following, or the whole series."""
    key = _key_of(series, recurrence_id)
    if scope == "all" or (scope == "following" and is_first(series.fields, key)):
        await delete_task(session, desk, series, editor=editor, now=now)
        return
    _refuse_closed(series)
    booking = desk.booking(session, now=now)
    overrides = await overrides_of(session, series)
    booking.touch(series)
    if scope == "this":
        gone = [one for one in overrides if one.recurrence_id == key]
        if not gone and not is_occurrence(series_of(series.fields), key):
            raise NoSuchDate(recurrence_id)
        series.set(exdates=tuple(sorted({*series.fields.exdates, key})))
    else:
        await _refuse_foreign(session, series)
        gone = [one for one in overrides if _comes_from(one, key, series)]
        series.set(**_repeats(ended(series.fields, key)))
    for one in gone:
        booking.remove(one)
        await part_from_kin(session, booking, one)
    await files.delete_files_of(session, [one.id for one in gone])
    _know(booking, series, [one for one in overrides if one not in gone])
    series.touched_by_hand = True
    booking.say(by=editor.subject)
    await booking.write()


async def _change_following(
    session: AsyncSession,
    desk: Desk,
    series: Task,
    key: str,
    fields: Fields,
    *,
    editor: Editor,
    now: datetime,
) -> Task:
    """The series ends before the date; from there a new one goes on, with the later dates that have tasks of their own."""
    _refuse_closed(series)
    await _refuse_foreign(session, series)
    if not is_occurrence(replace(series_of(series.fields), exdates=()), key):
        raise NoSuchDate(key)
    booking = desk.booking(session, now=now)
    overrides = await overrides_of(session, series)
    (number,) = await desk.numbers(session, 1, now=now)
    rest = await _continued(series, key)
    following = _new_series(series, rest, number=number, editor=editor, now=now)
    booking.touch(series)
    series.set(**_repeats(ended(series.fields, key)))
    series.touched_by_hand = True
    booking.add(following)
    before = following.snapshot()
    await fill_in(session, desk, following, fields, viewer=editor.viewer, employee_id=editor.employee_id)
    later = [one for one in overrides if _comes_from(one, key, series)]
    kept = follow_series(booking, later, before, following, rule_given="recurrence" in fields)
    _know(booking, series, [one for one in overrides if one not in later])
    _know(booking, following, kept)
    booking.say(by=editor.subject)
    await booking.write()
    return following


async def _continued(series: Task, key: str) -> Any:
    """Counting what is left of a long COUNT takes longer than others on the event loop should wait."""
    if is_quick(series_of(series.fields)):
        return continued(series.fields, key)
    return await asyncio.to_thread(continued, series.fields, key)


def _new_series(series: Task, rest: Any, *, number: str, editor: Editor, now: datetime) -> Task:
    task_id = new_id()
    return replace(
        series,
        id=task_id,
        number=number,
        fields=rest,
        uid=f"{task_id}@goniec",
        copy_number=0,
        version=1,
        recurs_until=None,
        announced_until=None,
        created_at=now,
        updated_at=now,
        created_by=editor.user_id,
        particulars=particulars_of_date(series.particulars),
    )


def _for_all(series: Task, key: str, fields: Fields) -> dict[str, Any]:
    """The times that were given for one date, as times of the whole series."""
    changed = dict(fields)
    said, date = series.fields, fields_of_date(series.fields, key)
    for name, day in (("starts_at", "starts_on"), ("ends_at", "ends_on")):
        given = fields.get(name)
        if given is None:
            continue
        ours = getattr(said, day) or getattr(said, name)
        its = getattr(date, day) or getattr(date, name)
        if ours is None or its is None or isinstance(given, datetime) != isinstance(ours, datetime):
            continue
        changed[name] = _moved(ours, its, given, said.timezone)
    return changed


def _moved(ours: Any, its: Any, given: Any, timezone: str) -> Any:
    """As far from our time as the given one is from its, on the wall clock."""
    if not isinstance(given, datetime):
        return ours + (given - its)
    home = zone(timezone)

    def wall(moment: datetime) -> datetime:
        return moment.astimezone(home).replace(tzinfo=None)

    return (wall(ours) + (wall(given) - wall(its))).replace(tzinfo=home).astimezone(UTC)


def _key_of(series: Task, recurrence_id: str) -> str:
    """The spelling of instance keys; NotASeries, NoSuchDate."""
    if not series.is_recurring:
        raise NotASeries
    key = canonical_key(recurrence_id)
    if key is None or (len(key) == len("2026-11-30")) != series.fields.all_day:
        raise NoSuchDate(recurrence_id)
    return key


def _comes_from(date: Task, key: str, series: Task) -> bool:
    cut = moment_of_key(key, series.fields) - timedelta(microseconds=1)
    return date.recurrence_id is not None and moment_of_key(date.recurrence_id, series.fields) > cut


def _repeats(fields: Any) -> dict[str, Any]:
    return {name: getattr(fields, name) for name in ("rrule", "rdates", "exdates")}


def _know(booking: Booking, series: Task, overrides: Sequence[Task]) -> None:
    if series.uid is not None:
        dates = {one.recurrence_id for one in overrides if one.recurrence_id is not None}
        booking.know_overrides({(series.uid, series.copy_number): dates})


async def _refuse_foreign(session: AsyncSession, series: Task) -> None:
    """A series somebody else organizes is one series to them: it cannot be cut in two here."""
    if await is_foreign(session, series):
        raise SeriesOfOrganizer


def _refuse_closed(series: Task) -> None:
    if series.status == "completed":
        raise TaskCompletedAlready
    if series.status == "cancelled":
        raise TaskCancelledAlready
