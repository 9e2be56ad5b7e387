"""Who may create, change and cancel (DESIGN 5; invitations A4 rules 7 and 8; reliability C1-C3)."""

from __future__ import annotations

import pytest
from tests.unit.tasks_api.itip_play import ANNA, OFFICE, Play, ics

from tasks_api.itip import Outcome

JUNE_1 = ("DTSTART:20260601T080000Z", "DTEND:20260601T090000Z")
EVIL = "zly@atak.example"
FORWARDER = "kolega@inna.example"


def organizer(email: str = ANNA, sent_by: str | None = None) -> str:
    return f'ORGANIZER;SENT-BY="mailto:{sent_by}":mailto:{email}' if sent_by else f"ORGANIZER:mailto:{email}"


def a_request(title: str, sequence: int, *lines: str) -> bytes:
    return ics(*JUNE_1, f"SUMMARY:{title}", f"SEQUENCE:{sequence}", *lines)


@pytest.mark.parametrize(
    ("sender", "lines", "verdict", "reason"),
    [
        (EVIL, (), "unchecked", "sender_is_not_organizer"),
        (EVIL, (organizer(EVIL),), "unchecked", "organizer_differs"),  # takes the UID over
        (ANNA, (organizer(EVIL),), "unchecked", "organizer_differs"),
        (EVIL, (organizer(ANNA, EVIL),), "unchecked", "sender_is_not_organizer"),  # a SENT-BY of another domain
        (None, (), "unchecked", "several_senders"),
        (ANNA, (), "failed", "sender_not_authenticated"),
        (ANNA, (), "none", "sender_not_authenticated"),
    ],
)
@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "ADD", "PUBLISH"])
def test_without_authority_nothing_changes_and_a_person_sees_it(
    method: str, sender: str | None, lines: tuple[str, ...], verdict: str, reason: str
) -> None:
    play = Play()
    play.hear(a_request("Plan", 0), verdict="passed")
    before = play.known("u1@klient.example")
    attack = ics("DTSTART:20260603T080000Z", "SUMMARY:Evil", "SEQUENCE:5", *lines, method=method)
    decision = play.hear(attack, sender=sender, verdict=verdict)
    assert (decision.outcome, decision.reason, decision.changes) == (Outcome.REVIEW, reason, ())
    assert play.known("u1@klient.example") == before
    assert decision.would_change, "a person is told what confirming would do"


@pytest.mark.parametrize(
    ("sender", "lines"),
    [
        (ANNA, ()),
        (ANNA, ("ORGANIZER:MAILTO:Anna@Klient.example",)),
        (ANNA, ("ORGANIZER:",)),  # none at all, from the organizer's own address
        ("sekretariat@klient.example", (organizer(ANNA, "sekretariat@klient.example"),)),
        ("asystent@biuro.example", ()),  # SENT-BY that came with the invitation
        (FORWARDER, ()),  # the From that created the task
    ],
)
def test_the_same_authority_may_change(sender: str, lines: tuple[str, ...]) -> None:
    play = Play()
    play.hear(a_request("Plan", 0, organizer(ANNA, "asystent@biuro.example")), sender=FORWARDER)
    assert play.hear(a_request("New", 1, *lines), sender=sender).outcome is Outcome.UPDATED


def test_sent_by_of_a_public_mail_domain_proves_nothing() -> None:
    play = Play()
    play.hear(a_request("Plan", 0, organizer("anna@gmail.com")), sender="anna@gmail.com")
    attack = a_request("Evil", 1, organizer("anna@gmail.com", "mallory@gmail.com"))
    assert play.hear(attack, sender="mallory@gmail.com").reason == "sender_is_not_organizer"


def test_unauthenticated_request_creates_but_says_so() -> None:
    play = Play()
    decision = play.hear(a_request("Plan", 0), verdict="failed")
    assert (decision.outcome, decision.sender_trust) == (Outcome.CREATED, "unauthenticated")


@pytest.mark.parametrize(
    ("sender", "verdict", "trust"),
    [
        (ANNA, "passed", "verified"),
        (ANNA, "unchecked", "matching"),
        (FORWARDER, "passed", "stranger"),
        (ANNA, "none", "unauthenticated"),
        (None, "unchecked", "unproven"),
    ],
)
def test_trust_in_the_sender_is_told(sender: str | None, verdict: str, trust: str) -> None:
    assert Play().hear(a_request("Plan", 0), sender=sender, verdict=verdict).sender_trust == trust


def test_what_changes_nothing_needs_no_authority() -> None:
    play = Play()
    play.hear(a_request("Plan", 2))
    assert play.hear(a_request("Plan", 2), sender=FORWARDER).outcome is Outcome.UNCHANGED  # a forward
    assert play.hear(a_request("Old", 1), sender=EVIL).outcome is Outcome.STALE


def test_forward_with_a_higher_sequence_does_not_shut_the_organizer_out() -> None:
    play = Play()
    play.hear(a_request("Plan", 0))
    play.hear(a_request("Plan", 2_000_000_000), sender=EVIL)
    assert play.hear(a_request("New", 1)).outcome is Outcome.UPDATED


# ---- ours or theirs


def test_nobody_outside_changes_a_meeting_of_ours() -> None:
    play = Play()
    play.import_calendar(ics(*JUNE_1, "SUMMARY:Ours", organizer(OFFICE), f"ATTENDEE:mailto:{ANNA}"))
    for method in ("REQUEST", "CANCEL", "ADD", "PUBLISH"):
        for sender in (ANNA, EVIL, OFFICE):  # the address of ours in From proves nothing either
            attack = ics("DTSTART:20260602T080000Z", "SEQUENCE:3", organizer(OFFICE), method=method)
            assert play.hear(attack, sender=sender).reason == "organizer_is_ours"
    assert [task.status for task in play.tasks()] == ["planned"]


def test_unknown_event_in_our_name_is_not_created_from_outside() -> None:
    play = Play()
    assert play.hear(a_request("Plan", 0, organizer(OFFICE))).reason == "organizer_is_ours"
    assert play.hear(ics("SEQUENCE:1", organizer(OFFICE), method="CANCEL")).outcome is Outcome.IGNORED
    assert play.tasks() == ()


def test_invitation_of_a_colleague_is_an_invitation() -> None:
    play = Play(own=(OFFICE, "jan@firma.example"))
    colleague = organizer("jan@firma.example")
    assert play.hear(a_request("Plan", 0, colleague), sender="jan@firma.example").outcome is Outcome.CREATED
    assert play.hear(a_request("New", 1, colleague), sender="jan@firma.example").outcome is Outcome.UPDATED
    assert play.hear(a_request("Evil", 2, colleague), sender=ANNA).outcome is Outcome.REVIEW


# ---- who may create


@pytest.mark.parametrize(
    ("auto_create_from", "known", "outcome", "reason"),
    [
        ("anyone", False, "created", "new"),
        ("known", True, "created", "new"),
        ("known", False, "waiting", "sender_not_known"),
        ("nobody", True, "waiting", "creation_off"),
    ],
)
def test_creating_can_be_narrowed(auto_create_from: str, known: bool, outcome: str, reason: str) -> None:
    play = Play(auto_create_from=auto_create_from, sender_known=known)
    decision = play.hear(a_request("Plan", 0))
    assert (str(decision.outcome), decision.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("method", "outcome", "reason"),
    [
        (None, "ignored", "no_method"),
        ("REFRESH", "ignored", "unknown_uid"),
        ("DECLINECOUNTER", "ignored", "counter_declined"),
        ("X-OTHER", "review", "unsupported_method"),
    ],
)
def test_other_methods_change_nothing(method: str | None, outcome: str, reason: str) -> None:
    play = Play()
    reading = ics(*JUNE_1).replace(b"METHOD:REQUEST\r\n", f"METHOD:{method}\r\n".encode() if method else b"")
    decision = play.hear(reading, method=method)
    assert (str(decision.outcome), decision.reason, play.tasks()) == (outcome, reason, ())


@pytest.mark.parametrize("problem", ["methods_differ", "several_calendars"])
@pytest.mark.parametrize(("verdict", "held"), [("unchecked", False), ("passed", True)])
def test_a_mail_with_two_meanings_is_held_where_senders_are_checked(problem: str, verdict: str, held: bool) -> None:
    play = Play()
    event = play.event(ics("DTSTART:20260601T080000Z"), verdict=verdict).model_copy(update={"problems": [problem]})
    decision = play.decide(event)
    assert (str(decision.outcome), decision.reason) == (("review", problem) if held else ("created", "new"))


def test_meetings_of_a_stranger_that_come_too_fast_wait_and_would_be_made() -> None:
    play = Play()
    decision = play.hear(ics("DTSTART:20260601T080000Z"), flooded=True)
    assert (str(decision.outcome), decision.reason, str(decision.would)) == (
        "waiting",
        "too_many_from_strangers",
        "created",
    )
    assert play.tasks() == ()
