"""The calendars of a mail as payloads of `calendar.*` events: one for each iTIP object, none twice (RFC 6047, DESIGN 5).

What must not act is held with a reason: calendars in bounces, in Sent and in forwarded mail, those without a METHOD, unreadable
ones. Nothing here decides what should happen; tasks-api does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from contracts.calendar import CALENDAR_EVENTS, CalendarHeld, Component
from ical.limits import LIMITS
from ical.reading import ReadCalendar, read_calendar
from mail_ingest.parsing.contents import written_name
from mail_ingest.parsing.limits import Limits
from mail_ingest.parsing.mime_tree import Part
from mail_ingest.parsing.parameters import parameter_text
from mail_ingest.parsing.winmail import NoMeeting, meeting_in

Json = dict[str, Any]

_CALENDAR_TYPES = frozenset({
    "text/calendar", "text/x-vcalendar", "application/ics", "application/x-ics", "application/calendar", "application/icalendar",
})  # fmt: skip
_CALENDAR_NAMES = (".ics", ".ical", ".icalendar", ".vcs")
_WINMAIL_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_UNREADABLE = {"too_large": "too_large", "no_events": "no_events"}
_HELD = CalendarHeld.subject


@dataclass(slots=True)
class _Found:
    """One object of the mail, before it is known whether it says anything new."""

    method: str | None
    header_method: str | None
    components: tuple[Component, ...] = ()
    calendar_timezone: str | None = None
    product: str | None = None
    problems: list[str] = field(default_factory=list)
    verdict: str = ""
    reason: str = ""
    detail: str = ""

    def says(self) -> tuple[str, ...]:
        """Equal for two objects that say the same of the same dates, however they are written."""
        return tuple(sorted(component.fingerprint for component in self.components))

    def concerns(self) -> tuple[tuple[str, str, int], ...]:
        return tuple(
            sorted(
                (c.uid, str(c.recurrence_id and (c.recurrence_id.at or c.recurrence_id.on)), c.sequence)
                for c in self.components
            )
        )


def calendars_of(
    root: Part,
    *,
    sender: str,
    sent_at: datetime | None,
    account_timezone: str,
    is_sent: bool,
    is_report: bool,
    limits: Limits,
) -> list[Json]:
    """`{"subject": …, "payload": …}` for every object, numbered; without what the header block of the mail says."""
    found: list[_Found] = []
    seen: dict[tuple[str, bytes], set[str | None]] = {}
    for part, is_forwarded in _calendar_parts(root):
        place = "in_sent" if is_sent else "in_bounce" if is_report else "in_forwarded_mail" if is_forwarded else ""
        data, header_method = part.content(), _header_method(part)
        methods = seen.setdefault((place, data.replace(b"\r\n", b"\n").strip()), set())
        if methods and (header_method is None or header_method in methods):
            continue  # the usual second copy; it need not be read to be recognised
        methods.add(header_method)
        for calendar in _read(part, data, header_method, sender, sent_at, account_timezone, limits):
            if place:
                calendar.verdict, calendar.reason = "ignored", place
            found.append(calendar)
    objects = _each_once(found)
    return [_payload(each, part, len(objects)) for part, each in enumerate(objects, start=1)]


def _calendar_parts(root: Part) -> Iterator[tuple[Part, bool]]:
    """The parts that are calendars, and whether they lie in an enclosed mail."""
    waiting = [(root, False)]
    while waiting:
        part, is_forwarded = waiting.pop()
        if part.children:
            inside = is_forwarded or part.is_enclosed_mail
            waiting += [(child, inside) for child in reversed(part.children)]
        elif _is_calendar(part) or _is_winmail(part):
            yield part, is_forwarded


def _is_calendar(part: Part) -> bool:
    if part.content_type in _CALENDAR_TYPES:
        return True
    return written_name(part).strip().lower().endswith(_CALENDAR_NAMES)


def _is_winmail(part: Part) -> bool:
    return part.content_type in _WINMAIL_TYPES


def _read(
    part: Part,
    data: bytes,
    header_method: str | None,
    sender: str,
    sent_at: datetime | None,
    account_timezone: str,
    limits: Limits,
) -> Iterator[_Found]:
    charset = part.charset
    if _is_winmail(part):
        try:
            meeting = meeting_in(data, sender=sender, sent_at=sent_at)
        except NoMeeting as none:
            yield _Found(None, None, verdict="review", reason=none.reason)
            return
        if meeting is None:
            return
        data, charset = meeting, "utf-8"
    bounds = LIMITS if limits.calendar_bytes == LIMITS.bytes else replace(LIMITS, bytes=limits.calendar_bytes)
    reading = read_calendar(data, charset=charset, account_timezone=account_timezone, limits=bounds)
    if not reading.calendars:
        problem = reading.problems[0] if reading.problems else "no_calendar"
        yield _Found(
            None, header_method, verdict="review", reason=_UNREADABLE.get(problem, "unreadable"), detail=problem
        )
        return
    for calendar in reading.calendars:
        yield _object(calendar, header_method, reading.problems)


def _object(calendar: ReadCalendar, header_method: str | None, part_problems: tuple[str, ...]) -> _Found:
    """The METHOD of the body wins; the header's counts when the body has none (DESIGN 5)."""
    found = _Found(
        method=calendar.method or header_method,
        header_method=header_method,
        components=calendar.components,
        calendar_timezone=calendar.calendar_timezone,
        product=calendar.product,
        problems=[*calendar.problems, *(problem for problem in part_problems if problem not in calendar.problems)],
    )
    if calendar.method and header_method and calendar.method != header_method:
        found.problems.append("methods_differ")
    if "too_many_events" in calendar.problems or "truncated" in calendar.problems:
        found.verdict, found.reason = (
            "review",
            "too_many_events" if "too_many_events" in calendar.problems else "truncated",
        )
    elif not calendar.components:
        found.verdict, found.reason = ("review" if "no_events" in part_problems else "ignored"), "no_events"
    elif found.method is None:
        found.verdict, found.reason = "ignored", "no_method"
    elif found.method not in CALENDAR_EVENTS:
        found.verdict, found.reason = "ignored", "unsupported_method"
    return found


def _header_method(part: Part) -> str | None:
    if not part.parameters:
        return None
    return (parameter_text(part.parameters, "method") or "").strip().upper()[:40] or None


def _each_once(found: list[_Found]) -> list[_Found]:
    """Without those that repeat another of the same mail: senders put an event into a text/calendar part and an attachment.

    A copy without METHOD says nothing its sibling with one does not say (invitations A4 rule 9, features E20).
    """
    kept: list[_Found] = []
    for each in sorted(found, key=lambda one: one.method is None):
        if not (each.components and any(_repeats(each, other) for other in kept)):
            kept.append(each)
    return [each for each in found if any(each is other for other in kept)]


def _repeats(one: _Found, other: _Found) -> bool:
    if one.method not in (None, other.method):
        return False
    return one.says() == other.says() or one.concerns() == other.concerns()


def _payload(found: _Found, part: int, parts: int) -> Json:
    payload: Json = {
        "part": part,
        "parts": parts,
        "method": found.method,
        "header_method": found.header_method,
        "components": [component.model_dump(mode="json") for component in found.components],
        "calendar_timezone": found.calendar_timezone,
        "product": found.product,
        "problems": found.problems,
    }
    if found.verdict:
        return {
            "subject": _HELD,
            "payload": payload | {"verdict": found.verdict, "reason": found.reason, "detail": found.detail},
        }
    return {"subject": CALENDAR_EVENTS[found.method or ""].subject, "payload": payload}
