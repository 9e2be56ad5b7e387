"""Whose address it is, and which account a task made from a mail belongs to (features E5-E7, E30)."""

from __future__ import annotations

from uuid import UUID

import pytest

from tasks_api.account_linking import linked_account
from tasks_api.address_matching import Holder, matched
from tasks_api.email_addresses import NoEmailAddress, checked_email

MILL, BAKERY, ANNA, EWA, JAN = (UUID(int=n) for n in range(1, 6))


def account(account_id: UUID = MILL, *, active: bool = True) -> Holder:
    return Holder("account", account_id, account_id, "firma", active)


def contact(contact_id: UUID = ANNA, account_id: UUID = MILL, *, active: bool = True) -> Holder:
    return Holder("contact", contact_id, account_id, "osoba", active)


def employee(employee_id: UUID = JAN, *, active: bool = True) -> Holder:
    return Holder("employee", employee_id, None, "pracownik", active)


@pytest.mark.parametrize(
    ("holders", "match", "account_id", "contact_id"),
    [
        ([], "none", None, None),
        ([account()], "account", MILL, None),
        ([contact()], "contact", MILL, ANNA),
        ([account(), contact()], "contact", MILL, ANNA),  # the person is more than the firm
        ([contact(), contact(EWA)], "account", MILL, None),  # a shared address of one firm
        ([account(), account(BAKERY)], "ambiguous", None, None),
        ([contact(), contact(EWA, BAKERY)], "ambiguous", None, None),
        ([account(), account(BAKERY, active=False)], "account", MILL, None),
        ([account(active=False)], "account", MILL, None),  # a retired card is better than none
        ([employee()], "employee", None, None),
        ([employee(), account()], "employee", None, None),  # one of ours is no client
        ([employee(), employee(EWA)], "ambiguous", None, None),
        ([employee(active=False), account()], "account", MILL, None),
    ],
)
def test_matched(holders: list[Holder], match: str, account_id: UUID | None, contact_id: UUID | None) -> None:
    found = matched(holders)
    assert (found.match, found.account_id, found.contact_id) == (match, account_id, contact_id)


BOOK = {
    "anna@mlyn.example": [contact()],
    "biuro@mlyn.example": [account()],
    "ksiegowa@example": [account(), account(BAKERY)],
    "jan@nasza.example": [employee()],
}


@pytest.mark.parametrize(
    ("sender", "organizer", "match", "by", "account_id"),
    [
        ("anna@mlyn.example", "biuro@mlyn.example", "contact", "from", MILL),
        ("obcy@example", "biuro@mlyn.example", "account", "organizer", MILL),
        ("ksiegowa@example", "anna@mlyn.example", "contact", "organizer", MILL),
        ("jan@nasza.example", "anna@mlyn.example", "contact", "organizer", MILL),  # forwarded by a colleague
        ("ksiegowa@example", "ksiegowa@example", "ambiguous", None, None),
        ("ksiegowa@example", "obcy@example", "ambiguous", None, None),
        ("obcy@example", "ksiegowa@example", "ambiguous", None, None),
        ("obcy@example", None, "none", None, None),
        (None, "anna@mlyn.example", "contact", "organizer", MILL),
        (None, None, "none", None, None),
    ],
)
def test_linked_account(
    sender: str | None, organizer: str | None, match: str, by: str | None, account_id: UUID | None
) -> None:
    found = linked_account(sender, organizer, BOOK)
    assert (found.match, found.by, found.account_id) == (match, by, account_id)


def test_candidates_are_named_when_nobody_is_picked() -> None:
    document = linked_account("ksiegowa@example", None, BOOK).to_document()
    assert [one["id"] for one in document["candidates"]] == [str(MILL), str(BAKERY)]
    assert document["account_id"] is None


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Anna@Mlyn.Example", "anna@mlyn.example"),
        ("  <anna@mlyn.example> ", "anna@mlyn.example"),
        ("MAILTO:anna@mlyn.example", "anna@mlyn.example"),
        ("root@localhost", "root@localhost"),
        ("..dziwny..@mlyn.example", "..dziwny..@mlyn.example"),
        ("zażółć@gęślą.example", "zażółć@gęślą.example"),
        ('"anna nowak"@mlyn.example', '"anna nowak"@mlyn.example'),
    ],
)
def test_addresses_are_taken_as_mail_really_uses_them(written: str, kept: str) -> None:
    assert checked_email(written) == kept


@pytest.mark.parametrize(
    "written",
    ["", "anna", "@mlyn.example", "anna@", "a@b@c", "anna nowak@mlyn.example", "a@b,c@d", "a@b\nc", "x" * 400 + "@b"],
)
def test_what_is_no_address(written: str) -> None:
    with pytest.raises(NoEmailAddress):
        checked_email(written)
