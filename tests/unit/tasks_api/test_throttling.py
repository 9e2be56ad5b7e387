from __future__ import annotations

from datetime import timedelta

import pytest

from tasks_api.scopes import narrowed, overall_visibility, scopes_of_user, unknown_scopes, visibility_of_lists
from tasks_api.throttling import throttle_key, wait_after


@pytest.mark.parametrize(
    ("count", "seconds"),
    [(0, 0), (4, 0), (5, 2), (6, 4), (9, 32), (13, 512), (14, 900), (1000, 900)],
)
def test_every_wrong_password_doubles_the_wait_after_some_free_ones(count: int, seconds: int) -> None:
    assert wait_after(count, free=5) == timedelta(seconds=seconds)


def test_the_counter_is_per_name_and_address_and_tells_neither() -> None:
    keys = {throttle_key("anna", "10.0.0.1"), throttle_key("anna", "10.0.0.2"), throttle_key("ewa", "10.0.0.1")}
    assert len(keys) == 3
    assert not any("anna" in key for key in keys)


def test_scopes_are_narrowed_never_widened() -> None:
    granted = scopes_of_user(["tasks:read", "mail:read"], {"tasks": "all", "accounts": "own"})
    assert granted == {"tasks:read", "mail:read", "tasks:all"}
    assert narrowed(granted, None) == granted
    assert narrowed(granted, "tasks:read admin") == {"tasks:read"}
    assert narrowed(granted, "admin") == set()
    assert narrowed(frozenset({"admin"}), "tasks:read nonsense") == {"tasks:read"}


def test_visibility_is_said_of_the_agenda_or_list_by_list() -> None:
    """features K32."""
    everything = dict.fromkeys(("tasks", "activities", "calendar", "accounts", "contacts"), "all")
    assert visibility_of_lists("all", {}) == everything
    usual = visibility_of_lists("own", {})
    assert usual == {**everything, "tasks": "own", "activities": "own", "calendar": "own"}
    assert visibility_of_lists("own", {"calendar": "all", "contacts": "own"}) == {
        **usual, "calendar": "all", "contacts": "own"
    }  # fmt: skip
    assert [overall_visibility(lists) for lists in (everything, usual, {**everything, "calendar": "own"}, {})] == [
        "all", "own", "own", "own"
    ]  # fmt: skip


def test_scopes_nobody_can_be_given() -> None:
    assert unknown_scopes(["tasks:read", "tasks:all", "root"]) == ["root", "tasks:all"]
