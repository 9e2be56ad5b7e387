"""What a token may allow, and what each of our own services is allowed."""

from collections.abc import Iterable, Mapping
from typing import Literal

ADMIN = "admin"
SEES_ALL_TASKS = "tasks:all"
"""Beside `tasks:read`: everybody's tasks, not only those one made or is assigned to (features K32, R53)."""
MODIFIES_OTHERS = "tasks:modify_others"
"""Beside `tasks:write`: tasks of which one is neither author nor executor; without it they can only be looked at (features K34)."""

REOPENS = "tasks:reopen"
"""Beside `tasks:write`: what is completed or cancelled is taken up again (features R51)."""

List = Literal["tasks", "activities", "calendar", "accounts", "contacts"]
Visibility = Literal["own", "all"]

SEEN_BY: dict[List, str] = {
    "tasks": SEES_ALL_TASKS,
    "activities": "activities:all",
    "calendar": "calendar:all",
    "accounts": "accounts:all",
    "contacts": "contacts:all",
}
"""The scope that shows everybody's entries of a list. `activities` are meetings and interactions (features K21, K32)."""
AGENDA_LISTS: tuple[List, ...] = ("tasks", "activities", "calendar")

SCOPES = frozenset(
    {
        ADMIN,
        "directory:read",
        "directory:write",
        "tasks:read",
        "tasks:write",
        MODIFIES_OTHERS,
        REOPENS,
        *SEEN_BY.values(),
        "mail:read",
        "mail:write",
        "mail:send",
        "cases:read",
        "cases:write",
        "reminders:read",
        "reminders:write",
    }
)
GRANTABLE = SCOPES - set(SEEN_BY.values())
"""What a user may be given; what of each list they see is the user's visibility."""

DEFAULT_SCOPES = ("cases:read", "cases:write", "directory:read", "directory:write", "mail:read", "reminders:read",
                  "tasks:read", "tasks:write")  # fmt: skip
"""What a new user gets when nothing is said."""

_SEES_EVERYTHING = frozenset(SEEN_BY.values())
SERVICE_SCOPES: dict[str, frozenset[str]] = {
    "tasks-api": frozenset({"mail:send", "mail:read"}),
    "mail-ingest": _SEES_EVERYTHING | {"tasks:read", "directory:read"},
    "case-threader": _SEES_EVERYTHING | {"directory:read", "directory:write", "tasks:read", "mail:read", "mail:send"},
    "reminder-dispatcher": _SEES_EVERYTHING | {"cases:read", "directory:read", "tasks:read", "mail:read", "mail:send"},
}
"""The client ids of the client-credentials grant, least privilege each."""


def unknown_scopes(scopes: Iterable[str]) -> list[str]:
    return sorted(set(scopes) - GRANTABLE)


def visibility_of_lists(overall: Visibility, by_list: Mapping[List, Visibility]) -> dict[List, Visibility]:
    """What somebody sees of each list: `overall` speaks of the agenda, firms and people are shown unless a list says `own`."""
    usual: dict[List, Visibility] = {name: overall if name in AGENDA_LISTS else "all" for name in SEEN_BY}
    return {**usual, **by_list}


def overall_visibility(lists: Mapping[str, str]) -> Visibility:
    """The one word for what is seen of the agenda: `all` when no list of it is restricted."""
    return "all" if all(lists.get(name) == "all" for name in AGENDA_LISTS) else "own"


def scopes_of_user(scopes: Iterable[str], lists: Mapping[str, str]) -> frozenset[str]:
    """What a user's token allows: the scopes granted, and one for each list of which they see everything."""
    return frozenset(scopes) | {scope for name, scope in SEEN_BY.items() if lists.get(name) == "all"}


def narrowed(granted: frozenset[str], wanted: str | None) -> frozenset[str]:
    """The granted scopes, or those of them that were asked for (RFC 6749 section 3.3); an administrator may ask for any."""
    if not wanted or not wanted.strip():
        return granted
    asked = set(wanted.split())
    return frozenset(asked & (SCOPES if ADMIN in granted else granted))
