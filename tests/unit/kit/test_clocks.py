from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kit.clock import SystemClock, in_utc
from kit.testing import FixedClock


def test_the_system_clock_is_aware_and_in_utc() -> None:
    now = SystemClock().now()
    assert now.utcoffset() == timedelta(0)
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_fixed_clock_moves_only_when_it_is_moved() -> None:
    clock = FixedClock(datetime(2026, 3, 29, 1, 59, tzinfo=UTC))
    assert clock.now() == clock.now()
    assert clock.advance(timedelta(minutes=1)) == datetime(2026, 3, 29, 2, 0, tzinfo=UTC)
    clock.set(datetime(2027, 1, 1, tzinfo=ZoneInfo("Europe/Warsaw")))
    assert clock.now() == datetime(2026, 12, 31, 23, tzinfo=UTC)


def test_a_naive_moment_is_refused_on_sight() -> None:
    with pytest.raises(ValueError, match="needs a zone"):
        FixedClock(datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="needs a zone"):
        in_utc(datetime(2026, 1, 1))  # noqa: DTZ001
