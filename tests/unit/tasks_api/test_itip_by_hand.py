"""What people decide: the policy `ask`, confirming, and what they changed by hand (features E3-E17, invitations A4 rule 16)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from tests.unit.tasks_api.itip_play import ANNA, OFFICE, Play, ics

from contracts.tasks import TaskAttendee
from tasks_api.itip import CancelTask, CreateTask, Outcome, SeriesMemory, tasks_made_again

JUNE_1 = ("DTSTART:20260601T080000Z", "DTEND:20260601T090000Z")
JUNE_2 = ("DTSTART:20260602T080000Z", "DTEND:20260602T090000Z")
WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=4"
SECOND = "2026-06-08T08:00:00Z"


def a_request(title: str, sequence: int = 0, *lines: str, times: tuple[str, str] = JUNE_1) -> bytes:
    return ics(*times, f"SUMMARY:{title}", f"SEQUENCE:{sequence}", *lines)


def a_cancel(sequence: int, *lines: str) -> bytes:
    return ics(f"SEQUENCE:{sequence}", *lines, method="CANCEL")


# ---- ask


def test_asking_mailbox_does_nothing_until_a_person_confirms() -> None:
    play = Play(policy="ask")
    invitation = play.event(a_request("Plan"))
    waiting = play.decide(invitation)
    assert (waiting.outcome, waiting.reason, waiting.would) == (Outcome.WAITING, "policy_ask", Outcome.CREATED)
    assert isinstance(waiting.would_change[0], CreateTask)
    assert play.tasks() == ()

    assert play.decide(invitation, confirmed_by_person=True).outcome is Outcome.CREATED
    assert play.decide(invitation).outcome is Outcome.UNCHANGED

    cancellation = play.event(a_cancel(1))
    assert play.decide(cancellation).would is Outcome.CANCELLED
    assert play.task().status == "planned"
    play.decide(cancellation, confirmed_by_person=True)
    assert play.task().status == "cancelled"


def test_cancellation_before_creation_is_remembered_while_asking() -> None:
    play = Play(policy="ask")
    invitation = play.event(a_request("Plan"))
    play.decide(invitation)
    assert play.hear(a_cancel(1)).reason == "unknown_uid"
    late = play.decide(invitation, confirmed_by_person=True)
    assert (late.outcome, late.reason, play.tasks()) == (Outcome.STALE, "cancelled_before", ())


def test_the_policy_of_the_mail_account_counts_where_none_is_given() -> None:
    play = Play()
    event = play.event(a_request("Plan")).model_copy(update={"invitation_policy": "ask"})
    assert play.decide(event).outcome is Outcome.WAITING
    assert play.decide(event, policy="auto").outcome is Outcome.CREATED


def test_confirming_needs_no_authority() -> None:
    play = Play()
    play.hear(a_request("Plan"))
    attack = play.event(a_request("Evil", 1), sender="zly@atak.example")
    assert play.decide(attack).outcome is Outcome.REVIEW
    assert play.decide(attack, confirmed_by_person=True).outcome is Outcome.UPDATED
    assert play.task().fields.title == "Evil"


def test_refused_repeats_can_be_booked_as_one_event_by_a_person() -> None:
    play = Play()
    event = play.event(a_request("Plan", 0, "RRULE:FREQ=SECONDLY"))
    assert play.decide(event).reason == "recurrence_refused"
    assert play.decide(event, confirmed_by_person=True).outcome is Outcome.CREATED
    assert play.task().fields.rrule is None


def test_confirmed_cancellation_of_some_of_several_tasks() -> None:
    """A repeat a person forced makes two tasks of one invitation; a confirmation may name a subset (features E11, E29)."""
    play = Play()
    invitation = play.event(a_request("Plan"))
    play.decide(invitation)
    (again,) = tasks_made_again(invitation, "u1@klient.example", play.context())
    known = play.known("u1@klient.example")
    second = type(known.tasks[0])(again.task_id, None, "planned", again.fields)
    play.series["u1@klient.example"] = type(known)(known.uid, known.memory, (*known.tasks, second))

    decision = play.hear(a_cancel(1), confirmed_by_person=True, only_tasks=frozenset({second.task_id}))
    assert decision.changes == (CancelTask(second.task_id),)
    rest = play.hear(a_cancel(1), confirmed_by_person=True)
    assert rest.changes == (CancelTask(known.tasks[0].task_id),)


def test_made_again_is_what_the_mail_would_make_of_nothing() -> None:
    play = Play()
    event = play.event(a_request("Plan", 0, WEEKLY))
    play.decide(event)
    (made,) = tasks_made_again(event, "u1@klient.example", play.context())
    assert made.fields == play.task().fields
    assert tasks_made_again(play.event(a_cancel(1)), "u1@klient.example", play.context()) == []


# ---- what people changed survives


def test_words_changed_by_hand_survive_and_others_follow_the_organizer() -> None:
    play = Play()
    play.hear(a_request("Plan", 0, "LOCATION:Sala 1", "DESCRIPTION:" + "long " * 50))
    play.by_hand(play.task(), title="Umowa", percent_complete=30)
    play.hear(a_request("Renamed", 1, "LOCATION:Sala 2", "DESCRIPTION:" + "longer " * 50, times=JUNE_2))
    fields = play.task().fields
    assert (fields.title, fields.location, fields.percent_complete) == ("Umowa", "Sala 2", 30)
    assert fields.description.startswith("longer")
    assert fields.starts_at.day == 2  # type: ignore[union-attr]


@pytest.mark.parametrize("status", ["in_progress", "completed"])
def test_work_done_survives_a_reschedule(status: str) -> None:
    play = Play()
    play.hear(a_request("Plan"))
    play.by_hand(play.task(), status=status)
    play.hear(a_request("Plan", 1, times=JUNE_2))
    assert play.task().status == status


def test_time_set_by_hand_survives_text_and_stops_a_reschedule() -> None:
    play = Play()
    play.hear(a_request("Plan"))
    start = play.task().fields.starts_at
    assert start is not None
    by_hand = start + timedelta(hours=3)
    play.by_hand(play.task(), starts_at=by_hand, ends_at=by_hand + timedelta(hours=1))

    assert play.hear(a_request("Renamed", 1)).outcome is Outcome.UPDATED
    assert play.task().fields.starts_at == by_hand
    moved = play.hear(a_request("Renamed", 2, times=JUNE_2))
    assert (moved.outcome, moved.reason, moved.changes) == (Outcome.WAITING, "time_set_by_hand", ())
    play.hear(a_request("Renamed", 2, times=JUNE_2), confirmed_by_person=True)
    assert play.task().fields.starts_at != by_hand


def test_completed_task_is_not_cancelled_without_a_person() -> None:
    play = Play()
    play.hear(a_request("Plan"))
    play.by_hand(play.task(), status="completed")
    decision = play.hear(a_cancel(1))
    assert (decision.outcome, decision.reason, play.task().status) == (
        Outcome.WAITING,
        "completed_by_hand",
        "completed",
    )


def test_completed_date_does_not_keep_its_series_from_being_cancelled() -> None:
    play = Play()
    play.hear(a_request("Plan", 0, WEEKLY))
    play.hear(a_request("Moved", 1, "RECURRENCE-ID:20260608T080000Z", times=JUNE_2))
    play.by_hand(play.task(SECOND), status="completed")
    assert play.hear(a_cancel(2)).outcome is Outcome.CANCELLED
    assert (play.task().status, play.task(SECOND).status) == ("cancelled", "completed")


def test_task_cancelled_by_hand_stays_so_through_updates() -> None:
    play = Play()
    play.hear(a_request("Plan"))
    play.by_hand(play.task(), status="cancelled")
    play.hear(a_request("Renamed", 1))
    assert (play.task().status, play.task().fields.title) == ("cancelled", "Renamed")


def test_task_taken_up_again_by_hand_is_cancelled_only_with_a_person() -> None:
    play = Play()
    play.hear(a_request("Plan"))
    play.hear(a_cancel(1))
    play.by_hand(play.task(), status="planned")
    assert play.hear(a_cancel(1)).outcome is Outcome.UNCHANGED
    assert play.hear(a_cancel(2)).reason == "reopened_by_hand"
    assert play.task().status == "planned"


def test_deleted_task_does_not_come_back_by_itself() -> None:
    play = Play()
    play.hear(a_request("Plan"))
    play.delete(play.task())
    decision = play.hear(a_request("Plan", 1))
    assert (decision.outcome, decision.reason, play.tasks()) == (Outcome.WAITING, "deleted_by_hand", ())
    assert play.hear(a_request("Plan", 1), confirmed_by_person=True).outcome is Outcome.UPDATED
    assert len(play.tasks()) == 1


def test_date_taken_out_by_hand_stays_out() -> None:
    play = Play()
    play.hear(a_request("Plan", 0, WEEKLY))
    play.by_hand(play.task(), exdates=(SECOND,))
    play.hear(a_request("Renamed", 1, WEEKLY, "EXDATE:20260615T080000Z"))
    play.hear(a_cancel(2, "RECURRENCE-ID:20260622T080000Z"))
    assert [start[5:10] for start, _ in play.dates()] == ["06-01"]


def test_own_answer_survives_a_text_change_but_not_a_new_time() -> None:
    play = Play()
    play.hear(a_request("Plan"))
    play.by_hand(play.task(), attendees=(TaskAttendee(email=OFFICE, partstat="ACCEPTED"),))
    play.hear(a_request("Renamed", 1))
    assert play.task().fields.attendees[0].partstat == "ACCEPTED"
    play.hear(a_request("Renamed", 2, times=JUNE_2))
    assert play.task().fields.attendees[0].partstat == "NEEDS-ACTION"


def test_people_added_by_hand_stay_on_the_list() -> None:
    play = Play()
    play.hear(a_request("Plan"))
    invited = play.task().fields.attendees
    play.by_hand(play.task(), attendees=(*invited, TaskAttendee(email="dan@firma.example")))
    play.hear(a_request("Renamed", 1, f"ATTENDEE:mailto:{ANNA}"))
    assert [one.email for one in play.task().fields.attendees] == [ANNA, "dan@firma.example"]


# ---- imports of our own


def test_imported_calendar_is_ours_and_can_be_imported_again() -> None:
    play = Play()
    calendar = ics(*JUNE_1, "SUMMARY:Ours", f"ORGANIZER:mailto:{OFFICE}", WEEKLY)
    (first,) = play.import_calendar(calendar)
    (second,) = play.import_calendar(calendar)
    assert [str(one.outcome) for one in (first, second)] == ["created", "unchanged"]
    memory = play.known("u1@klient.example").memory
    assert memory is not None
    assert memory.authority is not None
    assert memory.authority.ours


def test_imported_meeting_of_somebody_else_goes_on_by_mail() -> None:
    play = Play()
    play.import_calendar(a_request("Plan"))
    assert play.hear(a_request("Renamed", 1), sender="zly@atak.example").outcome is Outcome.REVIEW
    assert play.hear(a_request("Renamed", 1)).outcome is Outcome.UPDATED


# ---- the memory


def test_memory_survives_its_document_whatever_is_in_it() -> None:
    play = Play()
    play.hear(a_cancel(3, "UID:other"), sender="zly@atak.example")
    play.hear(ics("DTSTART:20260603T100000Z", "SEQUENCE:1", "UID:added", method="ADD"))
    play.hear(a_request("Plan", 0, WEEKLY))
    play.hear(a_cancel(1, "RECURRENCE-ID;RANGE=THISANDFUTURE:20260622T080000Z"))
    play.hear(a_cancel(2, "RECURRENCE-ID:20260608T080000Z"))
    memories = [series.memory for series in play.series.values() if series.memory]
    assert len(memories) == 3
    for memory in memories:
        assert SeriesMemory.from_document(memory.to_document()) == memory
    assert SeriesMemory.from_document({}) is None
    assert SeriesMemory.from_document(None) is None


def test_decisions_name_the_tasks_they_are_about() -> None:
    play = Play()
    created = play.hear(a_request("Plan"))
    assert created.task_ids == (play.task().task_id,)
    assert isinstance(created.task_ids[0], UUID)
    for message, sender in ((a_request("Plan"), ANNA), (a_request("Evil", 1), "zly@atak.example"), (a_cancel(1), ANNA)):
        assert play.hear(message, sender=sender).task_ids == created.task_ids
