"""REQUEST, PUBLISH and ADD as a specification (RFC 5546 sections 2.1.5, 3.2.1, 3.2.2, 3.2.4; invitations A4)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from tests.unit.tasks_api.itip_play import ANNA, OFFICE, Play, calendar, ics

from tasks_api.itip import Outcome

JUNE_1 = ("DTSTART:20260601T080000Z", "DTEND:20260601T090000Z")
WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=4"
SECOND = "2026-06-08T08:00:00Z"
THIRD = "2026-06-15T08:00:00Z"


def a_series(*lines: str, **more: str) -> bytes:
    return ics(*JUNE_1, WEEKLY, "SUMMARY:Plan", *lines, **more)


def a_date(
    *lines: str, start: str = "20260608T140000Z", of: str = "RECURRENCE-ID:20260608T080000Z", **more: str
) -> bytes:
    hour = int(start[9:11])
    return ics(f"DTSTART:{start}", f"DTEND:{start[:9]}{hour + 1:02}{start[11:]}", of, "SUMMARY:Moved", *lines, **more)


# ---- one event


def test_unknown_uid_makes_a_task_with_everything_the_event_says() -> None:
    play = Play()
    decision = play.hear(ics(*JUNE_1, "SUMMARY:Plan", "DESCRIPTION:Two\\nlines", "LOCATION:Sala 2", "SEQUENCE:3"))
    fields = play.task().fields
    assert (decision.outcome, decision.reason, decision.sequence, decision.organizer) == (
        Outcome.CREATED,
        "new",
        3,
        ANNA,
    )
    assert (fields.title, fields.description, fields.location, fields.kind) == (
        "Plan",
        "Two\nlines",
        "Sala 2",
        "meeting",
    )
    assert fields.starts_at == datetime(2026, 6, 1, 8, tzinfo=UTC)
    assert fields.ends_at == datetime(2026, 6, 1, 9, tzinfo=UTC)
    assert [(one.email, one.partstat) for one in fields.attendees] == [(OFFICE, "NEEDS-ACTION")]
    assert decision.task_ids == (play.task().task_id,)


def test_all_day_events_are_days_beside_midnights_of_the_account() -> None:
    play = Play()
    play.hear(ics("DTSTART;VALUE=DATE:20260601", "DTEND;VALUE=DATE:20260603"))
    fields = play.task().fields
    assert (fields.all_day, fields.starts_on, fields.ends_on) == (True, date(2026, 6, 1), date(2026, 6, 3))
    assert fields.starts_at == datetime(2026, 5, 31, 22, tzinfo=UTC)


def test_event_without_summary_is_called_after_the_mail_and_keeps_that_name() -> None:
    play = Play()
    play.hear(ics(*JUNE_1))
    play.hear(ics(*JUNE_1, "SEQUENCE:1", "LOCATION:Sala 3"))
    assert play.task().fields.title == "A mail"
    play.hear(ics(*JUNE_1, "SEQUENCE:2", "SUMMARY:Named"))
    assert play.task().fields.title == "Named"


def test_todo_is_a_task_with_its_due_time() -> None:
    play = Play()
    play.hear(ics("DUE:20260601T090000Z", "SUMMARY:Send offer", "PERCENT-COMPLETE:20", component="VTODO"))
    fields = play.task().fields
    assert (fields.kind, fields.starts_at, fields.percent_complete) == ("task", None, 20)
    assert fields.ends_at == datetime(2026, 6, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("later", "outcome", "reason", "title"),
    [
        (("SEQUENCE:2", "DTSTAMP:20260101T000000Z"), "updated", "newer", "New"),
        (("SEQUENCE:10", "DTSTAMP:20250101T000000Z"), "updated", "newer", "New"),  # SEQUENCE first, DTSTAMP after
        (("SEQUENCE:1", "DTSTAMP:20260102T000000Z"), "updated", "newer", "New"),
        (("SEQUENCE:1", "DTSTAMP:20251231T000000Z"), "stale", "older", "Old"),
        (("SEQUENCE:0", "DTSTAMP:20260105T000000Z"), "stale", "older", "Old"),
        (("DTSTAMP:20260105T000000Z",), "stale", "older", "Old"),  # a missing SEQUENCE is 0
        (("X-MICROSOFT-CDO-APPT-SEQUENCE:2",), "updated", "newer", "New"),
        (("SEQUENCE:0", "X-MICROSOFT-CDO-APPT-SEQUENCE:2"), "updated", "newer", "New"),
        (("SEQUENCE:1", "X-MICROSOFT-CDO-APPT-SEQUENCE:7", "DTSTAMP:20251231T000000Z"), "stale", "older", "Old"),
        (("SEQUENCE:1",), "updated", "newer", "New"),  # the very same version, but other words: taken once
        (("SEQUENCE:2147483647",), "review", "sequence_implausible", "Old"),
    ],
)
def test_order_is_sequence_then_dtstamp(later: tuple[str, ...], outcome: str, reason: str, title: str) -> None:
    play = Play()
    play.hear(ics(*JUNE_1, "SUMMARY:Old", "SEQUENCE:1"))
    decision = play.hear(ics(*JUNE_1, "SUMMARY:New", *later))
    assert (str(decision.outcome), decision.reason, play.task().fields.title) == (outcome, reason, title)


def test_sequence_that_was_received_counts_and_not_what_a_task_says() -> None:
    """Our own answer must not make the organizer's next update look old (A3, tutanota 2807)."""
    play = Play()
    play.hear(ics(*JUNE_1, "SUMMARY:Old", "SEQUENCE:1"))
    play.by_hand(play.task(), sequence=9)
    assert play.hear(ics(*JUNE_1, "SUMMARY:New", "SEQUENCE:2")).outcome is Outcome.UPDATED


def test_same_message_again_changes_nothing_even_between_equal_versions() -> None:
    play = Play()
    one, other = ics(*JUNE_1, "SUMMARY:One"), ics(*JUNE_1, "SUMMARY:Other")
    outcomes = [str(play.hear(message).outcome) for message in (one, one, other, one, other)]
    assert outcomes == ["created", "unchanged", "updated", "unchanged", "unchanged"]
    assert play.task().fields.title == "Other"


def test_repeated_content_with_a_newer_stamp_is_no_news_but_counts_as_newest() -> None:
    play = Play()
    play.hear(ics(*JUNE_1, "SUMMARY:Plan"))
    assert play.hear(ics(*JUNE_1, "SUMMARY:Plan", "DTSTAMP:20260105T000000Z")).reason == "nothing_new"
    assert play.hear(ics(*JUNE_1, "SUMMARY:Late", "DTSTAMP:20260103T000000Z")).outcome is Outcome.STALE


def test_one_mail_acts_once_on_an_event() -> None:
    play = Play()
    play.hear(ics(*JUNE_1, "SUMMARY:Plan"), mail=1)
    assert play.hear(ics(*JUNE_1, "SUMMARY:Other", "SEQUENCE:9"), mail=1).reason == "second_in_mail"
    assert play.hear(ics(*JUNE_1, "SUMMARY:Plan"), mail=1).outcome is Outcome.UNCHANGED


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ((*JUNE_1, "RRULE:FREQ=SECONDLY"), "recurrence_refused"),
        (("DTSTART:99990101T000000Z",), "bad_dtstart"),
        ((*JUNE_1, "UID:"), "no_uid"),
        ((*JUNE_1, "RECURRENCE-ID:soon"), "bad_recurrence_id"),
        (("SUMMARY:When?",), "no_start"),
    ],
)
def test_what_cannot_be_understood_waits_for_a_person(lines: tuple[str, ...], reason: str) -> None:
    play = Play()
    decision = play.hear(ics(*lines))
    assert (decision.outcome, decision.reason, decision.changes) == (Outcome.REVIEW, reason, ())


def test_cut_off_calendar_waits_for_a_person() -> None:
    play = Play()
    whole = ics(*JUNE_1, "SUMMARY:Plan")
    assert play.hear(whole[: whole.index(b"END:VEVENT")]).reason == "truncated"


def test_several_events_in_one_file_are_several_decisions() -> None:
    play = Play()
    play.hear(calendar([["UID:a", *JUNE_1, "SUMMARY:A"], ["UID:b", *JUNE_1, "SUMMARY:B"]]))
    assert [(one.uid, str(one.outcome)) for one in play.decisions] == [("a", "created"), ("b", "created")]


def test_publish_creates_updates_and_cancels_as_a_request_does() -> None:
    play = Play()
    outcomes = [
        str(play.hear(ics(*JUNE_1, f"SEQUENCE:{n}", *lines, method="PUBLISH")).outcome)
        for n, lines in enumerate([("SUMMARY:A",), ("SUMMARY:B",), ("SUMMARY:B", "STATUS:CANCELLED")])
    ]
    assert outcomes == ["created", "updated", "cancelled"]


# ---- series and single dates


def test_request_for_one_date_keeps_the_series() -> None:
    play = Play()
    play.hear(a_series())
    decision = play.hear(a_date("SEQUENCE:1"))
    assert (decision.outcome, decision.recurrence_id) == (Outcome.UPDATED, SECOND)
    assert play.dates() == [
        ("2026-06-01T08:00:00+00:00", "Plan"),
        ("2026-06-08T14:00:00+00:00", "Moved"),
        ("2026-06-15T08:00:00+00:00", "Plan"),
        ("2026-06-22T08:00:00+00:00", "Plan"),
    ]


@pytest.mark.parametrize(
    "of",
    [
        "RECURRENCE-ID:20260608T080000Z",
        "RECURRENCE-ID;TZID=Europe/Warsaw:20260608T100000",  # another zone, the same instant
        "RECURRENCE-ID;VALUE=DATE:20260608",
        "RECURRENCE-ID:20260608T080000",  # no zone: the clock of the series
    ],
)
def test_recurrence_id_is_compared_as_an_instant(of: str) -> None:
    play = Play()
    play.hear(a_series())
    play.hear(a_date("SEQUENCE:1", of=of))
    assert play.task(SECOND).fields.title == "Moved"


def test_midnight_names_the_day_of_an_all_day_series() -> None:
    play = Play()
    play.hear(ics("DTSTART;VALUE=DATE:20260601", WEEKLY, "SUMMARY:Plan"))
    play.hear(ics("DTSTART;VALUE=DATE:20260609", "RECURRENCE-ID;TZID=Europe/Warsaw:20260608T000000", "SEQUENCE:1"))
    assert play.task("2026-06-08").fields.starts_on == date(2026, 6, 9)


def test_date_without_its_series_stands_alone_and_others_join_it() -> None:
    play = Play()
    first = play.hear(a_date())
    second = play.hear(a_date(start="20260615T140000Z", of="RECURRENCE-ID:20260615T080000Z"))
    assert (first.outcome, second.outcome) == (Outcome.CREATED, Outcome.CREATED)
    assert [task.recurrence_id for task in play.tasks()] == [SECOND, THIRD]


def test_later_series_takes_lone_dates_in() -> None:
    play = Play()
    play.hear(a_date("SEQUENCE:1", "DTSTAMP:20260102T000000Z"))
    decision = play.hear(a_series("SEQUENCE:1", "DTSTAMP:20260104T000000Z"))
    assert decision.outcome is Outcome.CREATED
    assert [task.recurrence_id for task in play.tasks()] == [None]


def test_earlier_series_leaves_newer_lone_dates() -> None:
    play = Play()
    play.hear(a_date("SEQUENCE:1", "DTSTAMP:20260105T000000Z"))
    play.hear(a_series("DTSTAMP:20260104T000000Z"))
    assert [task.recurrence_id for task in play.tasks()] == [SECOND, None]
    assert len(play.dates()) == 4


def test_whole_series_drops_the_overrides_it_does_not_repeat() -> None:
    play = Play()
    play.hear(a_series())
    play.hear(a_date("SEQUENCE:1", "DTSTAMP:20260102T000000Z"))
    play.hear(a_series("SEQUENCE:1", "DTSTAMP:20260103T000000Z"))
    assert [task.recurrence_id for task in play.tasks()] == [None]


def test_dropped_override_that_a_person_worked_on_becomes_a_copy_of_its_date() -> None:
    play = Play()
    play.hear(a_series())
    play.hear(a_date("SEQUENCE:1", "DTSTAMP:20260102T000000Z"))
    play.by_hand(play.task(SECOND), percent_complete=40)
    play.hear(a_series("SEQUENCE:1", "DTSTAMP:20260103T000000Z"))
    kept = play.task(SECOND)
    assert (kept.fields.title, kept.fields.starts_at, kept.fields.percent_complete) == (
        "Plan",
        datetime(2026, 6, 8, 8, tzinfo=UTC),
        40,
    )


def test_series_and_overrides_of_one_mail_are_one_decision() -> None:
    play = Play()
    common = ["UID:u1@klient.example", "DTSTAMP:20260101T000000Z", f"ORGANIZER:mailto:{ANNA}"]
    moved = [*common, "RECURRENCE-ID:20260608T080000Z", "DTSTART:20260608T140000Z", "SUMMARY:Moved", "SEQUENCE:1"]
    off = [*common, "RECURRENCE-ID:20260615T080000Z", "DTSTART:20260615T080000Z", "STATUS:CANCELLED", "SEQUENCE:1"]
    decision = play.hear(calendar([[*common, *JUNE_1, WEEKLY, "SUMMARY:Plan"], moved, off]))
    assert (len(play.decisions), decision.outcome, decision.recurrence_id) == (1, Outcome.CREATED, None)
    assert [start[:10] for start, _ in play.dates()] == ["2026-06-01", "2026-06-08", "2026-06-22"]


def test_exdate_in_an_update_takes_the_date_out_and_cancels_its_override() -> None:
    play = Play()
    play.hear(a_series())
    play.hear(a_date("SEQUENCE:1", "DTSTAMP:20260102T000000Z"))
    play.hear(a_series("SEQUENCE:2", "DTSTAMP:20260103T000000Z", "EXDATE:20260608T080000Z,20260615T080000Z"))
    assert play.task(SECOND).status == "cancelled"
    assert [start[:10] for start, _ in play.dates()] == ["2026-06-01", "2026-06-22"]


def test_rdate_adds_a_date() -> None:
    play = Play()
    play.hear(a_series("RDATE:20260610T080000Z"))
    assert [start[:10] for start, _ in play.dates()][1:3] == ["2026-06-08", "2026-06-10"]


def test_this_and_future_moves_every_later_date_by_the_clock() -> None:
    play = Play()
    play.hear(ics("DTSTART;TZID=Europe/Warsaw:20261015T100000", "DTEND;TZID=Europe/Warsaw:20261015T110000", WEEKLY))
    play.hear(
        ics(
            "DTSTART;TZID=Europe/Warsaw:20261022T130000",
            "DTEND;TZID=Europe/Warsaw:20261022T143000",
            "RECURRENCE-ID;TZID=Europe/Warsaw;RANGE=THISANDFUTURE:20261022T100000",
            "SEQUENCE:1",
            "SUMMARY:Later",
        )
    )
    # 22 October is summer time, 29 October and 5 November are not
    assert [start for start, title in play.dates() if title == "Later"] == [
        "2026-10-22T11:00:00+00:00",
        "2026-10-29T12:00:00+00:00",
        "2026-11-05T12:00:00+00:00",
    ]


def test_this_and_future_of_an_endless_series_waits_for_a_person() -> None:
    play = Play()
    play.hear(ics(*JUNE_1, "RRULE:FREQ=DAILY"))
    decision = play.hear(a_date("SEQUENCE:1", of="RECURRENCE-ID;RANGE=THISANDFUTURE:20260608T080000Z"))
    assert (decision.outcome, decision.reason) == (Outcome.REVIEW, "too_many_occurrences")


# ---- ADD


def test_add_is_one_more_date_as_long_as_the_others() -> None:
    play = Play()
    play.hear(a_series())
    decision = play.hear(ics("DTSTART:20260603T100000Z", "SEQUENCE:1", "SUMMARY:Extra", method="ADD"))
    extra = play.task("2026-06-03T10:00:00Z").fields
    assert (decision.outcome, decision.reason) == (Outcome.UPDATED, "added_date")
    assert extra.ends_at == datetime(2026, 6, 3, 11, tzinfo=UTC)
    assert len(play.dates()) == 5


def test_add_that_overtook_its_series_is_seen_and_applied_when_the_series_comes() -> None:
    play = Play()
    early = play.hear(ics("DTSTART:20260603T100000Z", "SEQUENCE:1", "DTSTAMP:20260102T000000Z", method="ADD"))
    assert (early.outcome, early.reason, play.tasks()) == (Outcome.REVIEW, "unknown_series", ())
    play.hear(a_series())
    assert len(play.dates()) == 5


def test_add_of_a_stranger_is_not_applied_with_the_series() -> None:
    play = Play()
    play.hear(ics("DTSTART:20260603T100000Z", "SEQUENCE:1", method="ADD"), sender="zly@atak.example")
    play.hear(a_series())
    assert len(play.dates()) == 4


def test_add_of_a_whole_rule_waits_for_a_person() -> None:
    play = Play()
    play.hear(a_series())
    assert (
        play.hear(ics("DTSTART:20260603T100000Z", "RRULE:FREQ=DAILY;COUNT=2", method="ADD")).reason == "adds_a_series"
    )


# ---- dates and series against each other


@pytest.mark.parametrize(
    ("date_lines", "kept"),
    [
        (("SEQUENCE:1", "DTSTAMP:20260105T000000Z"), True),  # newer in both
        (("SEQUENCE:2", "DTSTAMP:20260105T000000Z"), True),
        (("SEQUENCE:0", "DTSTAMP:20260105T000000Z"), False),  # the series was changed since by SEQUENCE
        (("SEQUENCE:2", "DTSTAMP:20260103T000000Z"), False),  # the series was sent again since, without this date
        (("SEQUENCE:1", "DTSTAMP:20260104T000000Z"), True),  # the same moment: the date is more exact
    ],
)
@pytest.mark.parametrize("series_first", [True, False])
def test_date_counts_against_its_series_only_when_it_is_newer(
    date_lines: tuple[str, ...], kept: bool, series_first: bool
) -> None:
    play = Play()
    messages = [a_series("SEQUENCE:1", "DTSTAMP:20260104T000000Z"), a_date(*date_lines)]
    for message in messages if series_first else messages[::-1]:
        play.hear(message)
    assert [task.recurrence_id for task in play.tasks() if task.recurrence_id] == ([SECOND] if kept else [])


def test_date_that_comes_with_an_unchanged_series_is_taken_whatever_its_sequence() -> None:
    play = Play()
    play.hear(a_series("SEQUENCE:3"))
    common = [
        "UID:u1@klient.example",
        "DTSTAMP:20260101T000000Z",
        f"ORGANIZER;CN=Anna:mailto:{ANNA}",
        f"ATTENDEE;RSVP=TRUE:mailto:{OFFICE}",
    ]
    series = [*JUNE_1, WEEKLY, "SUMMARY:Plan", "SEQUENCE:3", *common]
    moved = [*common, "RECURRENCE-ID:20260608T080000Z", "DTSTART:20260608T140000Z", "SUMMARY:Moved", "SEQUENCE:0"]
    assert play.hear(calendar([series, moved])).reason == "date_of_series"
    assert play.task(SECOND).fields.title == "Moved"
