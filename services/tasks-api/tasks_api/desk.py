"""What every use case about tasks needs to know of this installation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from ical.zones import zone
from kit.database import AsyncSession
from tasks_api.booking import Booking
from tasks_api.letter_writing import LetterWriter, Style
from tasks_api.remembered_rows import RememberedRows
from tasks_api.repository.tasks import take_numbers
from tasks_api.series_dates import RememberedDates, SeriesDates, Workers
from tasks_api.settings import Settings
from tasks_api.windows import Window

CONSUMER = "tasks-api"
"""The name under which events are heard, one batch at a time."""
_UNTITLED = {"pl": "(bez tytułu)"}


@dataclass(frozen=True)
class Desk:
    """The settings, and the one who computes the dates of series."""

    settings: Settings
    series_dates: SeriesDates
    remembered_dates: RememberedDates
    remembered_rows: RememberedRows

    @classmethod
    def of(cls, settings: Settings, workers: Workers) -> Self:
        series_dates = SeriesDates(workers)
        return cls(settings, series_dates, RememberedDates(series_dates), RememberedRows())

    def booking(self, session: AsyncSession, *, now: datetime) -> Booking:
        """What this transaction does to tasks."""
        return Booking(
            session,
            now=now,
            window=self.window(now),
            series_dates=self.series_dates,
            letters=self.letters(session, now=now),
        )

    def letters(self, session: AsyncSession, *, now: datetime) -> LetterWriter:
        """What this transaction writes to those who were invited by us, or who invited us."""
        return LetterWriter(session, Style(self.settings.locale, self.settings.loop_mark), now=now)

    def window(self, now: datetime) -> Window:
        """The days whose dates a task event carries: from now on, those that began today included."""
        return Window.told_at(now, self.settings.window)

    async def numbers(self, session: AsyncSession, count: int, *, now: datetime) -> list[str]:
        """The next numbers: `CRM/1/2026`, counted anew each year (features R61)."""
        if count == 0:
            return []
        prefix, year = self.settings.number_prefix, now.astimezone(zone(self.settings.default_timezone)).year
        first = await take_numbers(session, f"{prefix}/{year}", count)
        return [f"{prefix}/{number}/{year}" for number in range(first, first + count)]

    @property
    def untitled(self) -> str:
        """The title of what came without one."""
        return _UNTITLED.get(self.settings.locale[:2], "(untitled)")
