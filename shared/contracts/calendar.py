"""What mail-ingest says about calendars found in mail: one event per iTIP object (RFC 5546, RFC 6047).

mail-ingest reads and cleans; nothing here says what should happen. tasks-api decides.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.addresses import Address
from contracts.mail import Authentication, FolderRole
from kit.events import Event


class When(BaseModel):
    """A time of a calendar: an all-day date, or a moment with the zone it was written in.

    Exactly one of `on` and `at` is set. `at` is aware and in UTC; `local` is the wall clock as written (`2026-11-30T09:00:00`),
    `timezone` the IANA zone it was resolved in (`UTC` for `Z`), `tzid` the raw TZID. `guessed`: the zone name was unknown and
    the account's zone was taken (DESIGN 5). `floating`: no zone was given; the account's zone was taken.
    """

    model_config = ConfigDict(frozen=True)

    on: date | None = None
    at: datetime | None = None
    local: str | None = None
    timezone: str | None = None
    tzid: str | None = None
    guessed: bool = False
    floating: bool = False

    @property
    def is_all_day(self) -> bool:
        return self.on is not None


class Organizer(BaseModel):
    model_config = ConfigDict(frozen=True)

    email: str  # canonical
    name: str = ""
    sent_by: str | None = None  # canonical


class Attendee(BaseModel):
    """An invited party; `partstat` in the words of RFC 5545 section 3.2.12, upper-case."""

    model_config = ConfigDict(frozen=True)

    email: str
    name: str = ""
    partstat: str = "NEEDS-ACTION"
    role: str = "REQ-PARTICIPANT"
    cutype: str = "INDIVIDUAL"
    rsvp: bool = False
    delegated_to: list[str] = Field(default_factory=list)
    delegated_from: list[str] = Field(default_factory=list)
    sent_by: str | None = None


class Component(BaseModel):
    """One VEVENT or VTODO, its values made canonical; missing properties are None or empty.

    VTODO: `starts` is DTSTART, `ends` is DUE. All-day `ends` is exclusive as DTEND is. `ends_given` tells whether DTEND, DUE or
    DURATION was written at all; when not, `ends` is the default of RFC 5545 section 3.6.1.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["VEVENT", "VTODO"] = "VEVENT"
    uid: str
    recurrence_id: When | None = None
    this_and_future: bool = False
    sequence: int = 0  # SEQUENCE, else X-MICROSOFT-CDO-APPT-SEQUENCE when SEQUENCE is missing or 0
    sequence_given: bool = False
    dtstamp: datetime | None = None
    last_modified: datetime | None = None
    starts: When | None = None
    ends: When | None = None
    ends_given: bool = False
    timezone_guessed: bool = False
    summary: str | None = None
    description: str | None = None
    location: str | None = None
    url: str | None = None
    status: str | None = None  # upper-case: CONFIRMED, TENTATIVE, CANCELLED, NEEDS-ACTION, …
    comment: str | None = None
    organizer: Organizer | None = None
    attendees: list[Attendee] = Field(default_factory=list)
    rrule: str | None = None
    rdates: list[When] = Field(default_factory=list)
    exdates: list[When] = Field(default_factory=list)
    percent_complete: int | None = None
    priority: int | None = None
    request_status: list[str] = Field(default_factory=list)
    alarms: int = 0  # how many; never imported as our reminders (invitations A4 rule 18)
    busy_status: str | None = None  # X-MICROSOFT-CDO-BUSYSTATUS, upper-case
    properties: dict[str, list[str]] = Field(default_factory=dict)  # other properties worth keeping, raw, bounded
    fingerprint: str = ""  # SHA-256 of the content without DTSTAMP, independent of order and folding
    problems: list[str] = Field(default_factory=list)  # stable codes: recurrence_refused, bad_dtend, …


class CalendarObject(Event):
    """One iTIP object of one mail: a VCALENDAR with a METHOD and its components. Base of all `calendar.*` events.

    `part` counts from 1 to `parts`, all the objects this mail left; a listener has the whole mail when it has them all.
    """

    message_id: UUID
    mail_account_id: UUID
    mailbox: str
    own_addresses: list[str] = Field(default_factory=list)  # address and aliases of that mail account
    invitation_policy: Literal["auto", "ask"] = "auto"
    auto_create_from: Literal["anyone", "known", "nobody"] | None = None  # of that mail account; None: it says nothing
    account_timezone: str = "Europe/Warsaw"
    role: FolderRole = FolderRole.INBOX
    part: int = 1
    parts: int = 1
    rfc_message_id: str | None = None
    mail_subject: str = ""
    received_at: datetime
    sender: Address | None = None
    from_count: int = 1  # mailboxes in all From headers; more than one proves nobody
    sender_header: str | None = None  # canonical address of Sender
    reply_to: list[str] = Field(default_factory=list)
    authentication: Authentication = Field(default_factory=Authentication)
    method: str | None = None  # upper-case, the one that counts (the body's wins)
    header_method: str | None = None
    components: list[Component] = Field(default_factory=list)
    calendar_timezone: str | None = None  # X-WR-TIMEZONE resolved
    product: str | None = None
    problems: list[str] = Field(default_factory=list)
    imported: bool = False

    def key(self) -> str:
        return self.message_id.hex


class CalendarRequest(CalendarObject):
    """An organizer invites, moves or changes (METHOD:REQUEST, RFC 5546 section 3.2.2)."""

    subject: ClassVar[str] = "calendar.request.v1"


class CalendarCancel(CalendarObject):
    """An organizer calls off a meeting, some dates of it, or some attendees (METHOD:CANCEL, RFC 5546 section 3.2.5)."""

    subject: ClassVar[str] = "calendar.cancel.v1"


class CalendarReply(CalendarObject):
    """An attendee answers (METHOD:REPLY, RFC 5546 section 3.2.3)."""

    subject: ClassVar[str] = "calendar.reply.v1"


class CalendarCounter(CalendarObject):
    """An attendee proposes another time (METHOD:COUNTER, RFC 5546 section 3.2.7)."""

    subject: ClassVar[str] = "calendar.counter.v1"


class CalendarAdd(CalendarObject):
    """An organizer adds dates to a series (METHOD:ADD, RFC 5546 section 3.2.4)."""

    subject: ClassVar[str] = "calendar.add.v1"


class CalendarRefresh(CalendarObject):
    """An attendee asks for the newest state (METHOD:REFRESH, RFC 5546 section 3.2.6)."""

    subject: ClassVar[str] = "calendar.refresh.v1"


class CalendarDeclineCounter(CalendarObject):
    """An organizer declines a proposal (METHOD:DECLINECOUNTER, RFC 5546 section 3.2.8)."""

    subject: ClassVar[str] = "calendar.declinecounter.v1"


class CalendarPublish(CalendarObject):
    """A calendar is announced and no answer is expected (METHOD:PUBLISH, RFC 5546 section 3.2.1)."""

    subject: ClassVar[str] = "calendar.publish.v1"


class CalendarHeld(CalendarObject):
    """A calendar part that must not act: not a scheduling message, in the wrong place, or unreadable.

    `verdict` is the outcome its record gets; `reason` a stable code: no_method, in_bounce, in_sent, in_forwarded_mail,
    unsupported_method, unreadable, no_events, too_large, too_many_events, methods_differ, winmail_without_event, …
    """

    subject: ClassVar[str] = "calendar.held.v1"

    verdict: Literal["ignored", "review"] = "review"
    reason: str
    detail: str = ""


CALENDAR_EVENTS: dict[str, type[CalendarObject]] = {
    "REQUEST": CalendarRequest,
    "CANCEL": CalendarCancel,
    "REPLY": CalendarReply,
    "COUNTER": CalendarCounter,
    "ADD": CalendarAdd,
    "REFRESH": CalendarRefresh,
    "DECLINECOUNTER": CalendarDeclineCounter,
    "PUBLISH": CalendarPublish,
}
