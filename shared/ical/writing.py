"""Calendars of our own: invitations, cancellations, answers and feeds as text (RFC 5545, RFC 5546).

Lines end with CR LF and are folded at 75 octets; every zone in use is defined by a VTIMEZONE. Nothing a person typed can end
a line or add a property (reliability C10).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Literal

from ical.recurrence import start_of_key
from ical.rrules import accepted_rule
from ical.zone_definitions import zone_definition
from ical.zones import iana_name, zone

PRODUCT = "-//Goniec//Goniec//EN"
Method = Literal["REQUEST", "CANCEL", "REPLY", "PUBLISH", "DECLINECOUNTER", "COUNTER", "REFRESH", "ADD"]

_LONGEST_LINE = 75
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_TOKEN = re.compile(r"[^A-Za-z0-9-]")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a calendar; `partstat` None leaves it out, as for an organizer. `sent_by`: who writes for them."""

    email: str
    name: str = ""
    partstat: str | None = None
    rsvp: bool = False
    role: str | None = None
    sent_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What one VEVENT or VTODO says. Times as in `ical.recurrence.Series`; `recurrence_id`, `rdates`, `exdates` are instance keys.

    `stamp` is the DTSTAMP: when this message was written. An end of a VTODO is its DUE.
    """

    uid: str
    stamp: datetime
    kind: Literal["VEVENT", "VTODO"] = "VEVENT"
    sequence: int = 0
    recurrence_id: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    timezone: str = "UTC"
    rrule: str | None = None
    rdates: tuple[str, ...] = ()
    exdates: tuple[str, ...] = ()
    summary: str = ""
    description: str = ""
    location: str = ""
    url: str | None = None
    status: str | None = None
    comment: str | None = None
    organizer: Person | None = None
    attendees: tuple[Person, ...] = ()
    percent_complete: int | None = None
    changed_at: datetime | None = None
    categories: tuple[str, ...] = ()


def calendar_text(events: Sequence[Event], *, method: Method | None = None, name: str | None = None) -> bytes:
    """One VCALENDAR. With `method` it is an iTIP message; without, a feed that may have a `name`."""
    parts = [calendar_start(name=name, method=method, zones=_zones(events))]
    parts += [component_text(event) for event in events]
    return b"".join((*parts, calendar_end()))


def calendar_start(*, zones: Mapping[str, int], name: str | None = None, method: Method | None = None) -> bytes:
    """How a calendar begins that is written piece by piece; `zones`: those its components use → the first year they do."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN"]
    if method is not None:
        lines.append(f"METHOD:{method}")
    if name:
        lines += [f"X-WR-CALNAME:{escaped(name)}", f"NAME:{escaped(name)}"]
    for zone_name, year in zones.items():
        lines += zone_definition(zone_name, year)
    return b"".join(folded(line) for line in lines)


def component_text(event: Event) -> bytes:
    """One component of a calendar that is written piece by piece."""
    return b"".join(folded(line) for line in _component(event))


def calendar_end() -> bytes:
    return folded("END:VCALENDAR")


def request_text(events: Sequence[Event]) -> bytes:
    """An invitation or an update of it: a series and its overrides share one UID and one organizer."""
    return calendar_text(events, method="REQUEST")


def cancellation_text(events: Sequence[Event], *, uninvited: Sequence[Person] = ()) -> bytes:
    """The whole event or single dates are off; with `uninvited` it goes on without these (RFC 5546 section 3.2.5)."""
    if uninvited:
        named = tuple(uninvited)
        return calendar_text(
            [replace(one, attendees=named, status=None, rrule=None) for one in events], method="CANCEL"
        )
    return calendar_text([replace(one, status="CANCELLED") for one in events], method="CANCEL")


def reply_text(event: Event, attendee: Person, *, comment: str | None = None) -> bytes:
    """An attendee's answer: the event as invited, with nobody but the one who answers (RFC 5546 section 3.2.3)."""
    answer = replace(
        event, attendees=(replace(attendee, rsvp=False),), comment=comment, rrule=None, rdates=(), exdates=()
    )
    return calendar_text([answer], method="REPLY")


def counter_decline_text(event: Event, proposer: Person, *, comment: str | None = None) -> bytes:
    """A proposal is declined; the event stays as it is (RFC 5546 section 3.2.8)."""
    return calendar_text([replace(event, attendees=(proposer,), comment=comment)], method="DECLINECOUNTER")


def escaped(text: str) -> str:
    """TEXT (RFC 5545 section 3.3.11); control characters are dropped, any line end is `\\n`."""
    plain = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    plain = plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    return plain.replace("\u2028", "\\n").replace("\u2029", "\\n").encode("utf-8", "replace").decode()


def folded(line: str) -> bytes:
    """The line with its CR LF, folded so that no piece is longer than 75 octets and no character is cut."""
    data = line.encode("utf-8", "replace")
    if len(data) <= _LONGEST_LINE:
        return data + b"\r\n"
    pieces, room = [], _LONGEST_LINE
    while data:
        cut = min(room, len(data))
        while cut < len(data) and data[cut] & 0xC0 == 0x80:
            cut -= 1
        pieces.append(data[:cut])
        data, room = data[cut:], _LONGEST_LINE - 1
    return b"\r\n ".join(pieces) + b"\r\n"


def _component(event: Event) -> Iterable[str]:
    yield f"BEGIN:{event.kind}"
    yield f"UID:{_one_line(event.uid)}"
    yield f"DTSTAMP:{_utc(event.stamp)}"
    yield f"SEQUENCE:{max(0, event.sequence)}"
    yield from _times(event)
    yield from _words(event)
    if event.organizer is not None:
        yield _person("ORGANIZER", event.organizer)
    for attendee in event.attendees:
        yield _person("ATTENDEE", attendee)
    yield f"END:{event.kind}"


def _times(event: Event) -> Iterable[str]:
    if event.recurrence_id is not None:
        yield _time("RECURRENCE-ID", start_of_key(event.recurrence_id), event.timezone)
    starts, ends = event.starts_on or event.starts_at, event.ends_on or event.ends_at
    if starts is not None:
        yield _time("DTSTART", starts, event.timezone)
    if ends is not None:
        yield _time("DUE" if event.kind == "VTODO" else "DTEND", ends, event.timezone)
    if event.rrule and (rule := accepted_rule(event.rrule)):
        yield f"RRULE:{rule}"
    for name, keys in (("RDATE", event.rdates), ("EXDATE", event.exdates)):
        for key in keys:
            yield _time(name, start_of_key(key), event.timezone)


def _words(event: Event) -> Iterable[str]:
    for name, text in (
        ("SUMMARY", event.summary),
        ("DESCRIPTION", event.description),
        ("LOCATION", event.location),
        ("COMMENT", event.comment),
    ):
        if text:
            yield f"{name}:{escaped(text)}"
    if event.url:
        yield f"URL:{_one_line(event.url)}"
    if event.status:
        yield f"STATUS:{_TOKEN.sub('', event.status).upper()}"
    if event.categories:
        yield "CATEGORIES:" + ",".join(escaped(category) for category in event.categories)
    if event.percent_complete is not None and event.kind == "VTODO":
        yield f"PERCENT-COMPLETE:{event.percent_complete}"
    if event.changed_at is not None:
        yield f"LAST-MODIFIED:{_utc(event.changed_at)}"


def _time(name: str, value: datetime | date, timezone: str) -> str:
    if not isinstance(value, datetime):
        return f"{name};VALUE=DATE:{value:%Y%m%d}"
    known = iana_name(timezone) or "UTC"
    if known == "UTC":
        return f"{name}:{_utc(value)}"
    return f"{name};TZID={known}:{value.astimezone(zone(known)):%Y%m%dT%H%M%S}"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _person(name: str, person: Person) -> str:
    parameters = [f"CN={_parameter(person.name)}"] if person.name else []
    if person.role:
        parameters.append(f"ROLE={_TOKEN.sub('', person.role).upper()}")
    if person.partstat:
        parameters.append(f"PARTSTAT={_TOKEN.sub('', person.partstat).upper()}")
    if person.rsvp:
        parameters.append("RSVP=TRUE")
    if person.sent_by:
        parameters.append(f'SENT-BY="mailto:{_one_line(person.sent_by).replace(chr(34), "")}"')
    return ";".join([name, *parameters]) + f":mailto:{_one_line(person.email)}"


def _parameter(value: str) -> str:
    """A parameter value, quoted; what cannot stand in one is written as RFC 6868 says."""
    plain = _CONTROLS.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    return '"' + plain.replace("^", "^^").replace('"', "^'").replace("\n", "^n").replace("\t", " ") + '"'


def _one_line(value: str) -> str:
    return _CONTROLS.sub("", value).replace("\n", "").replace("\t", " ").strip()


def _zones(events: Sequence[Event]) -> dict[str, int]:
    """The zones that are named, each with the earliest year it is needed for."""
    found: dict[str, int] = {}
    for event in events:
        known = iana_name(event.timezone) or "UTC"
        moments = [moment for moment in (event.starts_at, event.ends_at) if moment is not None]
        if event.recurrence_id is not None and isinstance(start := start_of_key(event.recurrence_id), datetime):
            moments.append(start)
        if known != "UTC" and event.starts_on is None and moments:
            found[known] = min(found.get(known, 9_999), *(moment.year for moment in moments))
    return found
