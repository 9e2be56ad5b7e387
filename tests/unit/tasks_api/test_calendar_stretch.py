"""What a calendar view covers: whole days of the zone, the week from Monday, the month from the first."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tasks_api.calendar_viewing import View, stretch
from tasks_api.errors.invitations import StretchTooLong

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # a Friday


@pytest.mark.parametrize(
    ("view", "starts", "ends"),
    [
        ("day", "2026-11-19T23:00", "2026-11-20T23:00"),
        ("workweek", "2026-11-15T23:00", "2026-11-20T23:00"),
        ("week", "2026-11-15T23:00", "2026-11-22T23:00"),
        ("month", "2026-10-31T23:00", "2026-11-30T23:00"),
        ("range", "2026-11-19T23:00", "2026-12-19T23:00"),
    ],
)
def test_views_around_now(view: View, starts: str, ends: str) -> None:
    found = stretch(view, None, None, timezone="Europe/Warsaw", now=NOW, most_days=400)
    assert found.starts_at == datetime.fromisoformat(starts).replace(tzinfo=UTC)
    assert found.ends_at == datetime.fromisoformat(ends).replace(tzinfo=UTC)


def test_a_day_over_the_change_of_clocks_has_its_own_length() -> None:
    spring = datetime(2027, 3, 27, 23, 0, tzinfo=UTC)
    found = stretch("day", spring, None, timezone="Europe/Warsaw", now=NOW, most_days=400)
    assert (found.ends_at - found.starts_at).total_seconds() == 23 * 3600


def test_to_outranks_the_view() -> None:
    found = stretch("month", NOW, NOW.replace(day=21), timezone="Europe/Warsaw", now=NOW, most_days=400)
    assert found.ends_at == NOW.replace(day=21)


@pytest.mark.parametrize("ends", [NOW, NOW.replace(year=2025), NOW.replace(year=2028)])
def test_a_stretch_that_is_none_or_too_long_is_refused(ends: datetime) -> None:
    with pytest.raises(StretchTooLong):
        stretch("range", NOW, ends, timezone="Europe/Warsaw", now=NOW, most_days=400)
