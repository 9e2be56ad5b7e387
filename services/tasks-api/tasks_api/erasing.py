"""A person is erased on request (GDPR article 17): the card, their addresses, and where these stand in tasks and records.

Texts that people wrote are not searched for names: a title or a note that names somebody is for its author to change. What
remains is that a card was erased (`erased_card`) and the event `directory.erased`, which this service hears as well: after a
backup was restored the broker tells it again, and the person is erased again (docs/decisions/0007).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.directory import AccountChanged, CardErased, ContactChanged, EmployeeChanged, UserChanged
from kit.database import AsyncSession
from kit.outbox import announce
from tasks_api.card_keeping import announce_account_of
from tasks_api.desk import Desk
from tasks_api.models.directory import Account, Contact, Employee
from tasks_api.repository import calendar_entries, card_tasks, directory, letters, people
from tasks_api.task import Task

Kind = Literal["account", "contact", "employee"]
NAMELESS = "—"


async def erase_card(
    session: AsyncSession, desk: Desk, kind: Kind, card_id: UUID, *, by: str | None, now: datetime
) -> bool:
    """Erase somebody; False when there is nothing (any more) to erase. A firm takes the people at it with it."""
    card = await directory.find_any_card(session, kind, card_id)
    await card_tasks.remember_erasure(session, {"card_id": card_id, "kind": kind, "erased_at": now, "by": by})
    if card is None or card.name == NAMELESS:
        return False
    if isinstance(card, Account):
        for contact in await directory.contacts_of_account(session, card.id):
            await erase_card(session, desk, "contact", contact.id, by=by, now=now)
        await card_tasks.forget_attributes(session, card.id)
    if isinstance(card, Employee):
        await calendar_entries.forget_entries_of(session, card.id)
    emails = (await directory.emails_of(session, [card.id]))[card.id]
    await _forget_in_tasks(session, desk, card, emails, by=by, now=now)
    await card_tasks.forget_words(session, emails, [card.name])
    await letters.forget_letters(session, emails)
    was_default = isinstance(card, Contact) and card.is_default
    await _empty(session, card, now=now)
    announce(session, CardErased(kind=kind, card_id=card_id))
    _announce_emptied(session, card)
    if was_default and isinstance(card, Contact):
        await announce_account_of(session, card)
    return True


async def erase_again(session: AsyncSession, desk: Desk, erased: CardErased, *, now: datetime) -> None:
    """Heard of an erasure of our own: nothing is left to do, unless the database is older than it."""
    await erase_card(session, desk, erased.kind, erased.card_id, by=None, now=now)


async def _forget_in_tasks(
    session: AsyncSession, desk: Desk, card: Account | Contact | Employee, emails: Collection[str], *, by: str | None, now: datetime
) -> None:  # fmt: skip
    booking = desk.booking(session, now=now)
    named = await card_tasks.tasks_of_contact(session, card.id) if isinstance(card, Contact) else []
    tasks = {task.id: task for task in (*named, *await card_tasks.tasks_with_addresses(session, emails))}
    for task in tasks.values():
        booking.touch(task)
        _forget(task, card.id, emails)
    booking.say(by=by)
    await booking.write()


def _forget(task: Task, card_id: UUID, emails: Collection[str]) -> None:
    """Take a person out of a task: whom it is with, who was invited, who organized it, and the row of a participant."""
    task.contact_ids = tuple(one for one in task.contact_ids if one != card_id)
    said = task.fields
    task.set(
        organizer=None if said.organizer in emails else said.organizer,
        attendees=tuple(one for one in said.attendees if one.email not in emails),
    )
    task.participants = tuple(
        one.model_copy(update={"email": None, "phone": None}) if one.email in emails else one
        for one in task.participants
    )


async def _empty(session: AsyncSession, card: Account | Contact | Employee, *, now: datetime) -> None:
    if isinstance(card, Employee):
        user = await people.find_user_of_employee(session, card.id)
        if user is not None:
            user.employee_id, user.name, user.active = None, "", False
            user.version += 1
            session.add(user)
            announce(session, UserChanged(user_id=user.id, version=user.version, name=NAMELESS, active=False))
    else:
        card.mobile = card.sms_phone = None
    if isinstance(card, Account):
        card.tax_id = None
    card.name = card.folded_name = NAMELESS
    card.phone = None
    await directory.mark_deleted(session, card, now=now)
    await session.flush()


def _announce_emptied(session: AsyncSession, card: Account | Contact | Employee) -> None:
    """Listeners write this state over the one they have: nothing of the person is in it."""
    if isinstance(card, Account):
        announce(
            session,
            AccountChanged(account_id=card.id, version=card.version, name=NAMELESS, active=False, deleted=True),
        )
    elif isinstance(card, Contact):
        announce(
            session,
            ContactChanged(
                contact_id=card.id, account_id=card.account_id, version=card.version, name=NAMELESS, active=False, deleted=True
            ),
        )  # fmt: skip
    else:
        announce(
            session,
            EmployeeChanged(employee_id=card.id, version=card.version, name=NAMELESS, active=False, deleted=True),
        )
