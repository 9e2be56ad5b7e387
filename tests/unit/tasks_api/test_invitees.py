"""Whom an invitation of ours goes to, and who writes it (features E2, E33)."""

from __future__ import annotations

from uuid import UUID

import pytest

from contracts.tasks import TaskAttendee
from tasks_api.invitees import Card, chosen_invitees
from tasks_api.sending_accounts import SendingAccount, chosen_answerer, chosen_sender

FIRM = Card(UUID(int=1), "Młyn", ("biuro@mlyn.example", "faktury@mlyn.example"))
SILENT_FIRM = Card(UUID(int=1), "Młyn")
ANNA = Card(UUID(int=2), "Anna", ("anna@mlyn.example",), is_default=True)
EWA = Card(UUID(int=3), "Ewa", ("ewa@mlyn.example",))
SILENT = Card(UUID(int=4), "Jan")


@pytest.mark.parametrize(
    ("account", "contacts", "expected"),
    [
        (FIRM, [], [("biuro@mlyn.example", "account_without_contact")]),
        (FIRM, [ANNA], [("biuro@mlyn.example", "account_of_primary_contact")]),
        (FIRM, [EWA], [("ewa@mlyn.example", "contact")]),
        (FIRM, [SILENT], [("biuro@mlyn.example", "account_of_contact_without_address")]),
        (SILENT_FIRM, [ANNA], [("anna@mlyn.example", "contact_without_account_address")]),
        (SILENT_FIRM, [SILENT], []),
        (FIRM, [ANNA, EWA], [("biuro@mlyn.example", "account_of_primary_contact"), ("ewa@mlyn.example", "contact")]),
        (FIRM, [ANNA, SILENT], [("biuro@mlyn.example", "account_of_primary_contact")]),  # one address, one mail
        (None, [], []),
    ],
)
def test_address_and_why(account: Card | None, contacts: list[Card], expected: list[tuple[str, str]]) -> None:
    chosen = chosen_invitees(account, contacts)
    assert [(one.email, one.reason) for one in chosen.invitees] == expected


def test_who_has_no_address_is_named() -> None:
    assert chosen_invitees(SILENT_FIRM, []).missing == (SILENT_FIRM.id,)
    assert chosen_invitees(SILENT_FIRM, [SILENT]).missing == (SILENT.id,)


OFFICE = SendingAccount(UUID(int=11), "biuro@firma.example", "Biuro", ("biuro@firma.example", "info@firma.example"))
SALES = SendingAccount(UUID(int=12), "sprzedaz@firma.example", "", ("sprzedaz@firma.example",))
MUTE = SendingAccount(UUID(int=10), "archiwum@firma.example", "", ("archiwum@firma.example",), can_send=False)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ("biuro@firma.example", "oldest")),
        ({"named": SALES.id}, ("sprzedaz@firma.example", "named")),
        ({"own_email": "sprzedaz@firma.example"}, ("sprzedaz@firma.example", "own_address")),
        ({"organizer": "info@firma.example"}, ("info@firma.example", "organizer")),  # an alias stays in From
        ({"organizer": "sprzedaz@firma.example", "used": SALES.id}, ("sprzedaz@firma.example", "sent_before")),
        ({"organizer": "nikt@firma.example"}, None),  # an organizer of ours that no account can write for
        ({"named": MUTE.id}, None),
    ],
)
def test_who_invites(given: dict[str, object], expected: tuple[str, str] | None) -> None:
    sender = chosen_sender([MUTE, OFFICE, SALES], **given)  # type: ignore[arg-type]
    assert (sender and (sender.email, sender.reason)) == expected


def test_the_only_account_is_called_so() -> None:
    sender = chosen_sender([MUTE, OFFICE])
    assert sender is not None
    assert sender.reason == "only_one"
    assert chosen_sender([MUTE]) is None


@pytest.mark.parametrize(
    ("attendees", "received_in", "colleagues", "expected"),
    [
        # the mailbox that was invited and got the mail, not the first one that could write
        (["sprzedaz@firma.example"], [SALES.id], [], ("sprzedaz@firma.example", "sprzedaz@firma.example", "invited_here")),
        (["info@firma.example"], [OFFICE.id], [], ("info@firma.example", "info@firma.example", "invited_here")),
        # both were invited: the one the mail came to answers
        (["biuro@firma.example", "sprzedaz@firma.example"], [SALES.id], [],
         ("sprzedaz@firma.example", "sprzedaz@firma.example", "invited_here")),
        (["biuro@firma.example"], [SALES.id], [], ("biuro@firma.example", "biuro@firma.example", "invited")),
        # a colleague without a mailbox of their own is spoken for
        (["jan@firma.example"], [OFFICE.id], ["jan@firma.example"],
         ("biuro@firma.example", "jan@firma.example", "invited_colleague")),
        # a distribution list: nobody of us is on it
        (["wszyscy@lista.example"], [OFFICE.id], [], ("biuro@firma.example", "biuro@firma.example", "received_here")),
        (["wszyscy@lista.example"], [], [], None),
    ],
)  # fmt: skip
def test_who_answers(
    attendees: list[str], received_in: list[UUID], colleagues: list[str], expected: tuple[str, str, str] | None
) -> None:
    people = [TaskAttendee(email=email) for email in attendees]
    answerer = chosen_answerer([MUTE, OFFICE, SALES], people, received_in=received_in, colleagues=colleagues)
    assert (answerer and (answerer.sender.email, answerer.attendee, answerer.sender.reason)) == expected


def test_writing_for_a_colleague_says_so() -> None:
    answerer = chosen_answerer(
        [OFFICE], [TaskAttendee(email="jan@firma.example")], received_in=[OFFICE.id], colleagues=["jan@firma.example"]
    )
    assert answerer is not None
    assert answerer.sent_by == "biuro@firma.example"
