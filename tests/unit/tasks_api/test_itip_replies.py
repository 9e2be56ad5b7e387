"""REPLY, COUNTER and their kin to meetings of our own (RFC 5546 sections 3.2.3, 3.2.7; invitations A4 rule 8)."""

from __future__ import annotations

import pytest
from tests.unit.tasks_api.itip_play import ANNA, OFFICE, Play, calendar, ics

from tasks_api.itip import Outcome

JUNE_1 = ("DTSTART:20260601T080000Z", "DTEND:20260601T090000Z")
WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=4"
CAROL = "carol@klient.example"
OURS = f"ORGANIZER:mailto:{OFFICE}"
SECOND = "2026-06-08T08:00:00Z"


def our_meeting(*lines: str) -> Play:
    play = Play()
    people = [f"ATTENDEE:mailto:{ANNA}", f"ATTENDEE:mailto:{CAROL}"]
    event = [
        *JUNE_1,
        "UID:u1@klient.example",
        "DTSTAMP:20260101T000000Z",
        "SUMMARY:Ours",
        "SEQUENCE:1",
        OURS,
        *people,
        *lines,
    ]
    play.import_calendar(calendar([event], method=None))
    return play


def an_answer(partstat: str, *lines: str, who: str = ANNA) -> bytes:
    return ics(OURS, f"ATTENDEE;PARTSTAT={partstat}:mailto:{who}", *lines, method="REPLY")


def answers(play: Play, key: str | None = None) -> dict[str, str]:
    return {one.email: one.partstat for one in play.task(key).fields.attendees}


def test_answer_is_entered() -> None:
    play = our_meeting()
    decision = play.hear(an_answer("ACCEPTED", "SEQUENCE:1", "COMMENT:I come"))
    assert (decision.outcome, decision.reason, decision.details) == (Outcome.REPLIED, "answered", {"comment": "I come"})
    assert answers(play) == {ANNA: "ACCEPTED", CAROL: "NEEDS-ACTION"}


def test_exchange_answers_without_organizer() -> None:
    play = our_meeting()
    reply = ics("ORGANIZER:", f"ATTENDEE;PARTSTAT=DECLINED:mailto:{ANNA}", method="REPLY")
    assert play.hear(reply).outcome is Outcome.REPLIED


@pytest.mark.parametrize(
    ("reply", "sender", "reason"),
    [
        (an_answer("ACCEPTED", who="crasher@inna.example"), "crasher@inna.example", "attendee_not_invited"),
        (an_answer("DECLINED"), "zly@atak.example", "sender_is_not_attendee"),
        (an_answer("DECLINED"), None, "several_senders"),
        (an_answer("ACCEPTED", "RECURRENCE-ID:20260609T080000Z"), ANNA, "no_such_date"),
        (an_answer("ACCEPTED").replace(OFFICE.encode(), b"inny@firma.example"), ANNA, "organizer_differs"),
        (ics(OURS, "ATTENDEE:", method="REPLY"), ANNA, "no_attendee"),
    ],
)
def test_doubtful_answers_are_for_a_person(reply: bytes, sender: str | None, reason: str) -> None:
    play = our_meeting(WEEKLY)
    decision = play.hear(reply, sender=sender)
    assert (decision.outcome, decision.reason) == (Outcome.REVIEW, reason)
    assert answers(play) == {ANNA: "NEEDS-ACTION", CAROL: "NEEDS-ACTION"}


def test_answer_that_was_not_authenticated_is_for_a_person() -> None:
    play = our_meeting()
    assert play.hear(an_answer("ACCEPTED"), verdict="failed").reason == "sender_not_authenticated"


def test_assistant_of_the_same_domain_may_answer() -> None:
    play = our_meeting()
    reply = ics(OURS, f'ATTENDEE;PARTSTAT=ACCEPTED;SENT-BY="mailto:sek@klient.example":mailto:{ANNA}', method="REPLY")
    assert play.hear(reply, sender="sek@klient.example").outcome is Outcome.REPLIED
    other = ics(OURS, f'ATTENDEE;PARTSTAT=DECLINED;SENT-BY="mailto:zly@atak.example":mailto:{ANNA}', method="REPLY")
    assert play.hear(other, sender="zly@atak.example").outcome is Outcome.REVIEW
    assert answers(play)[ANNA] == "ACCEPTED"


def test_answer_creates_no_event() -> None:
    play = Play()
    assert play.hear(an_answer("ACCEPTED")).reason == "unknown_uid"
    assert play.tasks() == ()


def test_answers_to_the_meetings_of_others_are_ignored() -> None:
    play = Play()
    play.hear(ics(*JUNE_1))
    reply = ics(f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{CAROL}", method="REPLY")
    assert play.hear(reply, sender=CAROL).reason == "not_our_meeting"


def test_answers_are_ordered_per_attendee() -> None:
    play = our_meeting()
    play.hear(an_answer("DECLINED", "DTSTAMP:20260105T000000Z"))
    assert play.hear(an_answer("ACCEPTED", "DTSTAMP:20260104T000000Z")).reason == "answered_later"
    assert (
        play.hear(an_answer("ACCEPTED", "DTSTAMP:20260103T000000Z", who=CAROL), sender=CAROL).outcome is Outcome.REPLIED
    )
    assert play.hear(an_answer("DECLINED", "DTSTAMP:20260105T000000Z")).outcome is Outcome.UNCHANGED
    assert answers(play) == {ANNA: "DECLINED", CAROL: "ACCEPTED"}


def test_answer_to_an_older_version_does_not_count() -> None:
    play = our_meeting()
    assert play.hear(an_answer("ACCEPTED", "SEQUENCE:0")).reason == "answers_older_version"
    assert play.hear(an_answer("ACCEPTED")).outcome is Outcome.REPLIED  # no SEQUENCE: the sender does not say


def test_answer_to_one_date_gives_it_a_task_of_its_own() -> None:
    play = our_meeting(WEEKLY)
    decision = play.hear(an_answer("TENTATIVE", "RECURRENCE-ID;TZID=Europe/Warsaw:20260608T100000"))
    assert (decision.outcome, decision.recurrence_id) == (Outcome.REPLIED, SECOND)
    assert answers(play, SECOND)[ANNA] == "TENTATIVE"
    assert answers(play)[ANNA] == "NEEDS-ACTION"
    assert play.task(SECOND).fields.starts_at != play.task().fields.starts_at
    assert len(play.dates()) == 4


def test_answer_with_dates_that_do_and_do_not_exist_is_entered_where_it_can_be() -> None:
    play = our_meeting(WEEKLY)
    common = ["UID:u1@klient.example", "DTSTAMP:20260105T000000Z", OURS, f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ANNA}"]
    play.hear(calendar([common, [*common, "RECURRENCE-ID:20260609T080000Z"]], method="REPLY"))
    assert [str(one.outcome) for one in play.decisions[1:]] == ["replied", "review"]
    assert (answers(play)[ANNA], len(play.tasks())) == ("ACCEPTED", 1)


def test_delegation_enters_the_delegate_who_may_then_answer() -> None:
    play = our_meeting()
    erin = "erin@klient.example"
    early = ics(OURS, f'ATTENDEE;PARTSTAT=ACCEPTED;DELEGATED-FROM="mailto:{ANNA}":mailto:{erin}', method="REPLY")
    assert play.hear(early, sender=erin).reason == "attendee_not_invited"
    delegation = ics(
        OURS,
        f'ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:{erin}":mailto:{ANNA}',
        f'ATTENDEE;RSVP=TRUE;CN=Erin;DELEGATED-FROM="mailto:{ANNA}":mailto:{erin}',
        method="REPLY",
    )
    assert play.hear(delegation).reason == "delegated"
    assert answers(play) == {ANNA: "DELEGATED", CAROL: "NEEDS-ACTION", erin: "NEEDS-ACTION"}
    assert play.hear(early, sender=erin).outcome is Outcome.REPLIED
    assert answers(play)[erin] == "ACCEPTED"


def test_counter_is_a_proposal_that_a_person_can_take_over() -> None:
    play = our_meeting()
    counter = ics(
        "DTSTART:20260601T140000Z", "DTEND:20260601T150000Z", OURS, f"ATTENDEE:mailto:{ANNA}", method="COUNTER"
    )
    decision = play.hear(counter)
    assert (decision.outcome, decision.reason, decision.changes) == (Outcome.WAITING, "counter_proposal", ())
    assert decision.proposal is not None
    assert (decision.proposal.by, decision.proposal.fields.starts_at.hour) == (ANNA, 14)  # type: ignore[union-attr]
    assert play.task().fields.starts_at.hour == 8  # type: ignore[union-attr]
    play.hear(counter, confirmed_by_person=True)
    assert play.task().fields.starts_at.hour == 14  # type: ignore[union-attr]


def test_counter_of_somebody_not_invited_is_for_a_person() -> None:
    play = our_meeting()
    counter = ics("DTSTART:20260601T140000Z", OURS, "ATTENDEE:mailto:zly@atak.example", method="COUNTER")
    assert play.hear(counter, sender="zly@atak.example").reason == "attendee_not_invited"


def test_task_of_ours_without_any_mail_takes_answers_too() -> None:
    """A task made here and invited from here has no memory yet (features E35)."""
    play = our_meeting()
    known = play.known("u1@klient.example")
    play.series["u1@klient.example"] = type(known)(known.uid, None, known.tasks)
    assert play.hear(an_answer("ACCEPTED")).outcome is Outcome.REPLIED
    assert play.hear(ics(OURS, "SEQUENCE:5", method="CANCEL")).reason == "organizer_is_ours"
