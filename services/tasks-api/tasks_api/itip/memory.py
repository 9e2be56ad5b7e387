"""What is remembered of one UID: who vouched for it, and the newest messages about the series and about each of its dates.

A task row says how things stand and belongs to people; the memory says what was received and belongs to mail. Received
SEQUENCE and DTSTAMP live only here, so nothing a person or our own answer does to a task can make a mail look stale or
new (invitations A4 rule 2). The service stores the document unread, one row per UID.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

Document = dict[str, Any]

_FORMAT = 1
_MOST_SEEN = 8


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """How new a message is: SEQUENCE, then DTSTAMP (RFC 5546 section 2.1.5). `stamp` is aware and in UTC."""

    sequence: int
    stamp: datetime

    def to_document(self) -> list[Any]:
        return [self.sequence, self.stamp.isoformat()]

    @classmethod
    def from_document(cls, stored: list[Any]) -> Version:
        return cls(int(stored[0]), datetime.fromisoformat(stored[1]).astimezone(UTC))


@dataclass(frozen=True, slots=True)
class Fact:
    """The newest request or cancellation about one thing.

    `seen` are fingerprints of contents received with this very version: a second content with an equal version is taken
    once, and a repeat of either changes nothing. `message` is the mail it came in. `named`: the attendees a cancellation
    without STATUS:CANCELLED names, None when it speaks of the whole event (features E25).
    """

    version: Version
    seen: tuple[str, ...] = ()
    message: str | None = None
    named: tuple[str, ...] | None = None

    def also_seen(self, fingerprint: str, message: str) -> Fact:
        seen = (*(s for s in self.seen if s != fingerprint), fingerprint)
        return replace(self, seen=seen[-_MOST_SEEN:], message=message)

    def to_document(self) -> Document:
        document: Document = {"version": self.version.to_document(), "seen": list(self.seen), "message": self.message}
        if self.named is not None:
            document["named"] = list(self.named)
        return document

    @classmethod
    def from_document(cls, stored: Document | None) -> Fact | None:
        if stored is None:
            return None
        named = stored.get("named")
        return cls(
            version=Version.from_document(stored["version"]),
            seen=tuple(stored.get("seen", ())),
            message=stored.get("message"),
            named=tuple(named) if named is not None else None,
        )


@dataclass(frozen=True, slots=True)
class Line:
    """The newest facts about the series as a whole, or about one date of it.

    `received`: what the organizer last said, field by field (long texts as a digest); a task that differs from it was
    changed by a person. `status` is the one mail last gave the task. `uninvited`: attendees withdrawn, and since when.
    """

    request: Fact | None = None
    cancel: Fact | None = None
    received: Mapping[str, Any] = field(default_factory=dict)
    status: str | None = None
    uninvited: Mapping[str, Version] = field(default_factory=dict)

    def to_document(self) -> Document:
        document: Document = {}
        if self.request:
            document["request"] = self.request.to_document()
        if self.cancel:
            document["cancel"] = self.cancel.to_document()
        if self.received:
            document["received"] = dict(self.received)
        if self.status:
            document["status"] = self.status
        if self.uninvited:
            document["uninvited"] = {email: version.to_document() for email, version in self.uninvited.items()}
        return document

    @classmethod
    def from_document(cls, stored: Document) -> Line:
        return cls(
            request=Fact.from_document(stored.get("request")),
            cancel=Fact.from_document(stored.get("cancel")),
            received=stored.get("received", {}),
            status=stored.get("status"),
            uninvited={e: Version.from_document(v) for e, v in stored.get("uninvited", {}).items()},
        )


@dataclass(frozen=True, slots=True)
class Authority:
    """Who may speak for a UID: its ORGANIZER, the From that created it, and the SENT-BYs stored with it (DESIGN 5).

    `ours`: the event is our own; what comes by mail can answer it but not change it. `trust` is how surely the creating
    sender was known (`authority.Trust`).
    """

    organizer: str | None
    sender: str | None = None
    sent_by: tuple[str, ...] = ()
    trust: str = ""
    ours: bool = False

    def to_document(self) -> Document:
        return {
            "organizer": self.organizer,
            "sender": self.sender,
            "sent_by": list(self.sent_by),
            "trust": self.trust,
            "ours": self.ours,
        }

    @classmethod
    def from_document(cls, stored: Document | None) -> Authority | None:
        if stored is None:
            return None
        return cls(
            organizer=stored.get("organizer"),
            sender=stored.get("sender"),
            sent_by=tuple(stored.get("sent_by", ())),
            trust=stored.get("trust", ""),
            ours=bool(stored.get("ours")),
        )


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A cancellation that came before anything else about its UID, with what vouches for it (A4 rule 4)."""

    recurrence_id: str | None
    this_and_future: bool
    fact: Fact
    organizer: str | None
    sender: str | None
    sent_by: str | None = None
    authenticated: bool = True

    def to_document(self) -> Document:
        return {
            "recurrence_id": self.recurrence_id,
            "this_and_future": self.this_and_future,
            "fact": self.fact.to_document(),
            "organizer": self.organizer,
            "sender": self.sender,
            "sent_by": self.sent_by,
            "authenticated": self.authenticated,
        }

    @classmethod
    def from_document(cls, stored: Document) -> Tombstone:
        fact = Fact.from_document(stored["fact"])
        assert fact is not None
        return cls(
            recurrence_id=stored.get("recurrence_id"),
            this_and_future=bool(stored.get("this_and_future")),
            fact=fact,
            organizer=stored.get("organizer"),
            sender=stored.get("sender"),
            sent_by=stored.get("sent_by"),
            authenticated=bool(stored.get("authenticated", True)),
        )


@dataclass(frozen=True, slots=True)
class SeriesMemory:
    """All that is remembered of one UID. `dates` and `replies` are keyed by instance key; replies of the series by ``.

    `listed`: dates the newest whole-series REQUEST carried as overrides. `cut`: RANGE=THISANDFUTURE cancellations by the date
    they begin with. `pending`: components (as JSON) that make sense only once the series is known, such as an ADD that
    overtook its REQUEST.
    """

    authority: Authority | None = None
    series: Line = field(default_factory=Line)
    dates: Mapping[str, Line] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()
    cut: Mapping[str, Fact] = field(default_factory=dict)
    tombstones: tuple[Tombstone, ...] = ()
    pending: tuple[Document, ...] = ()
    replies: Mapping[str, Mapping[str, Version]] = field(default_factory=dict)

    def to_document(self) -> Document:
        """The memory as JSON values; `from_document` reads it back."""
        return {
            "format": _FORMAT,
            "authority": self.authority.to_document() if self.authority else None,
            "series": self.series.to_document(),
            "dates": {key: line.to_document() for key, line in self.dates.items()},
            "listed": sorted(self.listed),
            "cut": {key: fact.to_document() for key, fact in self.cut.items()},
            "tombstones": [tombstone.to_document() for tombstone in self.tombstones],
            "pending": list(self.pending),
            "replies": {
                key: {email: version.to_document() for email, version in answers.items()}
                for key, answers in self.replies.items()
            },
        }

    @classmethod
    def from_document(cls, stored: Document | None) -> SeriesMemory | None:
        if not stored:
            return None
        cut = {key: Fact.from_document(fact) for key, fact in stored.get("cut", {}).items()}
        return cls(
            authority=Authority.from_document(stored.get("authority")),
            series=Line.from_document(stored.get("series", {})),
            dates={key: Line.from_document(line) for key, line in stored.get("dates", {}).items()},
            listed=frozenset(stored.get("listed", ())),
            cut={key: fact for key, fact in cut.items() if fact is not None},
            tombstones=tuple(Tombstone.from_document(t) for t in stored.get("tombstones", ())),
            pending=tuple(stored.get("pending", ())),
            replies={
                key: {email: Version.from_document(version) for email, version in answers.items()}
                for key, answers in stored.get("replies", {}).items()
            },
        )
