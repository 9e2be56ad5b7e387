"""Telling the owner of a task that a reminder was missed: one mail for all that were missed together (reliability B7).

A digest is no reminder: it is tried a few times, and a crash may send it twice under the same Message-ID.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from contracts.tasks import TaskState
from kit.database import AsyncSession, Database
from kit.ids import new_id
from reminder_dispatcher.automation import zone_named
from reminder_dispatcher.channels.role import Channel, Mail, NotEver, NotNow, OutcomeUnknown
from reminder_dispatcher.composing import Language
from reminder_dispatcher.missed_digest import MissedReminder, digest_subject, digest_text
from reminder_dispatcher.models import Digest, EmployeeCard, Reminder
from reminder_dispatcher.recipients import spoken, wire_address
from reminder_dispatcher.repository import automation as automation_repository
from reminder_dispatcher.repository import copies
from reminder_dispatcher.repository import digests as repository
from reminder_dispatcher.statuses import ARMED_TOO_LATE

GATHERED_FOR = timedelta(minutes=2)
LOOK_EVERY = timedelta(seconds=60)
_AT_ONCE = 500
_LEASE = timedelta(minutes=7)
_MOST_TRIES = 6

log = structlog.get_logger("reminder_dispatcher.digests")


class Digests:
    """Collects what was missed and mails it through the account of the automation."""

    def __init__(self, database: Database, email: Channel[Mail], language: Language) -> None:
        self._database = database
        self._email = email
        self._language = language

    async def run(self) -> None:
        while True:
            await self.tell()
            await asyncio.sleep(LOOK_EVERY.total_seconds())

    async def tell(self) -> int:
        """Write and send what is due; how many mails left."""
        now = await self._database.now()
        async with self._database.transaction() as session:
            await gather(session, self._language, now=now)
            due = await claim(session, now=now)
        sent = 0
        for digest, mail in due:
            sent += await self._send(digest, mail)
        return sent

    async def _send(self, digest: Digest, mail: Mail) -> bool:
        values: dict[str, Any] = {"status": "sent"}
        try:
            await self._email.send(mail)
        except OutcomeUnknown:
            values = {"status": "sent"}  # it may have arrived; a second one is not worth the doubt
        except (NotNow, NotEver) as refusal:
            log.warning("digest_not_sent", digest_id=str(digest.id), reason=refusal.reason)
            is_over = isinstance(refusal, NotEver) and not refusal.whole_channel
            values = {"status": "failed" if is_over or digest.tries >= _MOST_TRIES else "due"}
        async with self._database.transaction() as session:
            await repository.change_digest(session, digest.id, values)
        return bool(values["status"] == "sent")


async def gather(session: AsyncSession, language: Language, *, now: datetime) -> None:
    """Turn missed reminders into one digest for each owner. Of plans that came too late their maker knows."""
    missed = await repository.unreported_misses(session, before=now - GATHERED_FOR, limit=_AT_ONCE)
    if not missed:
        return
    await repository.mark_reported(session, [reminder.id for reminder in missed], now=now)
    tasks = await copies.tasks_by_id(session, {reminder.task_id for reminder in missed})
    owners = await _owners(session, tasks.values())
    by_owner: dict[UUID, list[Reminder]] = {}
    for reminder in missed:
        owner = owners.get(reminder.task_id)
        if owner is not None and reminder.reason != ARMED_TOO_LATE:
            by_owner.setdefault(owner.id, []).append(reminder)
    cards = {owner.id: owner for owner in owners.values()}
    rows = [_row(cards[owner], reminders, tasks, language, now) for owner, reminders in by_owner.items()]
    await repository.add_digests(session, rows)
    if rows:
        log.warning("reminders_missed", reminders=len(missed), digests=len(rows))


async def claim(session: AsyncSession, *, now: datetime) -> list[tuple[Digest, Mail]]:
    """The digests to send now; whoever claims one has some minutes for it."""
    settings = await automation_repository.get_settings(session)
    if settings.mail_account_id is None:
        return []
    digests = await repository.due_digests(session, now=now, limit=20)
    cards = await copies.employees_by_id(session, {digest.employee_id for digest in digests})
    account = await copies.find_mail_account(session, settings.mail_account_id)
    domain = account.address.rpartition("@")[2].lower() if account else "goniec.invalid"
    found: list[tuple[Digest, Mail]] = []
    for digest in digests:
        card = cards.get(digest.employee_id)
        address = wire_address(card.email) if card is not None and card.email else None
        if card is None or address is None:
            await repository.change_digest(session, digest.id, {"status": "failed"})
            continue
        await repository.change_digest(session, digest.id, {"tries": digest.tries + 1, "next_at": now + _LEASE})
        mail = Mail(
            message_id=f"d.{digest.id.hex}@{domain}",
            mail_account_id=settings.mail_account_id,
            to=address,
            to_name=card.name,
            bcc=(),
            subject=digest.subject,
            text=digest.text,
            html=None,
            language=spoken(card.locale, "pl"),
        )
        found.append((digest, mail))
    return found


async def _owners(session: AsyncSession, tasks: Iterable[TaskState]) -> dict[UUID, EmployeeCard]:
    """Who made the task, else the first who carries it out; by task."""
    all_tasks = list(tasks)
    makers = await copies.employees_of_users(session, {task.created_by for task in all_tasks if task.created_by})
    assignees = await copies.employees_by_id(session, {one for task in all_tasks for one in task.assignee_ids})
    owners: dict[UUID, EmployeeCard] = {}
    for task in all_tasks:
        maker = makers.get(task.created_by) if task.created_by else None
        others = (assignees[one] for one in task.assignee_ids if one in assignees and assignees[one].active)
        owner = maker or next(others, None)
        if owner is not None:
            owners[task.task_id] = owner
    return owners


def _row(
    owner: EmployeeCard, missed: Sequence[Reminder], tasks: dict[UUID, TaskState], language: Language, now: datetime
) -> dict[str, Any]:
    locale = spoken(owner.locale, language.locale)
    entries = [_entry(reminder, tasks.get(reminder.task_id), language) for reminder in missed]
    entries.sort(key=lambda entry: entry.starts_at)
    return {
        "id": new_id(),
        "employee_id": owner.id,
        "missed": len(missed),
        "status": "due",
        "next_at": now,
        "tries": 0,
        "text": digest_text(entries, locale),
        "subject": digest_subject(len(missed), locale),
        "created_at": now,
    }


def _entry(reminder: Reminder, task: TaskState | None, language: Language) -> MissedReminder:
    return MissedReminder(
        title=task.title if task else "",
        number=(task.number or "") if task else "",
        starts_at=reminder.starts_at,
        due_at=reminder.due_at,
        zone=zone_named(task.timezone if task else None, language.timezone),
        audience=reminder.audience,
        channel=reminder.channel,
    )
