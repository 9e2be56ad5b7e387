"""Calendar messages of ours are written: as bytes, into the queue, in the transaction that wants them (features E34-E36)."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.addresses import domain_of
from ical.writing import Person
from kit.database import AsyncSession
from kit.ids import new_id
from kit.outgoing_mail import (
    File,
    Mailbox,
    OutgoingMail,
    Rendering,
    UnsafeValue,
    mail_bytes,
    new_message_id,
    wire_address,
)
from tasks_api.letter_calendars import Answering, answer, cancellation, declined_proposal, request, withdrawal
from tasks_api.letter_words import Kind, words_of
from tasks_api.letters import Change, Due, Method, due_letters, given_back, invited, lies_ahead
from tasks_api.models.letters import Letter
from tasks_api.repository import letters, tasks
from tasks_api.sending_accounts import Answerer, Sender, SendingAccount
from tasks_api.task import Task

FILE_NAME = "invite.ics"
BY_ITSELF = "automation:letters"
_ANSWERS: dict[str, Kind] = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}


@dataclass(frozen=True, slots=True)
class Style:
    """What every letter of this installation has: the language of its words, and the value of X-Loop."""

    locale: str
    loop_mark: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter before it is a mail."""

    method: Method
    kind: Kind
    task: Task
    calendar: bytes
    sequence: int
    recipients: tuple[Mailbox, ...]
    comment: str | None = None
    in_answer_to: UUID | None = None


class LetterWriter:
    """Writes the letters of one transaction. `by`: who wanted them, for the audit."""

    def __init__(self, session: AsyncSession, style: Style, *, now: datetime) -> None:
        self._session = session
        self._style = style
        self._now = now

    async def tell_changes(self, changes: Sequence[Change], *, by: str | None) -> list[Letter]:
        """What those who were invited have to hear of these changes (features E36)."""
        due = due_letters(changes, now=self._now)
        back = given_back(changes)
        if not due and not back:
            return []
        families = await self._families({one.uid for one in due} | {uid for uid, _ in back if uid is not None})
        told = {(one.uid, one.task.copy_number) for one in due if one.task.recurrence_id is None}
        for uid, copy_number in back - told:
            series = next((one for one in families.get(uid or "", ()) if _is_series(one, copy_number)), None)
            if series is not None and not series.is_closed and invited(series) and lies_ahead(series, self._now):
                due.append(Due("REQUEST", series, invited(series)))
        return [letter for one in due if (letter := await self._tell(one, families, by=by)) is not None]

    async def send_request(
        self, task: Task, sender: Sender, recipients: Iterable[str], *, by: str | None, kind: Kind = "invitation",
        comment: str | None = None, in_answer_to: UUID | None = None,
    ) -> Letter:  # fmt: skip
        """The task as it now stands, to these: a first invitation, or the answer to REFRESH."""
        family = (await self._families({task.uid or ""})).get(task.uid or "", [])
        calendar = request(_told(task, family), organizer=_organizer(sender), stamp=self._now)
        people = _mailboxes(task, recipients)
        return await self._post(
            Draft("REQUEST", kind, task, calendar, task.fields.sequence, people, comment, in_answer_to), sender, by=by
        )

    async def send_withdrawal(
        self, task: Task, sender: Sender, email: str, name: str, *, by: str | None, comment: str | None = None
    ) -> Letter:
        calendar = withdrawal(task, Person(email, name), organizer=_organizer(sender), stamp=self._now)
        draft = Draft("CANCEL", "withdrawal", task, calendar, task.fields.sequence, (Mailbox(email, name),), comment)
        return await self._post(draft, sender, by=by)

    async def send_answer(
        self,
        task: Task,
        answerer: Answerer,
        partstat: str,
        *,
        sequence: int,
        by: str | None,
        comment: str | None = None,
    ) -> Letter:
        """REPLY to the organizer (RFC 5546 section 3.2.3)."""
        answering = Answering(answerer.attendee, partstat, answerer.name, answerer.sent_by)
        calendar = answer(task, answering, sequence=sequence, comment=comment, stamp=self._now)
        to = (Mailbox(task.fields.organizer or ""),)
        return await self._post(
            Draft("REPLY", _ANSWERS[partstat], task, calendar, sequence, to, comment), answerer.sender, by=by
        )

    async def send_declined_proposal(
        self, task: Task, sender: Sender, proposer: str, *, sequence: int, by: str | None, in_answer_to: UUID,
        comment: str | None = None,
    ) -> Letter:  # fmt: skip
        """DECLINECOUNTER to whoever asked for another time (RFC 5546 section 3.2.8)."""
        (to,) = _mailboxes(task, [proposer])
        calendar = declined_proposal(
            task, Person(to.email, to.name), sequence=sequence, comment=comment, organizer=_organizer(sender),
            stamp=self._now,
        )  # fmt: skip
        draft = Draft("DECLINECOUNTER", "proposal_declined", task, calendar, sequence, (to,), comment, in_answer_to)
        return await self._post(draft, sender, by=by)

    # ---- the steps

    async def _tell(self, due: Due, families: dict[str, list[Task]], *, by: str | None) -> Letter | None:
        sender = await self.sender_of(due.task)
        if sender is None:
            return None
        organizer, task = _organizer(sender), due.task
        if not (people := _mailboxes(task, due.recipients)):
            return None
        if due.method == "CANCEL":
            calendar = cancellation(task, organizer=organizer, stamp=self._now)
            draft = Draft("CANCEL", "cancellation", task, calendar, task.fields.sequence, people)
        else:
            calendar = request(_told(task, families.get(due.uid, [])), organizer=organizer, stamp=self._now)
            draft = Draft("REQUEST", "update", task, calendar, task.fields.sequence, people)
        return await self._post(draft, sender, by=by or BY_ITSELF)

    async def sender_of(self, task: Task) -> Sender | None:
        """The account that invited to the task; None when it is gone or cannot send any more."""
        for account in await letters.sending_accounts(self._session):
            if account.id == task.invited_from and account.can_send:
                return Sender(account, _from_address(account, task.fields.organizer), "sent_before")
        return None

    async def _families(self, uids: Collection[str]) -> dict[str, list[Task]]:
        found: dict[str, list[Task]] = {}
        for task in await tasks.tasks_with_uids(self._session, [uid for uid in uids if uid]):
            found.setdefault(task.uid or "", []).append(task)
        return found

    async def _post(self, draft: Draft, sender: Sender, *, by: str | None) -> Letter:
        words = words_of(draft.task, draft.kind, locale=self._style.locale, comment=draft.comment)
        account = sender.account
        text = draft.calendar.decode()
        mail = OutgoingMail(
            message_id=new_message_id(secrets.token_bytes(16), domain_of(wire_address(account.address))),
            sender=Mailbox(sender.email, account.display_name), to=draft.recipients, cc=(), subject=words.subject,
            text=words.text, loop_mark=self._style.loop_mark, date=self._now,
            renderings=[Rendering("calendar", text, {"method": draft.method})],
            files=[File(FILE_NAME, "application/ics", draft.calendar)],
        )  # fmt: skip
        letter = Letter(
            id=new_id(), task_id=draft.task.id, uid=draft.task.uid or "", recurrence_id=draft.task.recurrence_id,
            method=draft.method, kind=draft.kind, sequence=draft.sequence, mail_account_id=account.id,
            rfc_message_id=mail.message_id, sender=account.address, subject=words.subject,
            recipients=[wire_address(one.email) for one in draft.recipients], content=mail_bytes(mail), attempts=[],
            next_attempt_at=self._now, created_at=self._now, author=(by or BY_ITSELF)[:200], in_answer_to=draft.in_answer_to,
        )  # fmt: skip
        await letters.add_letters(self._session, [letter])
        return letter


def is_writable(email: str) -> bool:
    """Whether mail can be addressed to it at all."""
    try:
        wire_address(email)
    except UnsafeValue:
        return False
    return True


def _told(task: Task, family: Sequence[Task]) -> list[Task]:
    """The task, and of a series also its dates that differ."""
    if task.recurrence_id is not None:
        return [task]
    dates = [
        one for one in family
        if one.recurrence_id is not None and one.copy_number == task.copy_number and one.uid == task.uid
    ]  # fmt: skip
    return [task, *dates]


def _is_series(task: Task, copy_number: int) -> bool:
    return task.recurrence_id is None and task.copy_number == copy_number


def _organizer(sender: Sender) -> Person:
    return Person(sender.email, sender.account.display_name)


def _from_address(account: SendingAccount, organizer: str | None) -> str:
    return organizer if organizer is not None and organizer in account.addresses else account.address


def _mailboxes(task: Task, emails: Iterable[str]) -> tuple[Mailbox, ...]:
    names = {one.email: one.name for one in task.fields.attendees}
    return tuple(Mailbox(email, _line(names.get(email, ""))) for email in dict.fromkeys(emails) if is_writable(email))


def _line(name: str) -> str:
    """A name that can stand in a header: names of attendees come from outside (reliability C10)."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:200]
