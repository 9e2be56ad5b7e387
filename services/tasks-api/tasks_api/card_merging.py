"""Two cards of one firm or person become one: people, addresses and tasks move, listeners are told (features C, K)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from contracts.directory import AccountChanged, ContactChanged
from kit.database import AsyncSession
from kit.outbox import announce
from tasks_api.card_keeping import announce_account, announce_contact
from tasks_api.desk import Desk
from tasks_api.errors.directory import MergedAcrossAccounts, MergedIntoItself
from tasks_api.models.directory import Account, Contact
from tasks_api.repository import card_tasks, directory

_PHONES = ("phone", "mobile", "sms_phone")


async def merge_accounts(
    session: AsyncSession, desk: Desk, account_id: UUID, into: UUID, *, by: str, now: datetime
) -> Account:
    """Everything of the firm becomes that of the other: what the other card lacks, its people, addresses and tasks.

    The merged card is gone and names the one that took its place; its cases follow by the event.
    """
    if account_id == into:
        raise MergedIntoItself
    lost, kept = await directory.get_account(session, account_id), await directory.get_account(session, into)
    emails = await directory.emails_of(session, [lost.id, kept.id])
    _fill(kept, lost)
    kept.tax_id = kept.tax_id or lost.tax_id
    kept.owner_id = kept.owner_id or lost.owner_id
    kept.version += 1
    await _move_people(session, lost, kept)
    await _move_tasks(session, desk, lost.id, kept.id, by=by, now=now)
    await directory.mark_deleted(session, lost, now=now)
    lost.merged_into = kept.id
    session.add_all((lost, kept))
    await session.flush()
    await directory.replace_emails(session, kept.id, "account", [*emails[kept.id], *emails[lost.id]])
    announce(
        session,
        AccountChanged(
            account_id=lost.id, version=lost.version, name=lost.name, active=False, deleted=True, merged_into=kept.id
        ),
    )
    await announce_account(session, kept)
    return kept


async def merge_contacts(
    session: AsyncSession, desk: Desk, contact_id: UUID, into: UUID, *, by: str, now: datetime
) -> Contact:
    """Two cards of one person at the same firm: the other takes part in what this one did."""
    if contact_id == into:
        raise MergedIntoItself
    lost, kept = await directory.get_contact(session, contact_id), await directory.get_contact(session, into)
    if lost.account_id != kept.account_id:
        raise MergedAcrossAccounts
    emails = await directory.emails_of(session, [lost.id, kept.id])
    was_default = lost.is_default
    _fill(kept, lost)
    kept.version += 1
    booking = desk.booking(session, now=now)
    for task in await card_tasks.tasks_of_contact(session, lost.id):
        booking.touch(task)
        task.contact_ids = tuple(dict.fromkeys(kept.id if one == lost.id else one for one in task.contact_ids))
    booking.say(by=by)
    await booking.write()
    await directory.mark_deleted(session, lost, now=now)
    lost.merged_into = kept.id
    session.add(lost)
    await session.flush()
    kept.is_default = kept.is_default or was_default
    session.add(kept)
    await session.flush()
    await directory.replace_emails(session, kept.id, "contact", [*emails[kept.id], *emails[lost.id]])
    announce(
        session,
        ContactChanged(
            contact_id=lost.id, account_id=lost.account_id, version=lost.version, name=lost.name, active=False,
            deleted=True, merged_into=kept.id,
        ),
    )  # fmt: skip
    await announce_contact(session, kept)
    if was_default:
        account = await directory.get_account(session, kept.account_id)
        account.version += 1
        session.add(account)
        await announce_account(session, account)
    return kept


def _fill(kept: Account | Contact, lost: Account | Contact) -> None:
    for name in _PHONES:
        setattr(kept, name, getattr(kept, name) or getattr(lost, name))


async def _move_people(session: AsyncSession, lost: Account, kept: Account) -> None:
    """The people keep their cards; at most one of all of them is the default."""
    has_default = kept.id in await directory.default_contact_ids(session, [kept.id])
    for contact in await directory.contacts_of_account(session, lost.id):
        contact.is_default = contact.is_default and not has_default
        contact.account_id = kept.id
        contact.version += 1
        session.add(contact)
        await session.flush()
        await announce_contact(session, contact)


async def _move_tasks(session: AsyncSession, desk: Desk, lost: UUID, kept: UUID, *, by: str, now: datetime) -> None:
    booking = desk.booking(session, now=now)
    for task in await card_tasks.tasks_of_account(session, lost):
        booking.touch(task)
        task.account_id = kept
    booking.say(by=by)
    await booking.write()
