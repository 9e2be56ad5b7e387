"""What becomes of wall clocks when the law of a zone changes (reliability B10)."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from ical.recurrence import instance_key
from kit.testing.zones import a_zone_file
from kit.zone_data import zone_by
from tasks_api.itip.memory import Line, SeriesMemory
from tasks_api.itip.shapes import TaskFields
from tasks_api.zone_changes import ZoneChange, moved_fields, moved_memory, zone_of_memory

WARSAW = "Europe/Warsaw"
NO_SUMMER = ZoneChange(ZoneInfo(WARSAW), zone_by(WARSAW, a_zone_file("CET-1")))
ALWAYS_SUMMER = ZoneChange(ZoneInfo(WARSAW), zone_by(WARSAW, a_zone_file("CEST-2")))


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (NO_SUMMER, "2027-07-01T07:00:00Z", "2027-07-01T08:00:00Z"),  # nine o'clock, by the sun an hour later
        (NO_SUMMER, "2027-01-11T08:00:00Z", "2027-01-11T08:00:00Z"),
        (ALWAYS_SUMMER, "2027-01-11T08:00:00Z", "2027-01-11T07:00:00Z"),
        (NO_SUMMER, "2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z"),  # half past two, the first time
        (NO_SUMMER, "2027-10-31T01:30:00Z", "2027-10-31T01:30:00Z"),  # and the second
        (NO_SUMMER, "2027-07-01", "2027-07-01"),
        (NO_SUMMER, "", ""),
    ],
)
def test_the_hour_on_the_wall_stays(change: ZoneChange, before: str, after: str) -> None:
    assert change.key(before) == after


def test_a_change_matters_only_where_hours_differ() -> None:
    summer, winter = datetime(2027, 7, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    assert NO_SUMMER.matters_between(summer, datetime(2027, 7, 2, tzinfo=UTC))
    assert not NO_SUMMER.matters_between(winter, datetime(2027, 3, 1, tzinfo=UTC))


def test_days_begin_at_the_new_midnight() -> None:
    fields = TaskFields(
        starts_at=datetime(2027, 6, 30, 22, tzinfo=UTC), ends_at=datetime(2027, 7, 1, 22, tzinfo=UTC),
        starts_on=date(2027, 7, 1), ends_on=date(2027, 7, 2), all_day=True, timezone=WARSAW, exdates=("2027-07-05",),
    )  # fmt: skip
    moved = moved_fields(fields, NO_SUMMER)
    assert (moved.starts_at, moved.ends_at) == (
        datetime(2027, 6, 30, 23, tzinfo=UTC),
        datetime(2027, 7, 1, 23, tzinfo=UTC),
    )
    assert moved.exdates == ("2027-07-05",)


def test_what_was_received_moves_with_the_task() -> None:
    key = instance_key(datetime(2027, 7, 5, 7, tzinfo=UTC))
    received = {
        "timezone": WARSAW, "starts_at": "2027-07-01T07:00:00+00:00", "ends_at": None, "exdates": [key],
        "title": "2027-07-01T07:00:00+00:00",
    }  # fmt: skip
    memory = SeriesMemory(
        series=Line(received=received), dates={key: Line(status="cancelled")}, listed=frozenset({key}), replies={"": {}}
    )
    moved = moved_memory(memory, NO_SUMMER)
    later = "2027-07-05T08:00:00Z"
    assert zone_of_memory(memory) == WARSAW
    assert moved.series.received == {
        **received, "starts_at": "2027-07-01T08:00:00+00:00", "exdates": [later],
    }  # fmt: skip
    assert (list(moved.dates), moved.listed, list(moved.replies)) == ([later], frozenset({later}), [""])
