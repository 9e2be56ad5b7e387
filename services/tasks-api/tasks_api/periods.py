"""Stretches of time people name: today, this week. Pure; days begin at midnight of a zone, weeks on Monday."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

from ical.zones import zone
from tasks_api.schedule import EARLIEST, midnight
from tasks_api.windows import Window

Period = Literal["past", "today", "tomorrow", "this_week", "next_week", "this_month", "next_month"]


def period_at(period: Period, now: datetime, timezone: str) -> Window:
    """The moments a named period lies between, as seen now. `past` is everything before now."""
    today = now.astimezone(zone(timezone)).date()
    if period == "past":
        return Window(EARLIEST, now)
    first, after = _days(period, today)
    return Window(midnight(first, timezone), midnight(after, timezone))


def _days(period: Period, today: date) -> tuple[date, date]:
    """The first day, and the first one after it."""
    monday = today - timedelta(days=today.weekday())
    first_of_month = today.replace(day=1)
    next_month = _month_after(first_of_month)
    return {
        "past": (today, today),
        "today": (today, today + timedelta(days=1)),
        "tomorrow": (today + timedelta(days=1), today + timedelta(days=2)),
        "this_week": (monday, monday + timedelta(days=7)),
        "next_week": (monday + timedelta(days=7), monday + timedelta(days=14)),
        "this_month": (first_of_month, next_month),
        "next_month": (next_month, _month_after(next_month)),
    }[period]


def _month_after(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
