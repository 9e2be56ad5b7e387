"""When a reply is tried again (RFC 5321 section 4.5.4.1, reliability B4)."""

from datetime import UTC, datetime, timedelta

from case_threader.attempts import GIVE_UP_AFTER, next_attempt

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def pauses(*, out_of_reach: bool) -> list[timedelta]:
    now, found = NOON, []
    for failures in range(1, 1000):
        moment = next_attempt(failures=failures, created_at=NOON, now=now, out_of_reach=out_of_reach)
        if moment is None:
            return found
        found.append(moment - now)
        now = moment
    raise AssertionError("It is never given up.")


def test_greylisting_is_given_minutes_then_hours() -> None:
    assert pauses(out_of_reach=False)[:6] == [timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 120, 120)]


def test_a_server_out_of_reach_may_be_back_in_seconds() -> None:
    assert pauses(out_of_reach=True)[0] == timedelta(seconds=10)


def test_after_two_days_it_is_given_up() -> None:
    assert timedelta(hours=46) < sum(pauses(out_of_reach=False), timedelta()) <= GIVE_UP_AFTER
