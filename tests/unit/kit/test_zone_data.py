"""Time zone data as files (reliability B10)."""

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kit.testing.zones import a_zone_file, swapped_zones
from kit.zone_data import all_zones_digest, zone_by, zone_file

NOON = datetime(2027, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def without_summer_time(tmp_path: Path) -> Iterator[None]:
    with swapped_zones(tmp_path, {"Europe/Warsaw": a_zone_file("CET-1")}):
        yield


def test_data_of_a_zone_are_those_it_is_read_from() -> None:
    data = zone_file("Europe/Warsaw")
    assert data is not None
    assert data.startswith(b"TZif")
    zone = zone_by("Europe/Warsaw", data)
    assert NOON.astimezone(zone).isoformat() == NOON.astimezone(zoneinfo.ZoneInfo("Europe/Warsaw")).isoformat()


@pytest.mark.usefixtures("without_summer_time")
def test_swapped_data_are_those_of_the_folder_in_front() -> None:
    data = zone_file("Europe/Warsaw")
    assert data is not None
    assert NOON.astimezone(zone_by("Europe/Warsaw", data)).isoformat() == "2027-07-01T13:00:00+01:00"
    assert zoneinfo.ZoneInfo("Europe/Warsaw").utcoffset(NOON).total_seconds() == 3600  # type: ignore[union-attr]


def test_packaged_data_are_read_where_the_system_has_none(tmp_path: Path) -> None:
    with swapped_zones(tmp_path, {}):
        data = zone_file("Europe/Warsaw")
        assert data is not None
        assert NOON.astimezone(zone_by("Europe/Warsaw", data)).hour == 14


@pytest.mark.parametrize("name", ["", "Mars/Base", "../../etc/passwd", "Europe", "/etc/passwd", "Europe//Warsaw"])
def test_what_is_no_zone_has_no_data(name: str) -> None:
    assert zone_file(name) is None


def test_digest_changes_with_one_zone(tmp_path: Path) -> None:
    before = all_zones_digest()
    assert all_zones_digest() == before
    with swapped_zones(tmp_path, {"Europe/Warsaw": a_zone_file("CET-1")}):
        assert all_zones_digest() != before
