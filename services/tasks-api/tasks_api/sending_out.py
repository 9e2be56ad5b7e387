"""People outside are invited to a task of ours, and invitations are withdrawn (features E33-E36)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kit.database import AsyncSession
from tasks_api.desk import Desk
from tasks_api.errors.letters import (
    MailAccountCannotWrite,
    MailAccountNotConfigured,
    NobodyToInvite,
    NotOnTheList,
    OrganizedByOthers,
    WithoutStart,
)
from tasks_api.errors.tasks import TaskCancelledAlready, TaskCompletedAlready
from tasks_api.invitees import Card, Choice, Invitee, chosen_invitees
from tasks_api.letters import invite, uninvite
from tasks_api.models.letters import Letter
from tasks_api.organizing import is_ours
from tasks_api.repository import directory, letters
from tasks_api.sending_accounts import Sender, SendingAccount, chosen_sender
from tasks_api.task import Task
from tasks_api.task_editing import Editor


@dataclass(frozen=True, slots=True)
class Plan:
    """Who would be invited, by whom, and why these: `sender` None when no account can send."""

    sender: Sender | None
    choice: Choice


@dataclass(frozen=True, slots=True)
class SentOut:
    task: Task
    letter: Letter
    sender: Sender
    invitees: tuple[Invitee, ...]


async def plan_invitation(session: AsyncSession, task: Task, *, editor: Editor, named: UUID | None = None) -> Plan:
    """Which address is chosen and why, before anything leaves (features E33)."""
    accounts = await letters.sending_accounts(session)
    sender = await _sender(session, task, accounts, editor=editor, named=named)
    return Plan(sender, await _choice(session, task))


async def send_out(
    session: AsyncSession,
    desk: Desk,
    task: Task,
    *,
    people: Sequence[tuple[str, str]] | None,
    from_account_id: UUID | None,
    comment: str | None,
    editor: Editor,
    now: datetime,
) -> SentOut:
    """Invite the task's contacts, or the `people` named (address, name), to it: a REQUEST leaves by mail.

    The task keeps its UID for ever; whoever was invited before keeps their answer. Raises OrganizedByOthers, WithoutStart,
    NobodyToInvite, MailAccountNotConfigured, MailAccountCannotWrite.
    """
    await _check(session, task)
    accounts = await letters.sending_accounts(session)
    sender = await _sender(session, task, accounts, editor=editor, named=from_account_id)
    if sender is None:
        raise MailAccountCannotWrite(from_account_id) if from_account_id is not None else MailAccountNotConfigured
    choice = await _choice(session, task) if people is None else _named(people)
    if not choice.invitees:
        raise NobodyToInvite(list(choice.missing))
    booking = desk.booking(session, now=now)
    booking.touch(task)
    invite(
        task,
        [(one.email, one.name) for one in choice.invitees],
        organizer=sender.email,
        mail_account_id=sender.account.id,
    )
    booking.say(by=editor.subject)
    await booking.write()
    letter = await desk.letters(session, now=now).send_request(
        task, sender, [one.email for one in choice.invitees], by=editor.subject, comment=comment
    )
    return SentOut(task, letter, sender, choice.invitees)


async def withdraw_invitation(
    session: AsyncSession, desk: Desk, task: Task, email: str, *, comment: str | None, editor: Editor, now: datetime
) -> Letter:
    """The meeting goes on without somebody who was invited: they get a CANCEL that names them alone (features E25)."""
    person = next((one for one in task.fields.attendees if one.email == email), None)
    if person is None or task.invited_from is None:
        raise NotOnTheList
    writer = desk.letters(session, now=now)
    sender = await writer.sender_of(task)
    if sender is None:
        raise MailAccountNotConfigured
    booking = desk.booking(session, now=now)
    booking.touch(task)
    uninvite(task, email)
    task.set(sequence=task.fields.sequence + 1)
    booking.say(by=editor.subject)
    await booking.write()
    return await writer.send_withdrawal(task, sender, email, person.name, by=editor.subject, comment=comment)


# ---- the steps


async def _check(session: AsyncSession, task: Task) -> None:
    if task.status == "completed":
        raise TaskCompletedAlready
    if task.status == "cancelled":
        raise TaskCancelledAlready
    if task.uid is None or not await is_ours(session, task):
        raise OrganizedByOthers(task.fields.organizer)
    if task.fields.starts_at is None:
        raise WithoutStart


async def _sender(
    session: AsyncSession, task: Task, accounts: Sequence[SendingAccount], *, editor: Editor, named: UUID | None
) -> Sender | None:
    own_email = None
    if editor.employee_id is not None:
        own_email = next(
            iter((await directory.emails_of(session, [editor.employee_id])).get(editor.employee_id, ())), None
        )
    return chosen_sender(
        accounts, named=named, used=task.invited_from, organizer=task.fields.organizer, own_email=own_email
    )


async def _choice(session: AsyncSession, task: Task) -> Choice:
    account = await directory.find_account(session, task.account_id) if task.account_id is not None else None
    if account is None:
        return Choice()
    contacts = [one for contact_id in task.contact_ids if (one := await directory.find_contact(session, contact_id))]
    emails = await directory.emails_of(session, [account.id, *(one.id for one in contacts)])
    return chosen_invitees(
        Card(account.id, account.name, tuple(emails.get(account.id, ()))),
        [Card(one.id, one.name, tuple(emails.get(one.id, ())), one.is_default) for one in contacts],
    )


def _named(people: Sequence[tuple[str, str]]) -> Choice:
    return Choice(tuple({email: Invitee(email, "named", name) for email, name in people}.values()))
