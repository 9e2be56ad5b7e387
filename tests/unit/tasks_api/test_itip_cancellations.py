"""CANCEL as a specification: events, series, single dates, tombstones and withdrawn invitations (RFC 5546 section 3.2.5)."""

from __future__ import annotations

import pytest
from tests.unit.tasks_api.itip_play import ANNA, OFFICE, Play, calendar, ics

from tasks_api.itip import Outcome

JUNE_1 = ("DTSTART:20260601T080000Z", "DTEND:20260601T090000Z", "SUMMARY:Plan")
WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=4"
SECOND_DATE = "RECURRENCE-ID:20260608T080000Z"
SECOND = "2026-06-08T08:00:00Z"
CAROL = "ATTENDEE:mailto:carol@klient.example"
US = f"ATTENDEE:mailto:{OFFICE}"


def a_cancel(*lines: str) -> bytes:
    return ics(*lines, method="CANCEL")


def days(play: Play) -> list[str]:
    return [start[5:10] for start, _ in play.dates()]


# ---- the whole event


def test_cancel_needs_no_status_start_or_summary_and_keeps_what_is_known() -> None:
    play = Play()
    play.hear(ics(*JUNE_1))
    decision = play.hear(a_cancel("SEQUENCE:1"))
    assert (decision.outcome, decision.task_ids) == (Outcome.CANCELLED, (play.task().task_id,))
    assert (play.task().status, play.task().fields.title) == ("cancelled", "Plan")


@pytest.mark.parametrize(
    ("lines", "outcome", "status"),
    [
        (("SEQUENCE:2",), "cancelled", "cancelled"),
        (("SEQUENCE:1", "DTSTAMP:20260102T000000Z"), "cancelled", "cancelled"),  # Exchange does not raise SEQUENCE
        (("SEQUENCE:1",), "cancelled", "cancelled"),  # nor does everybody write a new DTSTAMP
        (("SEQUENCE:1", "DTSTAMP:20251231T000000Z"), "stale", "planned"),
        (("SEQUENCE:0", "DTSTAMP:20260102T000000Z"), "stale", "planned"),
    ],
)
def test_old_cancel_does_not_cancel(lines: tuple[str, ...], outcome: str, status: str) -> None:
    play = Play()
    play.hear(ics(*JUNE_1, "SEQUENCE:1"))
    assert (str(play.hear(a_cancel(*lines)).outcome), play.task().status) == (outcome, status)


def test_second_cancel_is_no_news() -> None:
    play = Play()
    play.hear(ics(*JUNE_1))
    play.hear(a_cancel("SEQUENCE:1"))
    assert play.hear(a_cancel("SEQUENCE:1")).reason == "already_cancelled"
    assert play.hear(a_cancel("SEQUENCE:2")).outcome is Outcome.UNCHANGED


def test_newer_request_brings_a_cancelled_meeting_back() -> None:
    play = Play()
    play.hear(ics(*JUNE_1))
    play.hear(a_cancel("SEQUENCE:1"))
    assert play.hear(ics(*JUNE_1, "LOCATION:Late", "DTSTAMP:20251230T000000Z")).outcome is Outcome.STALE
    assert play.hear(ics(*JUNE_1, "SEQUENCE:2")).outcome is Outcome.UPDATED
    assert play.task().status == "planned"


def test_request_with_status_cancelled_is_a_cancellation() -> None:
    play = Play()
    play.hear(ics(*JUNE_1))
    assert play.hear(ics(*JUNE_1, "SEQUENCE:1", "STATUS:CANCELLED")).reason == "status_cancelled"
    assert play.task().status == "cancelled"


# ---- before anything else is known


def test_cancel_that_overtook_its_request_leaves_a_tombstone() -> None:
    play = Play()
    early = play.hear(a_cancel("SEQUENCE:1"))
    assert (early.outcome, early.reason, play.tasks()) == (Outcome.IGNORED, "unknown_uid", ())
    late = play.hear(ics(*JUNE_1))
    assert (late.outcome, late.reason, play.tasks()) == (Outcome.STALE, "cancelled_before", ())
    assert play.hear(ics(*JUNE_1, "SEQUENCE:2")).outcome is Outcome.CREATED


def test_tombstone_of_a_stranger_does_not_keep_a_meeting_away() -> None:
    play = Play()
    play.hear(a_cancel("SEQUENCE:9"), sender="zly@atak.example")
    assert play.hear(ics(*JUNE_1)).outcome is Outcome.CREATED


def test_stranger_cannot_push_a_real_tombstone_out() -> None:
    play = Play()
    play.hear(a_cancel("SEQUENCE:1"))
    for number in range(60):
        play.hear(a_cancel("SEQUENCE:0"), sender="zly@atak.example")
        play.hear(a_cancel(f"SEQUENCE:{number}"), sender="zly@atak.example")
    assert play.hear(ics(*JUNE_1)).outcome is Outcome.STALE


def test_tombstone_of_one_date_waits_for_its_series() -> None:
    play = Play()
    play.hear(a_cancel("SEQUENCE:1", SECOND_DATE, "DTSTAMP:20260102T000000Z"))
    assert play.hear(ics(*JUNE_1, WEEKLY)).outcome is Outcome.CREATED
    assert days(play) == ["06-01", "06-15", "06-22"]


def test_unproven_tombstone_does_not_count_where_senders_are_checked() -> None:
    play = Play()
    play.hear(a_cancel("SEQUENCE:1"), verdict="failed")
    assert play.hear(ics(*JUNE_1), verdict="passed").outcome is Outcome.CREATED


# ---- series and dates


def test_cancel_of_a_series_takes_its_overrides_and_lone_dates_along() -> None:
    play = Play()
    play.hear(ics(*JUNE_1, WEEKLY))
    play.hear(ics("DTSTART:20260608T140000Z", SECOND_DATE, "SEQUENCE:1"))
    play.hear(a_cancel("SEQUENCE:2"))
    assert {task.status for task in play.tasks()} == {"cancelled"}

    lone = Play()
    lone.hear(ics("DTSTART:20260608T140000Z", SECOND_DATE))
    lone.hear(a_cancel("SEQUENCE:1"))
    assert lone.task(SECOND).status == "cancelled"


def test_override_with_a_higher_sequence_goes_along_with_a_later_cancel() -> None:
    """Every date counts its own SEQUENCE, so the series' may be lower."""
    play = Play()
    play.hear(ics(*JUNE_1, WEEKLY))
    play.hear(ics("DTSTART:20260608T140000Z", SECOND_DATE, "SEQUENCE:5", "DTSTAMP:20260102T000000Z"))
    play.hear(a_cancel("SEQUENCE:1", "DTSTAMP:20260103T000000Z"))
    assert play.task(SECOND).status == "cancelled"


def test_cancel_of_one_date_leaves_the_series() -> None:
    play = Play()
    play.hear(ics(*JUNE_1, WEEKLY))
    decision = play.hear(a_cancel("SEQUENCE:1", SECOND_DATE, "STATUS:CANCELLED"))
    assert (decision.outcome, decision.recurrence_id) == (Outcome.CANCELLED, SECOND)
    assert (play.task().status, play.task().fields.exdates) == ("planned", (SECOND,))
    assert days(play) == ["06-01", "06-15", "06-22"]


def test_cancel_of_a_date_with_a_task_of_its_own_cancels_that_task() -> None:
    play = Play()
    play.hear(ics(*JUNE_1, WEEKLY))
    play.hear(ics("DTSTART:20260608T140000Z", SECOND_DATE, "SEQUENCE:1"))
    play.hear(a_cancel("SEQUENCE:2", SECOND_DATE))
    assert (play.task(SECOND).status, play.task().fields.exdates) == ("cancelled", ())
    assert days(play) == ["06-01", "06-15", "06-22"]


def test_several_dates_in_one_cancel_are_one_decision_each() -> None:
    play = Play()
    play.hear(ics(*JUNE_1, WEEKLY))
    common = ["UID:u1@klient.example", "DTSTAMP:20260102T000000Z", "SEQUENCE:1", f"ORGANIZER:mailto:{ANNA}"]
    off = [[*common, f"RECURRENCE-ID:202606{day}T080000Z"] for day in ("08", "22")]
    play.hear(calendar(off, method="CANCEL"))
    assert [str(one.outcome) for one in play.decisions] == ["created", "cancelled", "cancelled"]
    assert days(play) == ["06-01", "06-15"]


def test_cancel_of_a_day_that_is_no_date_of_the_series_changes_nothing() -> None:
    play = Play()
    play.hear(ics(*JUNE_1, WEEKLY))
    decision = play.hear(a_cancel("SEQUENCE:1", "RECURRENCE-ID:20260609T080000Z"))
    assert (decision.outcome, decision.reason, decision.changes) == (Outcome.IGNORED, "no_such_date", ())


def test_cancelled_date_stays_off_when_an_older_series_arrives_late() -> None:
    play = Play()
    play.hear(ics(*JUNE_1, WEEKLY, "SEQUENCE:1", "DTSTAMP:20260102T000000Z"))
    play.hear(a_cancel("SEQUENCE:1", SECOND_DATE, "DTSTAMP:20260103T000000Z"))
    play.hear(ics(*JUNE_1, WEEKLY))
    assert days(play) == ["06-01", "06-15", "06-22"]


def test_cancelled_date_can_be_invited_again() -> None:
    play = Play()
    play.hear(ics(*JUNE_1, WEEKLY))
    play.hear(a_cancel("SEQUENCE:1", SECOND_DATE))
    play.hear(ics("DTSTART:20260608T140000Z", SECOND_DATE, "SEQUENCE:2"))
    assert days(play) == ["06-01", "06-08", "06-15", "06-22"]
    assert play.task().fields.exdates == ()


def test_cancel_of_the_only_date_of_an_event_is_the_event() -> None:
    play = Play()
    play.hear(ics(*JUNE_1))
    play.hear(a_cancel("SEQUENCE:1", "RECURRENCE-ID:20260601T080000Z"))
    assert play.task().status == "cancelled"


def test_cancel_from_a_date_on_ends_the_series() -> None:
    play = Play()
    play.hear(ics(*JUNE_1, "RRULE:FREQ=WEEKLY"))
    play.hear(ics("DTSTART:20260622T140000Z", "RECURRENCE-ID:20260622T080000Z", "SEQUENCE:1"))
    play.hear(a_cancel("SEQUENCE:2", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260615T080000Z"))
    assert days(play) == ["06-01", "06-08"]
    assert play.task("2026-06-22T08:00:00Z").status == "cancelled"
    play.hear(ics(*JUNE_1, "RRULE:FREQ=WEEKLY;COUNT=3", "SEQUENCE:3", "DTSTAMP:20260105T000000Z"))
    assert days(play) == ["06-01", "06-08", "06-15"]


def test_cancel_that_may_have_lost_its_date_cancels_nothing() -> None:
    play = Play()
    play.hear(ics(*JUNE_1, WEEKLY))
    assert play.hear(a_cancel("SEQUENCE:1", "RECURRENCE-ID:tomorrow")).outcome is Outcome.REVIEW
    cut = a_cancel("SEQUENCE:1")
    assert play.hear(cut[: cut.index(b"END:VEVENT")]).outcome is Outcome.REVIEW
    assert play.task().status == "planned"


# ---- some attendees only


@pytest.mark.parametrize(
    ("named", "status", "reason"),
    [
        ((US,), "cancelled", "we_are_uninvited"),
        ((CAROL,), "planned", "others_uninvited"),
        ((CAROL, US), "cancelled", "cancelled_by_organizer"),  # everybody
        ((CAROL, "STATUS:CANCELLED"), "cancelled", "cancelled_by_organizer"),
        ((f"ATTENDEE:mailto:{ANNA}",), "cancelled", "cancelled_by_organizer"),  # the organizer alone names nobody
    ],
)
def test_cancel_that_names_some_withdraws_those(named: tuple[str, ...], status: str, reason: str) -> None:
    play = Play()
    play.hear(ics(*JUNE_1, US, CAROL, "ATTENDEE:mailto:dan@klient.example" if named == (US,) else ""))
    decision = play.hear(a_cancel("SEQUENCE:1", *named))
    assert (play.task().status, decision.reason) == (status, reason)


def test_withdrawn_attendee_leaves_the_list_and_stays_away_until_invited_again() -> None:
    play = Play()
    play.hear(ics(*JUNE_1, US, CAROL))
    assert play.hear(a_cancel("SEQUENCE:1", CAROL)).outcome is Outcome.UPDATED
    assert [one.email for one in play.task().fields.attendees] == [OFFICE]
    play.hear(ics(*JUNE_1, US, CAROL, "LOCATION:Late", "DTSTAMP:20260102T000000Z"))
    assert [one.email for one in play.task().fields.attendees] == [OFFICE]
    play.hear(ics(*JUNE_1, US, CAROL, "SEQUENCE:2"))
    assert len(play.task().fields.attendees) == 2


def test_one_of_us_leaves_while_another_stays() -> None:
    play = Play(own=(OFFICE, "jan@firma.example"))
    jan = "ATTENDEE:mailto:jan@firma.example"
    play.hear(ics(*JUNE_1, US, jan, CAROL))
    play.hear(a_cancel("SEQUENCE:1", jan))
    assert play.task().status == "planned"
    play.hear(a_cancel("SEQUENCE:2", US))
    assert play.task().status == "cancelled"
