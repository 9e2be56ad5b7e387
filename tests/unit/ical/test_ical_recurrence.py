"""Repeats: which rules are let in, and when a series takes place (DESIGN 5, Repeats; RFC 5545 sections 3.3.10 and 3.8.5)."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, date, datetime, timedelta

import orjson
import pytest
from dateutil.rrule import rrulestr
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ical.recurrence import Series, expand_job, instance_key, is_occurrence, occurrences, occurrences_from
from ical.rrules import accepted_rule
from ical.rule_dates import parsed_rule, rule_dates

LONG_AGO, FAR = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "accepted"),
    [
        ("FREQ=WEEKLY", "FREQ=WEEKLY"),
        ("freq=weekly;byday=mo", "FREQ=WEEKLY;BYDAY=MO"),
        ("BYDAY=MO;FREQ=WEEKLY;", "FREQ=WEEKLY;BYDAY=MO"),
        ("FREQ=DAILY;INTERVAL=1000", "FREQ=DAILY;INTERVAL=1000"),
        ("FREQ=HOURLY;COUNT=5", "FREQ=HOURLY;COUNT=5"),
        ("FREQ=HOURLY;UNTIL=20260601T080000Z", "FREQ=HOURLY;UNTIL=20260601T080000Z"),
        ("FREQ=DAILY;COUNT=10000", "FREQ=DAILY;COUNT=10000"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"),
        ("FREQ=MONTHLY;BYDAY=-1FR;BYSETPOS=1", "FREQ=MONTHLY;BYDAY=-1FR;BYSETPOS=1"),
        ("FREQ=DAILY;COUNT=5;UNTIL=20260601", "FREQ=DAILY;UNTIL=20260601"),  # forbidden together
        ("FREQ=WEEKLY;BYDAY=;WKST=MO", "FREQ=WEEKLY;WKST=MO"),
        ("FREQ=SECONDLY", None),
        ("FREQ=MINUTELY;COUNT=2", None),
        ("FREQ=HOURLY", None),
        ("FREQ=DAILY;INTERVAL=0", None),
        ("FREQ=DAILY;INTERVAL=1001", None),
        ("FREQ=DAILY;INTERVAL=-1", None),
        ("FREQ=DAILY;COUNT=0", None),
        ("FREQ=DAILY;COUNT=10001", None),
        ("FREQ=DAILY;COUNT=1000000000", None),
        ("FREQ=DAILY;COUNT=٥", None),
        ("FREQ=DAILY;UNTIL=never", None),
        ("FREQ=DAILY;FREQ=SECONDLY", None),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", None),
        ("FREQ=YEARLY;BYMONTH=4,6;BYMONTHDAY=31,-31", None),
        ("FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))) + ";BYMINUTE=" + ",".join(map(str, range(60))), None),
        ("FREQ=MONTHLY;BYMONTHDAY=0", None),
        ("FREQ=YEARLY;BYDAY=54MO", None),
        ("FREQ=DAILY;BYHOUR=24", None),
        ("FREQ=YEARLY;RSCALE=HEBREW", None),
        ("FREQ=WEEKLY;BYDAY=XX", None),
        ("FREQ=WEEKLY;NONSENSE", None),
        ("D1 #10", None),
        ("", None),
        ("FREQ=WEEKLY;X=" + "1" * 5_000, None),
    ],
)
def test_rules_are_let_in_by_their_syntax(rule: str, accepted: str | None) -> None:
    assert accepted_rule(rule) == accepted


def a_series(rrule: str | None, start: str = "2026-06-01T08:00:00+00:00", **more: object) -> Series:
    starts_at = datetime.fromisoformat(start)
    return Series(starts_at=starts_at, ends_at=starts_at + timedelta(hours=1), rrule=rrule, **more)  # type: ignore[arg-type]


def an_all_day_series(rrule: str, **more: object) -> Series:
    return Series(starts_on=date(2026, 6, 1), ends_on=date(2026, 6, 3), timezone="Europe/Warsaw", rrule=rrule, **more)  # type: ignore[arg-type]


def keys(series: Series, most: int = 6, since: datetime = LONG_AGO) -> list[str]:
    return [one.recurrence_id for one in occurrences(series, start=since, end=FAR, most=most).items]


def test_wall_clock_stays_when_clocks_change() -> None:
    series = a_series("FREQ=WEEKLY;COUNT=3", "2026-10-19T08:00:00+00:00", timezone="Europe/Warsaw")
    assert keys(series) == ["2026-10-19T08:00:00Z", "2026-10-26T09:00:00Z", "2026-11-02T09:00:00Z"]


def test_time_that_a_day_does_not_have_is_read_by_the_offset_before_the_gap() -> None:
    series = a_series("FREQ=DAILY;COUNT=3", "2026-03-28T01:30:00+00:00", timezone="Europe/Warsaw")
    assert keys(series) == ["2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"]


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20260615T080000Z", "2026-06-15T08:00:00Z"),  # inclusive
        ("20260615T075959Z", "2026-06-08T08:00:00Z"),
        ("20260615", "2026-06-15T08:00:00Z"),  # a day means all of it
        ("20260615T100000", "2026-06-15T08:00:00Z"),  # the clock of the series
        ("20260614T235959", "2026-06-08T08:00:00Z"),
    ],
)
def test_until_is_compared_as_an_instant(until: str, last: str) -> None:
    assert keys(a_series(f"FREQ=WEEKLY;UNTIL={until}", timezone="Europe/Warsaw"))[-1] == last


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20260615", "2026-06-15"),
        ("20260615T000000Z", "2026-06-15"),
        ("20260614T220000Z", "2026-06-15"),  # midnight of Warsaw, written in UTC
        ("20260614", "2026-06-08"),
    ],
)
def test_until_of_an_all_day_series(until: str, last: str) -> None:
    assert keys(an_all_day_series(f"FREQ=WEEKLY;UNTIL={until}"))[-1] == last


def test_exdates_and_rdates_may_be_days_or_instants() -> None:
    series = a_series(
        "FREQ=WEEKLY;COUNT=4",
        timezone="Europe/Warsaw",
        exdates=("2026-06-08T08:00:00Z", "2026-06-15"),
        rdates=("2026-06-03T10:00:00Z", "2026-06-22T08:00:00Z"),
    )
    assert keys(series) == ["2026-06-01T08:00:00Z", "2026-06-03T10:00:00Z", "2026-06-22T08:00:00Z"]
    days = an_all_day_series("FREQ=WEEKLY;COUNT=3", exdates=("2026-06-07T22:00:00Z",), rdates=("2026-06-10",))
    assert keys(days) == ["2026-06-01", "2026-06-10", "2026-06-15"]


def test_all_day_occurrences_have_days_and_midnights() -> None:
    (first, *_) = occurrences(an_all_day_series("FREQ=WEEKLY"), start=LONG_AGO, end=FAR).items
    assert (first.starts_on, first.ends_on) == (date(2026, 6, 1), date(2026, 6, 3))
    assert first.starts_at == datetime(2026, 5, 31, 22, tzinfo=UTC)


def test_first_occurrence_counts_even_if_the_rule_does_not_name_it() -> None:
    series = a_series("FREQ=WEEKLY;BYDAY=WE;COUNT=3")  # 1 June 2026 is a Monday
    assert keys(series) == ["2026-06-01T08:00:00Z", "2026-06-03T08:00:00Z", "2026-06-10T08:00:00Z"]


def test_overrides_are_left_out_and_windows_are_half_open() -> None:
    series = a_series("FREQ=DAILY")
    start, end = datetime(2026, 6, 2, 8, tzinfo=UTC), datetime(2026, 6, 5, 8, tzinfo=UTC)
    found = occurrences(series, start=start, end=end, leaving_out={"2026-06-03T08:00:00Z"})
    assert [one.recurrence_id[8:10] for one in found.items] == ["02", "04"]
    assert occurrences(series, start=end, end=start).items == ()


def test_an_answer_holds_at_most_400_and_says_so() -> None:
    found = occurrences(a_series("FREQ=DAILY"), start=LONG_AGO, end=FAR)
    assert (len(found.items), found.truncated) == (400, True)
    assert not occurrences(a_series("FREQ=DAILY;COUNT=400"), start=LONG_AGO, end=FAR).truncated
    assert occurrences_from(a_series("FREQ=DAILY"), "2026-06-02T08:00:00Z").truncated


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("2026-06-01T08:00:00Z", True),
        ("2026-06-08T08:00:00Z", True),
        ("2026-06-08T08:00:01Z", False),
        ("2026-06-09T08:00:00Z", False),
        ("2026-06-15T08:00:00Z", False),  # an EXDATE
        ("2026-06-08", False),
        ("2126-06-10T08:00:00Z", True),
    ],
)
def test_is_occurrence(key: str, expected: bool) -> None:
    assert is_occurrence(a_series("FREQ=WEEKLY;BYDAY=MO", exdates=("2026-06-15T08:00:00Z",)), key) is expected


def test_event_without_repeats_has_one_occurrence() -> None:
    assert keys(a_series(None)) == ["2026-06-01T08:00:00Z"]
    assert keys(a_series("FREQ=SECONDLY")) == ["2026-06-01T08:00:00Z"]  # refused: as if there were none
    assert keys(Series(rrule="FREQ=DAILY")) == []


def test_second_of_two_equal_clocks_stays_the_second() -> None:
    series = a_series(None, "2026-10-25T01:30:00+00:00", timezone="Europe/Warsaw")
    assert keys(series) == ["2026-10-25T01:30:00Z"]


def test_job_answers_like_the_function() -> None:
    job = {
        "series": {
            "starts_at": "2026-06-01T08:00:00Z",
            "ends_at": "2026-06-01T09:00:00Z",
            "rrule": "FREQ=WEEKLY;COUNT=3",
        },
        "start": "2026-06-02T00:00:00Z",
        "end": "2027-01-01T00:00:00Z",
        "leaving_out": ["2026-06-08T08:00:00Z"],
    }
    answer = orjson.loads(expand_job(orjson.dumps(job)))
    assert [one["recurrence_id"] for one in answer["items"]] == ["2026-06-15T08:00:00Z"]
    assert answer["truncated"] is False


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=1;BYYEARDAY=366",  # never
        "FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1",
        "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=1;BYSETPOS=366",
        "FREQ=DAILY;COUNT=10000;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=HOURLY;UNTIL=21000101;BYMONTH=2;BYMONTHDAY=29;BYHOUR=5;INTERVAL=7",
        "FREQ=HOURLY;COUNT=10000;BYDAY=MO;BYMONTH=1",
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=1,2,3,4,5,6;BYMINUTE=0,10,20,30,40,50",
        "FREQ=DAILY;INTERVAL=1",
    ],
)
def test_work_is_bounded_whatever_the_rule_and_the_age_of_the_series(rule: str) -> None:
    series = a_series(rule, "1900-01-01T08:00:00+00:00")
    began = time.process_time()
    occurrences(series, start=datetime(2026, 1, 1, tzinfo=UTC), end=datetime(2199, 1, 1, tzinfo=UTC))
    is_occurrence(series, "2198-12-31T08:00:00Z")
    assert time.process_time() - began < 2


# ---- against another implementation

_DAYS = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, max_size=3, unique=True)


@st.composite
def rules(draw: st.DrawFn) -> str:
    freq = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"]))
    parts = [f"FREQ={freq}", f"INTERVAL={draw(st.integers(1, 4))}"]
    if draw(st.booleans()):
        parts.append(f"BYMONTH={draw(st.integers(1, 12))},{draw(st.integers(1, 12))}")
    if freq in {"YEARLY", "MONTHLY", "DAILY"} and draw(st.booleans()):
        parts.append(f"BYMONTHDAY={draw(st.sampled_from([1, 2, 15, 28, 31, -1, -3]))}")
    if draw(st.booleans()):
        place = draw(st.sampled_from(["", "1", "2", "-1", "-2"])) if freq in {"YEARLY", "MONTHLY"} else ""
        parts.append("BYDAY=" + ",".join(place + day for day in draw(_DAYS)))
    if draw(st.booleans()):
        parts.append(f"BYHOUR={draw(st.integers(0, 23))}")
    if freq in {"YEARLY", "MONTHLY"} and draw(st.booleans()) and any(part.startswith("BY") for part in parts):
        parts.append(f"BYSETPOS={draw(st.sampled_from([1, 2, -1]))}")
    if freq == "HOURLY" or draw(st.booleans()):
        parts.append(f"COUNT={draw(st.integers(1, 30))}")
    return ";".join(parts)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    rules(),
    st.datetimes(datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2026-01-01")),
    st.integers(0, 500),
)
def test_dates_agree_with_dateutil(rule: str, starts: datetime, days: int) -> None:
    starts = starts.replace(microsecond=0)
    accepted = accepted_rule(rule)
    assume(accepted is not None)
    assert accepted is not None
    parsed = parsed_rule(accepted)
    named = rule_dates(parsed, starts, since=starts + timedelta(seconds=1), until=starts + timedelta(days=3_000))
    starts = next(named, starts)  # dateutil leaves out a first date that the rule does not name
    since, until = starts + timedelta(days=days), starts + timedelta(days=days + 200)
    happens = list(itertools.islice(rule_dates(parsed, starts, since=starts, until=starts + timedelta(days=3_000)), 4))
    assume(len(happens) == 4)  # dateutil looks for what never happens until the year 9999
    ended = rule if "COUNT" in rule else f"{rule};UNTIL={until:%Y%m%dT%H%M%S}"
    try:
        expected = rrulestr(ended, dtstart=starts)
    except ValueError:
        assume(False)
    witnessed = list(itertools.takewhile(lambda one: one <= until, itertools.islice(_patiently(expected), 20_000)))
    assume(witnessed[:1] == [starts])
    mine = list(rule_dates(parsed, starts, since=since, until=until))
    assert mine == [one for one in witnessed if one >= since]


def _patiently(rule: object) -> itertools.takewhile[datetime]:
    return itertools.takewhile(lambda one: one.year < 2030, rule)  # type: ignore[call-overload,no-any-return]


def test_keys_are_instants_or_days() -> None:
    assert instance_key(datetime.fromisoformat("2026-06-01T10:00:00+02:00")) == "2026-06-01T08:00:00Z"
    assert instance_key(date(2026, 6, 1)) == "2026-06-01"
