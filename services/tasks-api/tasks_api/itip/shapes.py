"""What the deciding module is given and what it answers: values only, no session, no clock, no HTTP.

The service loads a `KnownSeries` per UID, calls `decide`, and carries out each `Decision` in one transaction:

1. every `Change` of `decision.changes`, in order (each class below says what it asks for);
2. `decision.after.memory.to_document()` is stored as the document of that UID (one row per UID, replaced as a whole);
3. one invitation record is written from the fields of the decision.

`decision.after` is the state after these changes. A batch that holds several messages about one UID hands it on to the
next `decide` instead of reading the database again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from contracts.tasks import TaskAttendee
from kit.ids import new_id
from tasks_api.itip.memory import SeriesMemory

TaskStatus = Literal["planned", "in_progress", "completed", "cancelled"]


class Outcome(StrEnum):
    """What came of one iTIP object (DESIGN 3, Invitations and tasks)."""

    CREATED = "created"
    UPDATED = "updated"
    CANCELLED = "cancelled"
    REPLIED = "replied"
    UNCHANGED = "unchanged"
    STALE = "stale"
    WAITING = "waiting"
    REVIEW = "review"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFields:
    """The part of a task that a calendar speaks about. Names and meanings are those of `contracts.tasks.TaskState`.

    `starts_at` and `ends_at` are aware and in UTC; an all-day task has `starts_on` and `ends_on` (exclusive) beside moments
    at local midnight of `timezone`. `rdates` and `exdates` are instance keys: `2024-01-22T10:00:00Z`, or `2024-01-22` when
    all-day; the same spelling as `recurrence_id` everywhere. `sequence` is the one received last.
    """

    kind: Literal["task", "meeting", "interaction"] = "meeting"
    title: str = ""
    description: str = ""
    location: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    all_day: bool = False
    timezone: str = "Europe/Warsaw"
    timezone_guessed: bool = False
    rrule: str | None = None
    rdates: tuple[str, ...] = ()
    exdates: tuple[str, ...] = ()
    sequence: int = 0
    organizer: str | None = None
    attendees: tuple[TaskAttendee, ...] = ()
    percent_complete: int = 0


@dataclass(frozen=True, slots=True)
class KnownTask:
    """One task row of a UID. `touched_by_hand`: a person edited, assigned, annotated or moved it since it was made.

    What exactly was edited need not be told: fields that differ from what the organizer last said are a person's.
    """

    task_id: UUID
    recurrence_id: str | None  # instance key; None for the series or the plain event
    status: TaskStatus
    fields: TaskFields
    touched_by_hand: bool = False


@dataclass(frozen=True, slots=True)
class KnownSeries:
    """Everything stored about one UID.

    `memory` is `SeriesMemory.from_document(stored)` of the UID's row, or None when there is none. `tasks` are all rows with
    that UID that are not deleted, cancelled ones included, oldest first; a repeat forced by a person (features E11) makes
    two rows with the same `recurrence_id`. Tasks without a memory are our own (made here, invited from here).
    """

    uid: str
    memory: SeriesMemory | None = None
    tasks: tuple[KnownTask, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What deciding depends on beside the message and the state.

    `own_addresses`: canonical addresses of all mail accounts, aliases and employees; those of the message are added.
    `sender_known`: the directory knows the From address (needed when `auto_create_from` is `known`).
    `flooded`: an unknown sender has made too many new meetings in this hour (reliability C6).
    `confirmed_by_person`: a person asked for it (POST /v1/invitations/{id}/tasks with `update`, …/cancellation): policy,
    authority and perspective are not asked for, order and tombstones still are.
    `only_tasks`: a confirmed cancellation names a subset (features E29). `new_id` gives ids to tasks that are created.
    """

    now: datetime
    own_addresses: frozenset[str] = frozenset()
    policy: Literal["auto", "ask"] | None = None  # None: the one the message names
    auto_create_from: Literal["anyone", "known", "nobody"] = "anyone"
    sender_known: bool = False
    flooded: bool = False
    confirmed_by_person: bool = False
    only_tasks: frozenset[UUID] | None = None
    untitled: str = "(bez tytułu)"
    timezone: str = "Europe/Warsaw"  # for `import_events`; a mail brings that of its account
    new_id: Callable[[], UUID] = new_id


@dataclass(frozen=True, slots=True)
class CreateTask:
    """Insert a task row with this id, the decision's UID and `recurrence_id`, `status`, and every field of `fields`.

    What a calendar does not speak about (account, assignees, type, reminders, colour) is the service's: it looks up the
    account by the From address of the mail (features E5) and copies the reminder settings. An override of a known series
    takes account, contacts, assignees and reminder plan of `like` (the series' task) when that is given.
    """

    task_id: UUID
    recurrence_id: str | None
    fields: TaskFields
    status: TaskStatus = "planned"
    like: UUID | None = None


@dataclass(frozen=True, slots=True)
class UpdateTask:
    """Set exactly the fields named in `changed` to their values in `fields`; never empty. Says `task.updated`."""

    task_id: UUID
    fields: TaskFields
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CancelTask:
    """Set status `cancelled`, status code `a`; the task stays in the list (features E18). Says `task.cancelled`."""

    task_id: UUID


@dataclass(frozen=True, slots=True)
class ReopenTask:
    """The organizer took a cancellation back: status `planned` again. Says `task.reopened`."""

    task_id: UUID


@dataclass(frozen=True, slots=True)
class RemoveTask:
    """The override is no longer one: its date follows the series again. Take the row out of the list. Says `task.deleted`.

    Only asked for rows nobody has touched by hand; others become a plain copy of the series' date instead.
    """

    task_id: UUID


Change = CreateTask | UpdateTask | CancelTask | ReopenTask | RemoveTask


@dataclass(frozen=True, slots=True)
class Proposal:
    """Other times an attendee asks for (COUNTER); confirming the record by hand takes them over."""

    by: str
    fields: TaskFields
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Who answered one of our invitations, and what (RFC 5545 section 3.2.12)."""

    attendee: str
    partstat: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes of one iTIP object, ready to be stored as an invitation record and carried out.

    One REQUEST with a series and its overrides is one decision (`recurrence_id` None); a message about single dates gives
    one decision per date. `reason` is a stable code, see `reasons.py`. `changes` is empty unless the outcome is created,
    updated, cancelled or replied; `would` and `would_change` say what confirming would do while it waits.
    `answer`: what a REPLY says. `asks`: the invited person who wants to be told the current state (REFRESH).
    `task_ids`: the tasks it made, changed or is about. `sender_trust`: see `authority.Trust`.
    """

    uid: str
    recurrence_id: str | None
    method: str
    sequence: int
    organizer: str | None
    sender_trust: str
    outcome: Outcome
    reason: str
    after: KnownSeries
    changes: tuple[Change, ...] = ()
    task_ids: tuple[UUID, ...] = ()
    would: Outcome | None = None
    would_change: tuple[Change, ...] = ()
    proposal: Proposal | None = None
    answer: Answer | None = None
    asks: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)
