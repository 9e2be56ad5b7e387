"""A proposal of other times (COUNTER) is declined: whoever made it is told, the meeting stays (RFC 5546 section 3.2.8)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from contracts.calendar import CalendarObject, Component
from contracts.tasks import InvitationDecided
from kit.database import AsyncSession
from kit.outbox import announce
from tasks_api.desk import Desk
from tasks_api.errors.invitations import NothingToDecide
from tasks_api.errors.letters import MailAccountNotConfigured, NotAProposal
from tasks_api.invitation_records import fact_of
from tasks_api.itip import reasons
from tasks_api.models.invitations import InvitationRow
from tasks_api.models.letters import Letter
from tasks_api.repository import invitations, letters, tasks
from tasks_api.sending_accounts import chosen_sender
from tasks_api.task import Task
from tasks_api.task_editing import Editor


async def decline_proposal(
    session: AsyncSession, desk: Desk, invitation_id: UUID, *, comment: str | None, editor: Editor, now: datetime
) -> tuple[InvitationRow, Letter]:
    """Raises NotAProposal, NothingToDecide where it is decided already, MailAccountNotConfigured."""
    record = await invitations.get_invitation(session, invitation_id)
    if record.method != "COUNTER" or not record.uid:
        raise NotAProposal(record.method)
    if record.outcome not in {"waiting", "review"}:
        raise NothingToDecide(record.outcome)
    component = _component(await invitations.get_object(session, record), record)
    task = await _task(session, record)
    if task is None or component is None:
        raise NotAProposal(record.method)
    accounts = await letters.sending_accounts(session)
    sender = chosen_sender(accounts, used=task.invited_from, organizer=task.fields.organizer)
    if sender is None:
        raise MailAccountNotConfigured
    letter = await desk.letters(session, now=now).send_declined_proposal(
        task, sender, _proposer(record, component), sequence=component.sequence, by=editor.subject,
        in_answer_to=record.id, comment=comment,
    )  # fmt: skip
    record.outcome, record.reason = "ignored", reasons.PROPOSAL_DECLINED
    record.would, record.decided_at, record.decided_by = None, now, editor.subject
    record.version += 1
    session.add(record)
    announce(session, fact_of(record, InvitationDecided))
    return record, letter


def _component(event: CalendarObject, record: InvitationRow) -> Component | None:
    return next((one for one in event.components if one.uid == record.uid), None)


async def _task(session: AsyncSession, record: InvitationRow) -> Task | None:
    """The task of the date the proposal is about, else that of the series."""
    family = await tasks.tasks_with_uids(session, [record.uid or ""])
    exact = next((task for task in family if task.recurrence_id == record.recurrence_id), None)
    return exact or next((task for task in family if task.recurrence_id is None), None)


def _proposer(record: InvitationRow, component: Component) -> str:
    """The attendee the proposal speaks for; where it names several, whoever sent it."""
    if len(component.attendees) == 1:
        return component.attendees[0].email
    return record.sender or component.attendees[0].email
