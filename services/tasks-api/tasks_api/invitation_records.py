"""The record every iTIP object leaves: what was decided, why, and on whose authority (DESIGN 3, Invitations and tasks)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from contracts.calendar import CalendarHeld, CalendarObject, Component
from contracts.tasks import InvitationFact, InvitationReplied
from kit.ids import new_id
from tasks_api.changes_made import Carried
from tasks_api.itip.shapes import Decision, Outcome
from tasks_api.models.invitations import InvitationRow

UNKNOWN_TRUST = "unknown"
UID_TOO_LONG = "uid_too_long"
NO_EVENTS = "no_events"
SHOWN_UID = 200
"""Characters of a UID that is shown though nothing was decided about it."""

F = TypeVar("F", bound=InvitationFact)


@dataclass(slots=True, kw_only=True)
class Record:
    """One record, field by field as `models.invitations.InvitationRow`."""

    id: UUID
    object_id: UUID
    message_id: UUID
    mail_account_id: UUID
    outcome: str
    reason: str
    received_at: datetime
    recorded_at: datetime
    method: str | None = None
    uid: str | None = None
    recurrence_id: str | None = None
    sequence: int = 0
    organizer: str | None = None
    sender: str | None = None
    sender_trust: str = UNKNOWN_TRUST
    mail_subject: str = ""
    summary: str = ""
    starts: str | None = None
    would: str | None = None
    task_ids: list[str] | None = None
    account_match: dict[str, Any] | None = None
    details: dict[str, Any] | None = None
    changes: list[dict[str, Any]] | None = None
    version: int = 1
    decided_at: datetime | None = None
    decided_by: str | None = None

    def row(self) -> dict[str, Any]:
        row = {name: getattr(self, name) for name in _NAMES}
        row["task_ids"] = self.task_ids or []
        row["details"] = self.details or {}
        row["changes"] = self.changes or []
        return row


_NAMES = tuple(field.name for field in fields(Record))


def fact_of(record: Record | InvitationRow, kind: type[F]) -> F:
    """A record as listeners hear of it."""
    return kind(
        invitation_id=record.id,
        message_id=record.message_id,
        method=record.method,
        uid=record.uid,
        recurrence_id=record.recurrence_id,
        outcome=record.outcome,
        reason=record.reason,
        task_ids=[UUID(task_id) for task_id in record.task_ids or ()],
    )


def replied(record: Record, decision: Decision) -> InvitationReplied:
    """Somebody answered an invitation of ours (features E35)."""
    assert decision.answer is not None
    told = fact_of(record, InvitationFact).model_dump()
    return InvitationReplied(
        **told,
        attendee=decision.answer.attendee,
        partstat=decision.answer.partstat,
        comment=decision.details.get("comment"),
    )


def record_of(object_id: UUID, event: CalendarObject, decision: Decision, carried: Carried, *, now: datetime) -> Record:
    """The record of one decision."""
    record = _record(object_id, event, _component(event, decision), now=now)
    record.outcome = decision.outcome.value
    record.reason = decision.reason
    record.method = decision.method
    record.uid = decision.uid
    record.recurrence_id = decision.recurrence_id
    record.sequence = decision.sequence
    record.organizer = decision.organizer
    record.sender_trust = decision.sender_trust
    record.would = decision.would.value if decision.would else None
    record.task_ids = [str(task_id) for task_id in decision.task_ids]
    record.account_match = carried.match.to_document() if carried.match else None
    record.details = dict(decision.details)
    record.changes = [made.to_document() for made in carried.made]
    return record


def held_record(object_id: UUID, event: CalendarObject, *, now: datetime) -> Record:
    """The record of a part that must not act, or that says nothing that could be decided about."""
    record = _record(object_id, event, event.components[0] if event.components else None, now=now)
    if isinstance(event, CalendarHeld):
        record.outcome = event.verdict
        record.reason = event.reason
        record.details = {"detail": event.detail} if event.detail else {}
    else:
        record.reason = UID_TOO_LONG if event.components else NO_EVENTS
    return record


def _record(object_id: UUID, event: CalendarObject, component: Component | None, *, now: datetime) -> Record:
    record = Record(
        id=new_id(),
        object_id=object_id,
        message_id=event.message_id,
        mail_account_id=event.mail_account_id,
        outcome=Outcome.REVIEW.value,
        reason="",
        received_at=event.received_at,
        recorded_at=now,
        method=event.method,
        sender=event.sender.email if event.sender else None,
        mail_subject=event.mail_subject,
    )
    if component is not None:
        record.uid = component.uid[:SHOWN_UID]
        record.sequence = component.sequence
        record.summary = component.summary or ""
        record.organizer = component.organizer.email if component.organizer else None
        if component.starts is not None:
            when = component.starts.on or component.starts.at
            record.starts = when.isoformat() if when else None
    return record


def _component(event: CalendarObject, decision: Decision) -> Component | None:
    """The component that tells what the decision is about."""
    same = [component for component in event.components if component.uid == decision.uid]
    if decision.recurrence_id is None:
        return next((component for component in same if component.recurrence_id is None), same[0] if same else None)
    return next((component for component in same if component.recurrence_id is not None), None)
