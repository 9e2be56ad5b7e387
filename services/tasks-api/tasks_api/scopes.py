"""What a token may allow, and what each of our own services is allowed."""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from tasks_api.organisation import LEVELS, Level

ADMIN = "admin"
SEES_ALL_TASKS = "tasks:all"
"""Beside `tasks:read`: everybody's tasks, not only those one made or is assigned to (features K32, R53)."""
MODIFIES_OTHERS = "tasks:modify_others"
"""Beside `tasks:write`: tasks of which one is neither author nor executor; without it they can only be looked at (features K34)."""

REOPENS = "tasks:reopen"
"""Beside `tasks:write`: what is completed or cancelled is taken up again (features R51)."""

FILLS_CALENDAR = "calendar:write"
"""Other systems put absences and stages of documents on the calendar (features R57)."""

List = Literal["tasks", "activities", "calendar", "accounts", "contacts"]
Visibility = Level

SEEN_BY: dict[List, str] = {
    "tasks": SEES_ALL_TASKS,
    "activities": "activities:all",
    "calendar": "calendar:all",
    "accounts": "accounts:all",
    "contacts": "contacts:all",
}
"""The scope that shows everybody's entries of a list. `activities` are meetings and interactions (features K21, K32)."""
CIRCLE_SCOPES: dict[List, dict[Level, str]] = {
    name: {"unit": f"{name}:unit", "subtree": f"{name}:subtree"} for name in SEEN_BY
}
"""The scopes that show what co-workers do, or everybody in one's unit and in those below (features K32, K33)."""
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
        FILLS_CALENDAR,
        *SEEN_BY.values(),
        *(scope for scopes in CIRCLE_SCOPES.values() for scope in scopes.values()),
        "mail:read",
        "mail:write",
        "mail:send",
        "cases:read",
        "cases:write",
        "reminders:read",
        "reminders:write",
    }
)
GRANTABLE = SCOPES - set(SEEN_BY.values()) - {scope for scopes in CIRCLE_SCOPES.values() for scope in scopes.values()}
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
    """The one word for what is seen of the agenda: that of the list of which the least is seen."""
    return min((_level(lists.get(name)) for name in AGENDA_LISTS), key=LEVELS.index)


def scopes_of_user(scopes: Iterable[str], lists: Mapping[str, str]) -> frozenset[str]:
    """What a user's token allows: the scopes granted, and one for each list of which they see more than their own."""
    shown = {"all": SEEN_BY, **{level: {name: CIRCLE_SCOPES[name][level] for name in SEEN_BY} for level in _CIRCLES}}
    levels = {name: _level(lists.get(name)) for name in SEEN_BY}
    return frozenset(scopes) | {shown[level][name] for name, level in levels.items() if level in shown}


def level_of(name: List, has: Callable[[str], bool]) -> Visibility:
    """The most that scopes show of a list."""
    if has(SEEN_BY[name]):
        return "all"
    return next((level for level in ("subtree", "unit") if has(CIRCLE_SCOPES[name][level])), "own")


def _level(word: str | None) -> Visibility:
    return next((level for level in LEVELS if level == word), "own")


_CIRCLES: tuple[Level, ...] = ("unit", "subtree")


def narrowed(granted: frozenset[str], wanted: str | None) -> frozenset[str]:
    """The granted scopes, or those of them that were asked for (RFC 6749 section 3.3); an administrator may ask for any."""
    if not wanted or not wanted.strip():
        return granted
    asked = set(wanted.split())
    return frozenset(asked & (SCOPES if ADMIN in granted else granted))
