"""An organizer's calendar program: it means something, and mails every change of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.unit.tasks_api.itip_play import ANNA, HOUR, OFFICE

from contracts.calendar import Attendee, Component, Organizer, When

FIRST = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
DATES = [FIRST + WEEK * n for n in range(4)]
UID = "u1@klient.example"

Message = tuple[str, tuple[Component, ...]]


def a_when(moment: datetime) -> When:
    return When(at=moment, local=moment.replace(tzinfo=None).isoformat(), timezone="UTC")


@dataclass
class CalendarProgram:
    """A calendar program that means something, and mails every change of it."""

    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    sequence: int = 0
    moved_by: timedelta = timedelta(0)
    title: str = "Plan"
    alive: bool = True
    overrides: dict[datetime, tuple[datetime, str, int]] = field(default_factory=dict)
    gone: set[datetime] = field(default_factory=set)
    sequences: dict[datetime, int] = field(default_factory=dict)
    mails: list[Message] = field(default_factory=list)
    length: int = len(DATES)

    # ---- what it does

    def invite(self) -> None:
        self._mail("REQUEST", *self._whole())

    def rename(self, title: str) -> None:
        self.title = title
        self._mail("REQUEST", *self._whole())

    def reschedule(self, hours: int) -> None:
        """The whole series moves: single dates that were changed before are given up."""
        self.moved_by += hours * HOUR
        self.sequence += 1
        self.overrides.clear()
        self.gone.clear()
        self.length = len(DATES)
        self.alive = True
        self._mail("REQUEST", *self._whole())

    def move_date(self, number: int, hours: int) -> None:
        date = self._date(number)
        if not self._is_held(number):
            return
        sequence = self._next(date)
        self.overrides[date] = (date + hours * HOUR, f"Moved by {hours}", sequence)
        self._mail("REQUEST", self._override(date))

    def cancel_date(self, number: int) -> None:
        date = self._date(number)
        if not self._is_held(number):
            return
        sequence = self._next(date)
        self.overrides.pop(date, None)
        self.gone.add(date)
        self._mail("CANCEL", self._component(date, None, "", sequence, status="CANCELLED"))

    def add_date(self, number: int) -> None:
        date = self._date(number) + timedelta(days=2)
        if date not in self.overrides and date not in self.gone and number < self.length:
            self.overrides[date] = (date, "Extra", self._next(date))
            component = self._override(date)
            self._mail("ADD", component.model_copy(update={"recurrence_id": None}))

    def end_before(self, number: int) -> None:
        """RANGE=THISANDFUTURE: the series and everything in it from that date on is off."""
        date = self._date(number)
        if not self._is_held(number):
            return
        sequence = self._next(date)
        self.length = number
        self.overrides = {one: value for one, value in self.overrides.items() if one < date}
        self.gone = {one for one in self.gone if one < date}
        self._mail("CANCEL", self._component(date, None, "", sequence, status="CANCELLED", this_and_future=True))

    def send_all(self) -> None:
        """The whole series again, with EXDATEs and overrides as they now are."""
        if self.alive:
            self._mail("REQUEST", *self._whole())

    def cancel(self) -> None:
        if self.alive:
            self.alive = False
            self.sequence += 1
            self._mail("CANCEL", self._component(None, None, "", self.sequence, status="CANCELLED"))

    # ---- what it means

    def dates(self) -> list[tuple[str, str]]:
        if not self.alive:
            return []
        plain = {date + self.moved_by for date in DATES[: self.length]} - self.gone - self.overrides.keys()
        meant = [(date.isoformat(), self.title) for date in plain]
        return sorted(meant + [(start.isoformat(), title) for start, title, _ in self.overrides.values()])

    # ---- how it writes

    def _date(self, number: int) -> datetime:
        return DATES[number] + self.moved_by

    def _is_held(self, number: int) -> bool:
        return self.alive and number < self.length and self._date(number) not in self.gone

    def _next(self, date: datetime) -> int:
        self.sequences[date] = max(self.sequences.get(date, 0), self.sequence) + 1
        return self.sequences[date]

    def _mail(self, method: str, *components: Component) -> None:
        self.now += HOUR
        self.mails.append((method, tuple(one.model_copy(update={"dtstamp": self.now}) for one in components)))

    def _whole(self) -> list[Component]:
        start = FIRST + self.moved_by
        exdates = [a_when(date) for date in sorted(self.gone)]
        series = self._component(
            None, start, self.title, self.sequence, rrule=f"FREQ=WEEKLY;COUNT={self.length}", exdates=exdates
        )
        return [series, *(self._override(date) for date in sorted(self.overrides))]

    def _override(self, date: datetime) -> Component:
        start, title, sequence = self.overrides[date]
        return self._component(date, start, title, sequence)

    def _component(
        self, date: datetime | None, start: datetime | None, title: str, sequence: int, **more: object
    ) -> Component:
        content = repr((date, start, title, sequence, sorted(more.items(), key=str), self.sequence))
        values = {
            "uid": UID,
            "recurrence_id": a_when(date) if date else None,
            "sequence": sequence,
            "starts": a_when(start) if start else None,
            "ends": a_when(start + HOUR) if start else None,
            "ends_given": start is not None,
            "summary": title or None,
            "organizer": Organizer(email=ANNA),
            "attendees": [Attendee(email=OFFICE)],
            "fingerprint": content,
            **more,
        }
        return Component.model_validate(values)
