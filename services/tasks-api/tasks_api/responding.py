"""We answer an invitation: the organizer gets a REPLY, and the task shows our answer (issue 3; RFC 5546 section 3.2.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from kit.database import AsyncSession
from tasks_api.desk import Desk
from tasks_api.errors.letters import MailAccountNotConfigured, NotInvited, OrganizedByUs
from tasks_api.errors.tasks import TaskCancelledAlready
from tasks_api.itip.drafts import CANCELLED
from tasks_api.itip.memory import SeriesMemory
from tasks_api.letters import with_answer
from tasks_api.models.letters import Letter
from tasks_api.organizing import is_ours
from tasks_api.repository import directory, invitations, letters
from tasks_api.sending_accounts import Answerer, chosen_answerer
from tasks_api.task import Task
from tasks_api.task_editing import Editor

Response = Literal["accept", "decline", "tentative"]
_PARTSTAT: dict[Response, str] = {"accept": "ACCEPTED", "decline": "DECLINED", "tentative": "TENTATIVE"}


@dataclass(frozen=True, slots=True)
class Responded:
    task: Task
    letter: Letter
    answerer: Answerer


async def respond(
    session: AsyncSession,
    desk: Desk,
    task: Task,
    response: Response,
    *,
    comment: str | None,
    editor: Editor,
    now: datetime,
) -> Responded:
    """Answer the organizer from the mailbox that was invited.

    A meeting all of us decline is cancelled here, so that it reminds nobody; taking the answer back opens it again. What was
    received is not touched: our own answer must never make the organizer's next update look old (invitations A4 rule 2).
    Raises NotInvited, OrganizedByUs, MailAccountNotConfigured, TaskCancelledAlready.
    """
    if task.fields.organizer is None or task.uid is None:
        raise NotInvited
    if await is_ours(session, task):
        raise OrganizedByUs
    memory = (await invitations.memories_of(session, [task.uid])).get(task.uid, SeriesMemory())
    if _called_off(task, memory):
        raise TaskCancelledAlready
    accounts = await letters.sending_accounts(session)
    colleagues = await _colleagues(session, task)
    received_in = await invitations.mail_accounts_of(session, task.uid)
    answerer = chosen_answerer(
        accounts, task.fields.attendees, received_in=received_in, colleagues=_first_oneself(colleagues, editor)
    )
    if answerer is None:
        raise MailAccountNotConfigured
    ours = {email for account in accounts for email in account.addresses} | set(colleagues)
    partstat = _PARTSTAT[response]
    booking = desk.booking(session, now=now)
    booking.touch(task)
    with_answer(task, answerer.attendee, partstat, name=answerer.name)
    _follow(task, response, ours | {answerer.attendee})
    booking.say(by=editor.subject)
    await booking.write()
    letter = await desk.letters(session, now=now).send_answer(
        task, answerer, partstat, sequence=_sequence(task, memory), by=editor.subject, comment=comment
    )
    return Responded(task, letter, answerer)


def _called_off(task: Task, memory: SeriesMemory) -> bool:
    """Whether the organizer has cancelled it; what only we have cancelled can still be answered."""
    line = memory.series if task.recurrence_id is None else memory.dates.get(task.recurrence_id, memory.series)
    return task.status == "cancelled" and line.status == CANCELLED


def _follow(task: Task, response: Response, ours: set[str]) -> None:
    if response != "decline":
        if task.status == "cancelled":
            task.status = "planned"
        return
    all_decline = all(one.partstat == "DECLINED" for one in task.fields.attendees if one.email in ours)
    if all_decline and not task.is_closed:
        task.status = "cancelled"


def _sequence(task: Task, memory: SeriesMemory) -> int:
    """The SEQUENCE of the request that is answered."""
    line = memory.dates.get(task.recurrence_id) if task.recurrence_id is not None else memory.series
    request = (line.request if line is not None else None) or memory.series.request
    return request.version.sequence if request is not None else task.fields.sequence


async def _colleagues(session: AsyncSession, task: Task) -> dict[str, UUID]:
    """Invited addresses of our own people."""
    emails = [one.email for one in task.fields.attendees]
    holders = await directory.holders_of(session, emails)
    return {
        email: one.card_id
        for email in emails
        for one in holders.get(email, ())
        if one.kind == "employee" and one.active
    }


def _first_oneself(colleagues: dict[str, UUID], editor: Editor) -> list[str]:
    return sorted(colleagues, key=lambda email: colleagues[email] != editor.employee_id)
