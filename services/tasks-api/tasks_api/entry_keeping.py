"""Other systems put entries on the calendar, change them and take them off; told late, an older word changes nothing
(features R57)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.addresses import canonical_email
from contracts.documents import AbsenceTold, DocumentStage
from kit.database import AsyncSession
from kit.errors import Invalid, Refuse
from kit.ids import new_id
from kit.schemas import is_storable
from tasks_api.address_matching import matched
from tasks_api.calendar_sources import ABSENCE, DOCUMENT_STAGE, entry_times, entry_title, stage_title
from tasks_api.desk import Desk
from tasks_api.errors.calendar import EntryOfNobody, EntryUntitled, SourceInUse, SourceTaken, UnfitEntry
from tasks_api.models.calendar_entries import CalendarEntry, CalendarSource
from tasks_api.repository import calendar_entries, directory
from tasks_api.schedule import UnfitSchedule

Fields = Mapping[str, Any]
LONGEST_KEY = 200
_LONGEST = timedelta(days=3660)


async def create_source(session: AsyncSession, fields: Fields, *, now: datetime) -> CalendarSource:
    if await calendar_entries.find_source(session, fields["name"]) is not None:
        raise SourceTaken(fields["name"])
    source = CalendarSource(id=new_id(), created_at=now, **fields)
    session.add(source)
    return source


def change_source(session: AsyncSession, source: CalendarSource, fields: Fields) -> CalendarSource:
    for name in ("labels", "color", "busy", "active"):
        if name in fields:
            setattr(source, name, fields[name])
    source.version += 1
    session.add(source)
    return source


async def delete_source(session: AsyncSession, source: CalendarSource) -> None:
    if source.is_system or await calendar_entries.has_entries(session, source.name):
        raise SourceInUse
    await session.delete(source)


async def put_entry(
    session: AsyncSession, desk: Desk, source: str, key: str, fields: Fields, *, now: datetime
) -> tuple[CalendarEntry, bool]:
    """The entry as the other system has it now, and whether it is new. `fields`: employee_id or employee_email, kind, title,
    starts_at, ends_at (days or moments), half, done, color, url, document."""
    known = await calendar_entries.find_entry(session, source, key)
    timezone, language = desk.settings.default_timezone, desk.settings.language
    try:
        times = entry_times(fields["starts_at"], fields.get("ends_at"), fields.get("half"), timezone)
    except UnfitSchedule as wrong:
        raise UnfitEntry(wrong.field, str(wrong)) from None
    if times["ends_at"] - times["starts_at"] > _LONGEST:
        raise UnfitEntry("ends_at", "lies more than ten years after the start")
    kind = fields.get("kind") or "other"
    title = entry_title(fields.get("title"), kind, language)
    if title is None:
        raise EntryUntitled(kind)
    said = {name: fields.get(name) for name in ("color", "url", "document")}
    employee_id = await _employee(session, fields.get("employee_id"), fields.get("employee_email"))
    entry = known or CalendarEntry(id=new_id(), version=0, source=source, key=key, employee_id=employee_id, kind=kind,
                                   title=title, updated_at=now, **times)  # fmt: skip
    values = {
        **times,
        **said,
        "employee_id": employee_id,
        "kind": kind,
        "title": title,
        "done": bool(fields.get("done")),
    }
    if known is None or any(getattr(entry, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(entry, name, value)
        entry.version += 1
        entry.updated_at = now
    entry.told_at = fields.get("told_at")
    session.add(entry)
    return entry, known is None


async def hear_entry(session: AsyncSession, desk: Desk, told: DocumentStage | AbsenceTold, *, now: datetime) -> None:
    """Another system told of an absence or of a stage; what cannot be placed waits among the dead letters with the reason."""
    source, key, fields = _of_stage(told) if isinstance(told, DocumentStage) else _of_absence(told)
    if not 0 < len(key) <= LONGEST_KEY or not is_storable(key) or told.at.tzinfo is None:
        raise Refuse("The id is empty, too long or no text, or `at` has no offset.")
    known = await calendar_entries.find_entry(session, source, key)
    if known is not None and known.told_at is not None and known.told_at > told.at:
        return
    if told.gone:
        if known is not None:
            await session.delete(known)
        return
    try:
        await put_entry(session, desk, source, key, {**fields, "told_at": told.at}, now=now)
    except Invalid as wrong:
        raise Refuse(wrong.sentence) from wrong


def _of_stage(told: DocumentStage) -> tuple[str, str, Fields]:
    due = told.due_on or told.due_at
    if due is None or (told.due_at is not None and told.due_at.tzinfo is None):
        raise Refuse("A stage needs a day, or a moment with an offset.")
    texts = (told.stage, told.document_type, told.number, told.document_id)
    if not all(0 < len(text) <= 300 and is_storable(text) for text in texts):
        raise Refuse("The stage, or what names the document, is empty, too long or no text.")
    document = {"type": told.document_type, "id": told.document_id, "number": told.number, "stage": told.stage}
    fields = {
        "employee_id": told.employee_id, "employee_email": told.employee_email, "kind": "stage", "starts_at": due,
        "title": stage_title(told.stage, told.document_type, told.number), "done": told.done, "document": document,
    }  # fmt: skip
    return DOCUMENT_STAGE, f"{told.document_type}/{told.document_id}/{told.stage}", fields


def _of_absence(told: AbsenceTold) -> tuple[str, str, Fields]:
    fields = {
        "employee_id": told.employee_id, "employee_email": told.employee_email, "kind": told.kind,
        "starts_at": told.first_on, "ends_at": told.last_on + timedelta(days=1), "half": told.half,
    }  # fmt: skip
    return ABSENCE, told.absence_id, fields


async def _employee(session: AsyncSession, employee_id: UUID | None, email: str | None) -> UUID:
    """By id, else by an address that is only theirs."""
    if employee_id is None and email:
        address = canonical_email(email)
        holders = await directory.holders_of(session, [address])
        employee_id = matched(holders.get(address, ())).employee_id
    if employee_id is None or employee_id not in await directory.find_employees(session, [employee_id]):
        raise EntryOfNobody
    return employee_id
