"""When reminders are due, may still leave, and are tried again."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder_dispatcher.due import Step, beginning, deadline, due_moment, judge, next_try, planned_moment
from reminder_dispatcher.quiet_hours import QuietHours

WARSAW = ZoneInfo("Europe/Warsaw")
GRACE = timedelta(minutes=30)
NIGHT = QuietHours(time(20), time(8), WARSAW)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def warsaw(text: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=WARSAW, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("starts", "lead", "due"),
    [
        (warsaw("2026-11-30 09:00"), timedelta(hours=24), warsaw("2026-11-29 09:00")),
        (warsaw("2026-11-30 09:00"), timedelta(0), warsaw("2026-11-30 09:00")),
        (warsaw("2026-11-30 09:00"), timedelta(minutes=90), warsaw("2026-11-30 07:30")),
        # the night summer time begins: a day before is the same time of the day, two hours are two hours
        (warsaw("2027-03-28 09:00"), timedelta(days=1), warsaw("2027-03-27 09:00")),
        (warsaw("2027-03-28 09:00"), timedelta(hours=2), utc("2027-03-28 05:00")),
        (warsaw("2027-03-28 03:30"), timedelta(hours=1), utc("2027-03-28 00:30")),
        # 02:30 does not exist that day: the offset before it counts, RFC 5545 3.3.5
        (warsaw("2027-03-29 02:30"), timedelta(days=1), utc("2027-03-28 01:30")),
        # the night it ends: 02:30 comes twice, the first one counts
        (warsaw("2027-11-01 02:30"), timedelta(days=1), utc("2027-10-31 00:30")),
        (warsaw("2027-10-31 02:30", fold=1), timedelta(days=1), utc("2027-10-30 00:30")),
        (warsaw("2027-10-31 02:30", fold=1), timedelta(hours=1), utc("2027-10-31 00:30")),
        (warsaw("2027-10-31 09:00"), timedelta(days=1), warsaw("2027-10-30 09:00")),
        (warsaw("2027-10-31 09:00"), timedelta(days=1, hours=1), warsaw("2027-10-30 08:00")),
    ],
)
def test_due_moment(starts: datetime, lead: timedelta, due: datetime) -> None:
    assert due_moment(starts, lead, WARSAW) == due


@given(
    hours=st.integers(0, 24 * 365 * 4),
    minutes=st.integers(0, 60 * 24 * 30),
    zone=st.sampled_from(["Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "UTC", "Asia/Kathmandu"]),
)
def test_due_is_never_after_the_start_and_near_the_elapsed_time(hours: int, minutes: int, zone: str) -> None:
    start, lead = utc("2026-01-01 00:30") + timedelta(hours=hours), timedelta(minutes=minutes)
    due = due_moment(start, lead, ZoneInfo(zone))
    assert abs((start - due) - lead) <= timedelta(hours=1)
    assert due <= start


def test_all_day_task_begins_in_the_morning() -> None:
    midnight = warsaw("2026-11-30 00:00")
    assert beginning(midnight, all_day=True, zone=WARSAW, day_begins_at=time(8)) == warsaw("2026-11-30 08:00")
    assert beginning(midnight, all_day=False, zone=WARSAW, day_begins_at=time(8)) == midnight


@pytest.mark.parametrize(
    ("audience", "planned", "starts", "latest"),
    [
        ("client", "2026-11-30 08:00", "2026-11-30 12:00", "2026-11-30 08:30"),
        ("client", "2026-11-30 08:00", "2026-11-30 08:10", "2026-11-30 08:10"),  # never past the start
        ("operator", "2026-11-30 08:00", "2026-11-30 08:10", "2026-11-30 08:30"),
        ("client", "2026-11-30 08:00", "2026-11-30 08:00", "2026-11-30 08:01"),  # due at the start: a minute is granted
    ],
)
def test_deadline(audience: str, planned: str, starts: str, latest: str) -> None:
    assert deadline(utc(planned), utc(starts), audience=audience, late_grace=GRACE) == utc(latest)


@pytest.mark.parametrize(
    ("now", "step", "late"),
    [
        ("2026-11-30 07:59:59", Step.HOLD, False),  # a clock that was set back makes nothing early
        ("2026-11-30 08:00:00", Step.SEND, False),
        ("2026-11-30 08:01:00", Step.SEND, False),
        ("2026-11-30 08:01:01", Step.SEND, True),
        ("2026-11-30 08:29:59", Step.SEND, True),
        ("2026-11-30 08:30:00", Step.MISS, False),
    ],
)
def test_judgement_by_lateness(now: str, step: Step, late: bool) -> None:
    verdict = judge(
        now=utc(now),
        planned_at=utc("2026-11-30 08:00"),
        starts_at=utc("2026-12-01 08:00"),
        audience="client",
        late_grace=GRACE,
    )
    assert (verdict.step, verdict.late) == (step, late)


@pytest.mark.parametrize(
    ("moment", "until", "since"),
    [
        ("2026-11-30 19:59", None, None),
        ("2026-11-30 20:00", "2026-12-01 08:00", "2026-11-30 20:00"),
        ("2026-12-01 03:00", "2026-12-01 08:00", "2026-11-30 20:00"),
        ("2026-12-01 08:00", None, None),
        ("2027-03-28 01:30", "2027-03-28 08:00", "2027-03-27 20:00"),  # an hour shorter, by the clock the same
    ],
)
def test_quiet_night(moment: str, until: str | None, since: str | None) -> None:
    assert NIGHT.until(warsaw(moment)) == (until and warsaw(until))
    assert NIGHT.since(warsaw(moment)) == (since and warsaw(since))


def test_holidays_join_the_nights_around_them() -> None:
    quiet = QuietHours(time(20), time(8), WARSAW, holidays=True)
    assert quiet.until(warsaw("2026-12-23 21:00")) == warsaw("2026-12-27 08:00")  # Christmas Eve is one since 2025
    assert quiet.since(warsaw("2026-12-26 12:00")) == warsaw("2026-12-23 20:00")
    assert quiet.until(warsaw("2026-12-23 12:00")) is None


def test_day_that_is_quiet_at_noon_only() -> None:
    quiet = QuietHours(time(12), time(13), WARSAW)
    assert quiet.until(warsaw("2026-12-23 12:30")) == warsaw("2026-12-23 13:00")
    assert quiet.until(warsaw("2026-12-23 13:00")) is None


@pytest.mark.parametrize(
    ("due", "starts", "planned"),
    [
        ("2026-11-30 12:00", "2026-12-01 12:00", "2026-11-30 12:00"),
        ("2026-11-30 21:00", "2026-12-01 21:00", "2026-12-01 08:00"),  # waits for the morning
        ("2026-12-01 06:00", "2026-12-01 07:00", "2026-11-30 19:59"),  # the morning is too late: the evening before
    ],
)
def test_planned_moment_keeps_out_of_the_night(due: str, starts: str, planned: str) -> None:
    now = warsaw("2026-11-30 10:00")
    assert planned_moment(warsaw(due), warsaw(starts), now=now, quiet=NIGHT) == warsaw(planned)


def test_evening_that_is_past_cannot_be_planned() -> None:
    now = warsaw("2026-12-01 05:00")
    due, starts = warsaw("2026-12-01 06:00"), warsaw("2026-12-01 07:00")
    assert planned_moment(due, starts, now=now, quiet=NIGHT) == due
    send = judge(now=due, planned_at=due, starts_at=starts, audience="client", late_grace=GRACE, quiet=NIGHT)
    assert send.step is Step.SEND


def test_quiet_hours_that_rather_miss() -> None:
    strict = QuietHours(time(20), time(8), WARSAW, when_too_late="miss")
    due, starts = warsaw("2026-12-01 06:00"), warsaw("2026-12-01 07:00")
    assert planned_moment(due, starts, now=warsaw("2026-11-30 10:00"), quiet=strict) == due
    verdict = judge(now=due, planned_at=due, starts_at=starts, audience="client", late_grace=GRACE, quiet=strict)
    assert (verdict.step, verdict.reason) == (Step.MISS, "quiet_hours")


def test_late_reminder_is_held_over_the_night() -> None:
    now, planned = warsaw("2026-11-30 20:05"), warsaw("2026-11-30 19:50")
    verdict = judge(
        now=now,
        planned_at=planned,
        starts_at=warsaw("2026-12-01 12:00"),
        audience="client",
        late_grace=GRACE,
        quiet=NIGHT,
    )
    assert (verdict.step, verdict.until) == (Step.HOLD, warsaw("2026-12-01 08:00"))


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(1, 5), (2, 15), (3, 30), (4, 60), (5, 120), (6, 120), (60, 120)],
)
def test_tries_grow_apart(failures: int, minutes: int) -> None:
    now = utc("2026-11-30 08:00")
    assert next_try(failures, now=now, latest=now + timedelta(days=1), jitter=0) == now + timedelta(minutes=minutes)


def test_last_try_comes_shortly_before_the_deadline() -> None:
    now = utc("2026-11-30 08:00")
    assert next_try(3, now=now, latest=now + timedelta(minutes=10), jitter=0) == now + timedelta(minutes=9, seconds=55)
    assert next_try(3, now=now, latest=now + timedelta(minutes=1), jitter=0) is None


@given(failures=st.integers(1, 50), jitter=st.floats(-1, 1), left=st.integers(0, 7200))
def test_next_try_is_later_and_in_time(failures: int, jitter: float, left: int) -> None:
    now = utc("2026-11-30 08:00")
    again = next_try(failures, now=now, latest=now + timedelta(seconds=left), jitter=jitter)
    assert again is None or now < again < now + timedelta(seconds=left)
