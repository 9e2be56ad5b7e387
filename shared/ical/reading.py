"""A calendar part of a mail, read: bytes in, what it says out (RFC 5545, RFC 5546). Pure, and never raises.

Broken details keep the event and leave a problem code; what cannot be read at all leaves one on the calendar. Success with
nothing in it is never reported when the bytes hold an event (invitations A4 rule 15).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from contracts.calendar import Component
from ical.components import Reader
from ical.limits import LIMITS, Limits
from ical.lines import content_text
from ical.trees import EVENTS, Node, TooDeep, read_trees
from ical.zones import Zones

_LONGEST_METHOD = 40
_MOST_ZONES = 100
_LONGEST_TZID = 200
_WIDE = re.compile(
    rb"B\x00?E\x00?G\x00?I\x00?N\x00?:\x00?V\x00?(?:E\x00?V\x00?E\x00?N\x00?T|T\x00?O\x00?D\x00?O)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ReadCalendar:
    """One VCALENDAR. `method` is upper-case, None when the body names none.

    `fingerprint` is equal for two calendars that say the same, whatever their order, folding and DTSTAMP: Gmail sends an
    event as `text/calendar` and again as an attachment (invitations A4 rule 9). `problems` are stable codes of the
    calendar: `too_many_events`, `no_events`, `truncated`, `stray_lines`.
    """

    method: str | None
    product: str | None
    components: tuple[Component, ...]
    calendar_timezone: str | None
    fingerprint: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a calendar part holds. `problems` of the part: `too_large`, `too_deep`, `no_calendar`, `several_calendars`,
    `no_events` (there is a BEGIN:VEVENT in the bytes, but no event could be read)."""

    calendars: tuple[ReadCalendar, ...] = ()
    problems: tuple[str, ...] = ()


def read_calendar(
    data: bytes, *, charset: str | None = None, account_timezone: str = "UTC", limits: Limits = LIMITS
) -> Reading:
    """Every VCALENDAR in the bytes. `charset` is the one the mail declares; `account_timezone` an IANA name."""
    if len(data) > limits.bytes:
        return Reading(problems=("too_large",))
    try:
        nodes = read_trees(content_text(data, charset), limits)
    except TooDeep:
        return Reading(problems=("too_deep",))
    calendars = tuple(_calendar(node, account_timezone, limits) for node in nodes[: limits.events])
    problems = []
    if not calendars:
        problems.append("no_calendar")
    if len(nodes) > 1:
        problems.append("several_calendars")
    if any(node.strays or any(child.strays for child in node.children) for node in nodes):
        problems.append("stray_lines")
    if not any(calendar.components for calendar in calendars) and _WIDE.search(data):
        problems.append("no_events")
    return Reading(calendars, tuple(problems))


def _calendar(node: Node, account_timezone: str, limits: Limits) -> ReadCalendar:
    events = [child for child in node.children if child.name in EVENTS]
    problems = []
    if len(events) > limits.events:
        problems.append("too_many_events")
        events = []
    elif not events:
        problems.append("no_events")
    zones = Zones(_definitions(node), node.value("X-WR-TIMEZONE") or None, account_timezone)
    reader = Reader(zones, limits)
    components = tuple(reader.component(event) for event in events)
    if not node.closed and any("truncated" in component.problems for component in components):
        problems.append("truncated")
    return ReadCalendar(
        method=node.value("METHOD").upper()[:_LONGEST_METHOD] or None,
        product=node.value("PRODID")[: limits.short] or None,
        components=components,
        calendar_timezone=zones.calendar_timezone,
        fingerprint=_fingerprint(node, components),
        problems=tuple(problems),
    )


def _definitions(node: Node) -> dict[str, Node]:
    """VTIMEZONEs by TZID; the first of a name counts."""
    found: dict[str, Node] = {}
    for child in list(node.named("VTIMEZONE"))[:_MOST_ZONES]:
        if tzid := child.value("TZID")[:_LONGEST_TZID]:
            found.setdefault(tzid, child)
    return found


def _fingerprint(node: Node, components: tuple[Component, ...]) -> str:
    method = node.value("METHOD").upper()
    return hashlib.sha256("|".join([method, *sorted(c.fingerprint for c in components)]).encode()).hexdigest()
