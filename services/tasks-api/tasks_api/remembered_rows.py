"""Rows of calendars, remembered by version: the same month is looked at again and again, and a version never changes. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import lru_cache
from uuid import UUID

Key = str | UUID
"""The id of a task as the database gives it (digits on SQLite): of hundreds of rows only a few have to be made UUIDs."""
Version = tuple[Key, int]
"""One version of one task."""


@lru_cache(maxsize=10_000)
def name_of(key: Key) -> str:
    """The id as it is written everywhere else."""
    return str(key if isinstance(key, UUID) else UUID(key))


@dataclass(slots=True, eq=False)
class AgendaRow:
    """What a calendar shows of a task, and who carries it out, in order. One object is shown to many: nobody changes it."""

    key: Key
    id: UUID
    number: str
    version: int
    uid: str | None
    copy_number: int
    recurrence_id: str
    kind: str
    type_id: UUID | None
    title: str
    location: str
    status: str
    starts_at: datetime | None
    ends_at: datetime | None
    starts_on: date | None
    ends_on: date | None
    all_day: bool
    timezone: str
    is_recurring: bool
    color: str | None
    account_id: UUID | None
    thread_id: UUID | None
    agenda_at: datetime
    percent_complete: int
    assignee_ids: tuple[UUID, ...]


COLUMNS = tuple(field.name for field in fields(AgendaRow))[1:-1]
"""Those of the fields that are columns of a task."""
REMEMBERED = 6_000


class RememberedRows:
    """The rows asked for last, `most` of them, about two kilobytes each."""

    def __init__(self, *, most: int = REMEMBERED) -> None:
        self._most = most
        self._rows: OrderedDict[Version, AgendaRow] = OrderedDict()

    def known(self, versions: Iterable[Version]) -> dict[Key, AgendaRow]:
        """Those of these versions that are remembered, by the id of their task."""
        found: dict[Key, AgendaRow] = {}
        for version in versions:
            row = self._rows.get(version)
            if row is not None:
                self._rows.move_to_end(version)
                found[version[0]] = row
        return found

    def remember(self, rows: Iterable[AgendaRow]) -> None:
        for row in rows:
            self._rows[row.key, row.version] = row
        while len(self._rows) > self._most:
            self._rows.popitem(last=False)
