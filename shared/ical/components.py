"""One VEVENT or VTODO as written → `contracts.calendar.Component`, keeping the event whatever is wrong with its details."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from contracts.calendar import Attendee, Component, Organizer, When
from ical.limits import Limits
from ical.lines import Property
from ical.rrules import accepted_rule
from ical.trees import Node
from ical.values import (
    Duration,
    addresses_in,
    calendar_address,
    duration_of,
    line_of,
    text_of,
    whole_number,
    written_time,
)
from ical.zones import UTC_ZONE, Zone, Zones

_PARTSTATS = frozenset({"NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED", "COMPLETED", "IN-PROCESS"})
_LONGEST_EVENT = timedelta(days=3_660)
_KEPT = (
    "CATEGORIES", "CLASS", "TRANSP", "GEO", "CONTACT", "RELATED-TO", "RESOURCES", "CREATED", "ATTACH", "CONFERENCE",
    "X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL", "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK",
    "X-MICROSOFT-CDO-ALLDAYEVENT", "X-MICROSOFT-CDO-INSTTYPE", "X-MICROSOFT-CDO-IMPORTANCE", "X-ALT-DESC",
)  # fmt: skip
_MOST_KEPT = 20
_NOT_CONTENT = frozenset({"DTSTAMP", "LAST-MODIFIED", "CREATED"})


class Reader:
    """Reads the events of one calendar; zones and limits are the calendar's."""

    def __init__(self, zones: Zones, limits: Limits) -> None:
        self.zones = zones
        self.limits = limits

    def component(self, node: Node) -> Component:
        problems: list[str] = []
        starts = self._when(node.first("DTSTART"), problems, "bad_dtstart")
        ends, ends_given = self._ends(node, starts, problems)
        recurrence_id = node.first("RECURRENCE-ID")
        sequence, sequence_given = _sequence(node, problems)
        attendees = self._attendees(node, problems)
        fingerprint = _fingerprint(node, starts, ends)
        kind: Literal["VEVENT", "VTODO"] = "VTODO" if node.name == "VTODO" else "VEVENT"
        if len(node.lines) > self.limits.properties:
            problems.append("too_many_properties")
        if not node.closed:
            problems.append("truncated")
        return Component.model_construct(
            kind=kind,
            uid=_uid(node, fingerprint, self.limits.uid, problems),
            recurrence_id=self._when(recurrence_id, problems, "bad_recurrence_id", like=starts),
            this_and_future=recurrence_id is not None and recurrence_id.parameter("RANGE").upper() == "THISANDFUTURE",
            sequence=sequence,
            sequence_given=sequence_given,
            dtstamp=_stamp(node.first("DTSTAMP")),
            last_modified=_stamp(node.first("LAST-MODIFIED")),
            starts=starts,
            ends=ends,
            ends_given=ends_given,
            summary=line_of(node.first("SUMMARY"), self.limits.title) or None,
            description=self._text(node, "DESCRIPTION", self.limits.text),
            location=line_of(node.first("LOCATION"), self.limits.short) or None,
            url=self._text(node, "URL", self.limits.short),
            status=node.value("STATUS").upper()[:40] or None,
            comment=self._text(node, "COMMENT", self.limits.text),
            organizer=_organizer(node.first("ORGANIZER")),
            attendees=attendees,
            rrule=_rule(node, problems),
            rdates=self._dates(node, "RDATE", starts, problems),
            exdates=self._dates(node, "EXDATE", starts, problems),
            percent_complete=_between(node.value("PERCENT-COMPLETE"), 0, 100),
            priority=_between(node.value("PRIORITY"), 0, 9),
            request_status=[found.value.strip()[:200] for found in node.all("REQUEST-STATUS")[:10]],
            alarms=sum(1 for _ in node.named("VALARM")),
            busy_status=node.value("X-MICROSOFT-CDO-BUSYSTATUS").upper()[:40] or None,
            properties=self._kept(node),
            fingerprint=fingerprint,
            timezone_guessed=any(when is not None and when.guessed for when in (starts, ends)),
            problems=list(dict.fromkeys(problems)),
        )

    # ---- times

    def _when(self, found: Property | None, problems: list[str], code: str, *, like: When | None = None) -> When | None:
        if found is None or not found.value.strip():
            return None
        when = self._read_when(found, found.value, like)
        if when is None:
            problems.append(code)
        return when

    def _read_when(self, found: Property, value: str, like: When | None = None) -> When | None:
        """A value; one without a zone is meant in the zone of `like`, the event's start, when that has one."""
        tzid = found.parameter("TZID") or None if found.raw_parameters else None
        written = written_time(value)
        if written is None and tzid and ":" in value:
            # TZID=tzone://Microsoft/Utc:20240115T100000, a name with a colon and no quotes
            rest, _, value = value.rpartition(":")
            tzid, written = f"{tzid}:{rest}", written_time(value)
        if written is None:
            return None
        if written.at is None or (found.raw_parameters and found.parameter("VALUE").upper() == "DATE"):
            return When.model_construct(on=written.on, tzid=tzid)
        if tzid is None and written.offset is None and like is not None and like.at is not None and not like.floating:
            return self._beside(written.at, like)
        return self._moment(written.at, written.offset, tzid)

    def _moment(self, wall: datetime, offset: timedelta | None, tzid: str | None) -> When:
        """A written offset (`Z`) outranks TZID; without both the time floats."""
        if offset is not None:
            zone = UTC_ZONE
            wall -= offset
        else:
            zone = self.zones.resolve(tzid, wall.year) if tzid else self.zones.floating
        return When.model_construct(
            at=zone.to_utc(wall),
            local=wall.isoformat(),
            timezone=zone.name,
            tzid=tzid,
            guessed=zone.guessed,
            floating=offset is None and tzid is None,
        )

    def _beside(self, wall: datetime, like: When) -> When:
        """A wall clock read in the zone of another time."""
        zone = self._zone_of(like, wall.year)
        return like.model_copy(update={"at": zone.to_utc(wall), "local": wall.isoformat()})

    def _ends(self, node: Node, starts: When | None, problems: list[str]) -> tuple[When | None, bool]:
        """DTEND (DUE), else DURATION, else the default of RFC 5545 section 3.6.1; whatever is broken falls through."""
        written = node.first("DUE" if node.name == "VTODO" else "DTEND")
        duration = node.value("DURATION")
        given = bool((written is not None and written.value.strip()) or duration)
        if written is not None and written.value.strip():
            ends = self._read_when(written, written.value, starts)
            fitting = self._fitting(starts, ends) if ends else None
            if fitting is not None:
                return fitting, True
            problems.append("bad_dtend")
        length = duration_of(duration) if duration else None
        if duration and length is None:
            problems.append("bad_duration")
        if starts is None:
            return None, given
        if length is not None:
            return self._after(starts, length), True
        if node.name == "VTODO":
            return None, given
        return _default_end(starts), given

    def _fitting(self, starts: When | None, ends: When) -> When | None:
        """The end in the kind of the start; None when it lies before it or absurdly far."""
        if starts is None:
            return ends
        if starts.on is not None:
            on = ends.on or date.fromisoformat((ends.local or "")[:10])
            if ends.on is None and ends.local and ends.local[11:] != "00:00:00":
                on += timedelta(days=1)
            if on < starts.on or on - starts.on > _LONGEST_EVENT:
                return None
            return (
                ends
                if on == ends.on and on > starts.on
                else When.model_construct(on=max(on, starts.on + timedelta(days=1)))
            )
        if ends.at is None:
            assert ends.on is not None
            ends = self._beside(datetime.combine(ends.on, datetime.min.time()), starts)
        assert starts.at is not None
        assert ends.at is not None
        return ends if starts.at <= ends.at <= starts.at + _LONGEST_EVENT else None

    def _after(self, starts: When, length: Duration) -> When:
        if starts.on is not None:
            days = max(1, length.days + length.exact.days + bool(length.exact.seconds))
            return When.model_construct(on=starts.on + timedelta(days=days))
        assert starts.at is not None
        assert starts.local is not None
        at = starts.at
        if length.days:
            wall = datetime.fromisoformat(starts.local) + timedelta(days=length.days)
            at = self._zone_of(starts, wall.year).to_utc(wall)
        at += length.exact
        local = datetime.fromisoformat(starts.local) + timedelta(days=length.days) + length.exact
        return starts.model_copy(update={"at": at, "local": local.isoformat()})

    def _zone_of(self, when: When, year: int) -> Zone:
        if when.tzid and when.timezone != "UTC":
            return self.zones.resolve(when.tzid, year)
        return Zone(when.timezone or "UTC")

    def _dates(self, node: Node, name: str, starts: When | None, problems: list[str]) -> list[When]:
        """RDATE or EXDATE values in the kind of the start: days for an all-day event, else moments."""
        found: dict[date | datetime | None, When] = {}
        for line in node.all(name):
            for value in line.value.split(",", self.limits.dates):
                if len(found) >= self.limits.dates:
                    problems.append("too_many_dates")
                    return list(found.values())
                when = self._read_when(line, value.partition("/")[0], starts)
                if when is not None:
                    when = self._in_kind_of(when, starts)
                    found.setdefault(when.on or when.at, when)
                elif value.strip():
                    problems.append(f"bad_{name.lower()}")
        return list(found.values())

    def _in_kind_of(self, when: When, starts: When | None) -> When:
        """EXDATE;VALUE=DATE of a timed series means the occurrence of that day; a time in an all-day series means its day."""
        if starts is None or (when.on is None) == (starts.on is None):
            return when
        if starts.on is not None:
            return When.model_construct(on=date.fromisoformat((when.local or "")[:10]))
        assert when.on is not None
        assert starts.local is not None
        return self._beside(datetime.combine(when.on, datetime.fromisoformat(starts.local).time()), starts)

    # ---- people and words

    def _attendees(self, node: Node, problems: list[str]) -> list[Attendee]:
        lines = node.all("ATTENDEE")
        if len(lines) > self.limits.attendees:
            problems.append("too_many_attendees")
        found: dict[str, Attendee] = {}
        for line in lines[: self.limits.attendees]:
            email = calendar_address(line)
            if email:
                found.setdefault(email, _attendee(line, email))
        return list(found.values())

    def _text(self, node: Node, name: str, longest: int) -> str | None:
        return text_of(node.first(name), longest) or None

    def _kept(self, node: Node) -> dict[str, list[str]]:
        kept: dict[str, list[str]] = {}
        for name in _KEPT:
            if name in node.properties:
                values = (text_of(line, self.limits.short) for line in node.all(name)[:_MOST_KEPT])
                kept[name] = [value for value in values if value]
        return kept


def _default_end(starts: When) -> When:
    if starts.on is not None:
        return When.model_construct(on=starts.on + timedelta(days=1))
    return starts


def _stamp(found: Property | None) -> datetime | None:
    """DTSTAMP is UTC by definition; written otherwise it is taken for UTC."""
    written = written_time(found.value) if found is not None else None
    if written is None:
        return None
    at = written.at or datetime.combine(written.on, datetime.min.time())
    return (at - (written.offset or timedelta(0))).replace(tzinfo=UTC)


def _sequence(node: Node, problems: list[str]) -> tuple[int, bool]:
    """SEQUENCE; where it is missing or 0, the one Exchange keeps beside it."""
    value = node.value("SEQUENCE")
    number = whole_number(value) if value else None
    if value and number is None:
        problems.append("bad_sequence")
    if not number:
        exchange = whole_number(node.value("X-MICROSOFT-CDO-APPT-SEQUENCE"))
        if exchange:
            return exchange, True
    return number or 0, number is not None


def _uid(node: Node, fingerprint: str, longest: int, problems: list[str]) -> str:
    """The UID as written. One that is missing or absurdly long is replaced by a stable one made of the content."""
    uid = node.value("UID")
    if not uid:
        problems.append("no_uid")
        return f"no-uid-{fingerprint[:40]}"
    if len(uid) > longest:
        problems.append("long_uid")
        return f"long-uid-{hashlib.sha256(uid.encode('utf-8', 'replace')).hexdigest()}"
    return uid


def _rule(node: Node, problems: list[str]) -> str | None:
    """The accepted RRULE; None with `recurrence_refused` when there is one that is not (also EXRULE, which RFC 5545 dropped)."""
    values = [value for found in node.all("RRULE") if (value := found.value.strip())]
    if node.all("EXRULE"):
        problems.append("recurrence_refused")
        return None
    if not values:
        return None
    rule = accepted_rule(values[0])
    if rule is None or any(accepted_rule(other) != rule for other in values[1:]):
        problems.append("recurrence_refused")
        return None
    return rule


def _between(value: str, lowest: int, highest: int) -> int | None:
    number = whole_number(value) if value else None
    return number if number is not None and lowest <= number <= highest else None


def _organizer(found: Property | None) -> Organizer | None:
    if found is None or not (email := calendar_address(found)):
        return None
    return Organizer.model_construct(email=email, name=_name(found), sent_by=_sent_by(found))


def _name(found: Property) -> str:
    return " ".join(found.parameter("CN")[:200].split())


def _sent_by(found: Property) -> str | None:
    return next(iter(addresses_in(found.parameter("SENT-BY"))), None) if "SENT-BY" in found.parameters else None


def _attendee(found: Property, email: str) -> Attendee:
    parameters = found.parameters
    partstat = parameters.get("PARTSTAT", "").strip('" ').upper()
    return Attendee.model_construct(
        email=email,
        name=_name(found),
        partstat=partstat if partstat in _PARTSTATS else "NEEDS-ACTION",
        role=found.parameter("ROLE").upper()[:40] or "REQ-PARTICIPANT",
        cutype=found.parameter("CUTYPE").upper()[:40] or "INDIVIDUAL",
        rsvp=found.parameter("RSVP").upper() == "TRUE",
        delegated_to=addresses_in(parameters.get("DELEGATED-TO", "")),
        delegated_from=addresses_in(parameters.get("DELEGATED-FROM", "")),
        sent_by=_sent_by(found),
    )


def _fingerprint(node: Node, starts: When | None, ends: When | None) -> str:
    """SHA-256 of the content, the same whatever the order of properties and parameters, the folding and the DTSTAMP."""
    moments = (f"{when.at or when.on}" if when else "" for when in (starts, ends))
    digest = hashlib.sha256("\x00".join((node.name, *moments, *sorted(_content(node)))).encode("utf-8", "replace"))
    return digest.hexdigest()


def _content(node: Node) -> Iterator[str]:
    for name, lines in node.properties.items():
        if name not in _NOT_CONTENT:
            for line in lines:
                parameters = line.raw_parameters
                if parameters.count(";") > 1:
                    parameters = ";".join(sorted(parameters.split(";")))
                yield f"{name}{parameters}:{line.value.strip()}"
