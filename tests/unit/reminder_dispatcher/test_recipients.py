"""To whom a reminder goes: the order of the places, and what cannot be written or telephoned to."""

from dataclasses import dataclass, field
from uuid import UUID

import pytest

from contracts.tasks import TaskParticipant
from reminder_dispatcher.phone_numbers import NotANumber, NumberNotAllowed, e164
from reminder_dispatcher.recipients import (
    NoRecipient,
    NumberPolicy,
    Recipient,
    client_recipient,
    operator_recipient,
    spoken,
    wire_address,
)

SOMEBODY = UUID(int=1)


@dataclass
class Card:
    name: str = "Jan Kowalski"
    emails: list[str] = field(default_factory=list)
    phone: str | None = None
    mobile: str | None = None
    sms_phone: str | None = None


@dataclass
class Staff:
    name: str = "Anna Nowak"
    email: str | None = "anna@firma.pl"
    phone: str | None = "600 100 200"
    reminders_enabled: bool = True
    active: bool = True
    locale: str | None = None


def client(
    channel: str, *, typed: str | None = None, contacts: list[Card] | None = None, account: Card | None = None
) -> object:
    found = client_recipient(
        channel, typed=typed, contacts=contacts or [], account=account, locale="pl", policy=NumberPolicy()
    )
    return (found.address, found.origin) if isinstance(found, Recipient) else found.reason


CONTACT = Card(emails=["jan@klient.pl"], sms_phone="601 000 001", mobile="601 000 002", phone="601 000 003")
ACCOUNT = Card(name="Klient sp. z o.o.", emails=["biuro@klient.pl"], sms_phone="602 000 001")


@pytest.mark.parametrize(
    ("typed", "contacts", "account", "expected"),
    [
        ("+48 605 555 555", [CONTACT], ACCOUNT, ("+48605555555", "task")),
        (None, [CONTACT], ACCOUNT, ("+48601000001", "contact")),  # features R12: the SMS telephone first
        (None, [Card(mobile="601 000 002", phone="601 000 003")], ACCOUNT, ("+48601000002", "contact")),
        (None, [Card(phone="601 000 003")], ACCOUNT, ("+48601000003", "contact")),
        (None, [Card(phone="22 600 10 20")], ACCOUNT, ("+48602000001", "account")),  # a landline shows no SMS
        (None, [Card()], ACCOUNT, ("+48602000001", "account")),
        (None, [Card(), CONTACT], ACCOUNT, ("+48601000001", "contact")),
        (None, [], ACCOUNT, ("+48602000001", "account")),  # features R13
        (None, [], Card(), "no_recipient"),
        (None, [], None, "no_recipient"),
        ("12345", [CONTACT], ACCOUNT, "bad_number"),  # what a person typed is not silently replaced
        ("+49 151 23456789", [], ACCOUNT, "number_not_allowed"),  # features R71
    ],
)
def test_number_of_a_client(typed: str | None, contacts: list[Card], account: Card | None, expected: object) -> None:
    assert client("sms", typed=typed, contacts=contacts, account=account) == expected


@pytest.mark.parametrize(
    ("typed", "contacts", "account", "expected"),
    [
        ("inny@klient.pl", [CONTACT], ACCOUNT, ("inny@klient.pl", "task")),
        (None, [CONTACT], ACCOUNT, ("jan@klient.pl", "contact")),  # features R17
        (None, [Card()], ACCOUNT, ("biuro@klient.pl", "account")),
        (None, [], None, "no_recipient"),
        ("nie adres", [CONTACT], ACCOUNT, "bad_address"),
        ("a@b.pl\r\nBcc: c@d.pl", [], None, "bad_address"),
        ("a@b.pl, c@d.pl", [], None, "bad_address"),
        ("jan@żółw.pl", [], None, ("jan@xn--w-uga1v8h.pl", "task")),
    ],
)
def test_address_of_a_client(typed: str | None, contacts: list[Card], account: Card | None, expected: object) -> None:
    assert client("email", typed=typed, contacts=contacts, account=account) == expected


def operator(channel: str, participant: TaskParticipant | None, card: Staff | None) -> object:
    found = operator_recipient(channel, participant=participant, card=card, default_locale="pl", policy=NumberPolicy())
    return (found.address, found.origin) if isinstance(found, Recipient) else found.reason


@pytest.mark.parametrize(
    ("channel", "participant", "card", "expected"),
    [
        ("email", None, Staff(), ("anna@firma.pl", "employee")),
        ("sms", None, Staff(), ("+48600100200", "employee")),
        # features R70: what is written in the participant's row goes before the card
        ("email", TaskParticipant(employee_id=SOMEBODY, email="x@y.pl"), Staff(), ("x@y.pl", "participant")),
        ("sms", TaskParticipant(employee_id=SOMEBODY, phone="606 606 606"), Staff(), ("+48606606606", "participant")),
        ("sms", TaskParticipant(employee_id=SOMEBODY, email="x@y.pl"), Staff(), ("+48600100200", "employee")),
        ("email", TaskParticipant(employee_id=SOMEBODY, email="x@y.pl"), None, ("x@y.pl", "participant")),
        ("email", None, Staff(email=None), "no_recipient"),
        ("email", None, Staff(active=False), "no_recipient"),
        ("email", None, None, "no_recipient"),
        # features W6: the person's own wish goes before everything
        ("email", TaskParticipant(employee_id=SOMEBODY, email="x@y.pl"), Staff(reminders_enabled=False), "opted_out"),
    ],
)
def test_address_of_an_operator(
    channel: str, participant: TaskParticipant | None, card: Staff | None, expected: object
) -> None:
    assert operator(channel, participant, card) == expected


def test_opting_out_is_no_failure() -> None:
    found = operator_recipient(
        "email", participant=None, card=Staff(reminders_enabled=False), default_locale="pl", policy=NumberPolicy()
    )
    assert isinstance(found, NoRecipient)
    assert found.is_wish


@pytest.mark.parametrize(
    ("locale", "language"), [(None, "pl"), ("pl_PL", "pl"), ("en-GB", "en"), ("de", "en"), ("", "pl"), ("PL", "pl")]
)
def test_language_of_a_person(locale: str | None, language: str) -> None:
    assert spoken(locale, "pl") == language


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("600 100 200", "+48600100200"),
        ("0048 600-100-200", "+48600100200"),
        ("(+48) 600100200", "+48600100200"),
        ("22 600 10 20 wew. 12", "+48226001020"),
        ("+48 123 456 789", "+48123456789"),
    ],
)
def test_number_in_the_form_of_gateways(number: str, expected: str) -> None:
    assert e164(number) == expected


@pytest.mark.parametrize("number", ["", "abc", "12345", "600100200600100200", "(0-22) 600 10 20", "+48 6001002001"])
def test_what_is_no_number(number: str) -> None:
    with pytest.raises(NotANumber):
        e164(number)


def test_countries_are_a_choice() -> None:
    with pytest.raises(NumberNotAllowed):
        e164("+4915123456789")
    assert e164("+4915123456789", countries=(48, 49)) == "+4915123456789"
    assert e164("+4915123456789", countries=()) == "+4915123456789"


@pytest.mark.parametrize(
    "address", ["", "a", "a@", "@b.pl", "a b@c.pl", "a@b@c.pl", "a@b.pl>", "ą@b.pl", 'a"@b.pl', "a@[1.2.3.4"]
)
def test_what_is_no_address(address: str) -> None:
    assert wire_address(address) is None
