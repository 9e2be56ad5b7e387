"""What a token may allow, and what each of our own services is allowed."""

from collections.abc import Iterable

ADMIN = "admin"
SEES_ALL_TASKS = "tasks:all"
"""Beside `tasks:read`: everybody's tasks, not only those one made or is assigned to (features K32, R53)."""

SCOPES = frozenset(
    {
        ADMIN,
        "directory:read",
        "directory:write",
        "tasks:read",
        "tasks:write",
        SEES_ALL_TASKS,
        "mail:read",
        "mail:write",
        "mail:send",
        "cases:read",
        "cases:write",
        "reminders:read",
        "reminders:write",
    }
)
GRANTABLE = SCOPES - {SEES_ALL_TASKS}
"""What a user may be given; who sees all tasks is the user's visibility."""

DEFAULT_SCOPES = ("cases:read", "cases:write", "directory:read", "directory:write", "mail:read", "reminders:read",
                  "tasks:read", "tasks:write")  # fmt: skip
"""What a new user gets when nothing is said."""

SERVICE_SCOPES: dict[str, frozenset[str]] = {
    "tasks-api": frozenset({"mail:send", "mail:read"}),
    "mail-ingest": frozenset({"tasks:read", SEES_ALL_TASKS, "directory:read"}),
    "case-threader": frozenset({"directory:read", "directory:write", "tasks:read", SEES_ALL_TASKS, "mail:read", "mail:send"}),
    "reminder-dispatcher": frozenset({"directory:read", "tasks:read", SEES_ALL_TASKS, "mail:read", "mail:send"}),
}  # fmt: skip
"""The client ids of the client-credentials grant, least privilege each."""


def unknown_scopes(scopes: Iterable[str]) -> list[str]:
    return sorted(set(scopes) - GRANTABLE)


def scopes_of_user(scopes: Iterable[str], *, sees_all: bool) -> frozenset[str]:
    return frozenset(scopes) | ({SEES_ALL_TASKS} if sees_all else set())


def narrowed(granted: frozenset[str], wanted: str | None) -> frozenset[str]:
    """The granted scopes, or those of them that were asked for (RFC 6749 section 3.3); an administrator may ask for any."""
    if not wanted or not wanted.strip():
        return granted
    asked = set(wanted.split())
    return frozenset(asked & (SCOPES if ADMIN in granted else granted))
