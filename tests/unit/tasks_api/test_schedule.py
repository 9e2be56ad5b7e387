"""When a task is: moments with their zone, or whole days."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tasks_api.schedule import UnfitSchedule, midnight, scheduled, wall_clock

NINE = datetime(2026, 12, 7, 8, 0, tzinfo=UTC)
TEN = datetime(2026, 12, 7, 9, 0, tzinfo=UTC)


def test_a_day_begins_at_midnight_of_its_zone() -> None:
    assert midnight(date(2026, 12, 7), "Europe/Warsaw") == datetime(2026, 12, 6, 23, 0, tzinfo=UTC)
    assert midnight(date(2026, 7, 7), "Europe/Warsaw") == datetime(2026, 7, 6, 22, 0, tzinfo=UTC)


def test_the_wall_clock_follows_summer_time() -> None:
    assert wall_clock(datetime(2027, 3, 28, 0, 30, tzinfo=UTC), "Europe/Warsaw") == "2027-03-28T01:30:00"
    assert wall_clock(datetime(2027, 3, 28, 1, 30, tzinfo=UTC), "Europe/Warsaw") == "2027-03-28T03:30:00"
    assert wall_clock(None, "Europe/Warsaw") is None


def test_a_day_over_the_end_of_summer_time_has_25_hours() -> None:
    fields = scheduled(date(2026, 10, 25), None, "Europe/Warsaw")
    assert (fields["ends_at"] - fields["starts_at"]).total_seconds() == 25 * 3600
    assert (fields["starts_on"], fields["ends_on"], fields["all_day"]) == (date(2026, 10, 25), date(2026, 10, 26), True)


def test_the_zone_is_spelled_as_the_database_spells_it() -> None:
    assert scheduled(NINE, TEN, "europe/warsaw")["timezone"] == "Europe/Warsaw"


@pytest.mark.parametrize(
    ("starts", "ends", "timezone", "field"),
    [
        (TEN, NINE, "Europe/Warsaw", "ends_at"),
        (NINE, date(2026, 12, 8), "Europe/Warsaw", "ends_at"),
        (date(2026, 12, 7), date(2026, 12, 7), "Europe/Warsaw", "ends_at"),
        (NINE, TEN, "Europe/Mlyn", "timezone"),
        (NINE, TEN, "../../etc/passwd", "timezone"),
        (datetime(9999, 12, 31, tzinfo=UTC), None, "Europe/Warsaw", "starts_at"),
        (None, datetime(1, 1, 1, tzinfo=UTC), "Europe/Warsaw", "ends_at"),
    ],
)
def test_what_does_not_go_together(starts: datetime | date, ends: datetime | date, timezone: str, field: str) -> None:
    with pytest.raises(UnfitSchedule) as unfit:
        scheduled(starts, ends, timezone)
    assert unfit.value.field == field
