"""Units of the house, and whose work somebody sees because of them (features K33, K36)."""

from __future__ import annotations

from uuid import UUID, uuid5

import pytest

from tasks_api.organisation import NOBODY, Circle, Level, Organisation
from tasks_api.scopes import SCOPES, level_of, overall_visibility, scopes_of_user, visibility_of_lists


def called(name: str) -> UUID:
    return uuid5(UUID(int=7), name)


HOUSE = Organisation(
    above={
        called("zarząd"): None,
        called("sprzedaż"): called("zarząd"),
        called("eksport"): called("sprzedaż"),
        called("serwis"): called("zarząd"),
    },
    unit_of={
        called("szef"): called("zarząd"),
        called("Ewa"): called("sprzedaż"),
        called("Jan"): called("sprzedaż"),
        called("Olga"): called("eksport"),
        called("Piotr"): called("serwis"),
    },
    user_of={called("Ewa"): called("ewa"), called("Olga"): called("olga")},
)


@pytest.mark.parametrize(
    ("who", "level", "seen"),
    [
        ("Ewa", "own", []),  # what is one's own needs no circle
        ("Ewa", "unit", ["Ewa", "Jan"]),
        ("Ewa", "subtree", ["Ewa", "Jan", "Olga"]),
        ("Olga", "subtree", ["Olga"]),  # nobody is below
        ("szef", "subtree", ["Ewa", "Jan", "Olga", "Piotr", "szef"]),
        ("szef", "unit", ["szef"]),
        ("ktoś bez jednostki", "subtree", []),  # features K36
    ],
)
def test_a_circle_is_the_unit_or_it_and_those_below(who: str, level: Level, seen: list[str]) -> None:
    assert HOUSE.circle(level, called(who)).employee_ids == {called(one) for one in seen}


def test_a_circle_knows_the_logins_of_its_people() -> None:
    circle = HOUSE.circle("subtree", called("Ewa"))
    assert circle.user_ids == {called("ewa"), called("olga")}
    assert circle.holds(called("olga"), [])
    assert circle.holds(None, [called("Jan")])
    assert not circle.holds(called("obcy"), [called("Piotr")])
    assert HOUSE.circle("unit", None) == NOBODY == Circle()


def test_a_unit_cannot_lie_in_one_below_it() -> None:
    assert HOUSE.would_circle(called("zarząd"), called("eksport"))
    assert HOUSE.would_circle(called("serwis"), called("serwis"))
    assert not HOUSE.would_circle(called("eksport"), called("serwis"))
    assert HOUSE.units_over(called("Olga")) == {called("eksport"), called("sprzedaż"), called("zarząd")}


def test_a_circle_of_units_that_should_not_be_there_ends() -> None:
    tangled = Organisation(
        above={called("a"): called("b"), called("b"): called("a")}, unit_of={called("x"): called("a")}
    )
    assert tangled.units_over(called("x")) == tangled.below(called("a")) == {called("a"), called("b")}


def test_levels_become_scopes_and_are_read_back() -> None:
    """features K32: list by list."""
    lists = {**visibility_of_lists("unit", {"calendar": "subtree", "accounts": "own", "tasks": "all"})}
    scopes = scopes_of_user(["tasks:read"], lists)
    assert scopes == {"tasks:read", "tasks:all", "activities:unit", "calendar:subtree", "contacts:all"}
    assert scopes <= SCOPES
    assert [level_of(name, scopes.__contains__) for name in lists] == ["all", "unit", "subtree", "own", "all"]
    assert overall_visibility(lists) == "unit"  # that of the list of which the least is seen
