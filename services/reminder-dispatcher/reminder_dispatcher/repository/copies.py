"""Our copies of tasks, cards and mail accounts. An older version never replaces a newer one."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from contracts.directory import AccountChanged, ContactChanged, EmployeeChanged, UserChanged
from contracts.mail import MailAccountChanged
from contracts.tasks import TaskParticipant, TaskState
from kit.database import AsyncSession, upsert_many
from reminder_dispatcher.models import (
    AccountCard,
    ContactCard,
    EmployeeCard,
    MailAccountCard,
    TaskCopy,
    UserCard,
    core,
)
from reminder_dispatcher.models.base import Table


async def versions_of_tasks(session: AsyncSession, task_ids: Iterable[UUID]) -> dict[UUID, int]:
    rows = await session.execute(
        select(TaskCopy.task_id, TaskCopy.version).where(col(TaskCopy.task_id).in_(list(task_ids)))
    )
    return {row.task_id: row.version for row in rows}


async def save_tasks(
    session: AsyncSession, tasks: Sequence[tuple[TaskState, bool]], *, now: datetime, about: str = "task"
) -> None:
    """Each task with whether it is open; `about` when it stands for something else that waits."""
    rows = [
        {
            "task_id": task.task_id,
            "about": about,
            "version": task.version,
            "is_open": is_open,
            "state": task.model_dump(mode="json"),
            "heard_at": now,
        }
        for task, is_open in tasks
    ]
    await upsert_many(session, TaskCopy, rows, ["task_id"], update=["version", "is_open", "state", "heard_at"])


async def open_matters(session: AsyncSession, about: str) -> set[UUID]:
    """What waits as far as we know: the ids of cases or invitations."""
    query = select(TaskCopy.task_id).where(col(TaskCopy.about) == about, col(TaskCopy.is_open))
    return set(await session.exec(query))


async def close_matters(session: AsyncSession, ids: Iterable[UUID]) -> None:
    """They do not wait any more."""
    await session.execute(update(TaskCopy).where(col(TaskCopy.task_id).in_(list(ids))).values(is_open=False))


async def open_tasks_after(session: AsyncSession, after: UUID | None, *, limit: int) -> list[TaskState]:
    """Tasks that may still be reminded of, some at a time, in the order of their ids."""
    query = select(TaskCopy.state).where(col(TaskCopy.is_open), col(TaskCopy.about) == "task")
    if after is not None:
        query = query.where(col(TaskCopy.task_id) > after)
    found = await session.exec(query.order_by(col(TaskCopy.task_id)).limit(limit))
    return [TaskState.model_validate(state) for state in found]


async def tasks_by_id(session: AsyncSession, task_ids: Iterable[UUID]) -> dict[UUID, TaskState]:
    rows = await session.execute(
        select(TaskCopy.task_id, TaskCopy.state).where(col(TaskCopy.task_id).in_(list(set(task_ids))))
    )
    return {task_id: TaskState.model_validate(state) for task_id, state in rows}


async def tasks_to_tell(session: AsyncSession, task_ids: Iterable[UUID]) -> dict[UUID, TaskState]:
    """What a message says of each task and to whom it goes, and nothing else of it: to read all of a task takes long."""
    rows = await session.execute(
        select(TaskCopy.task_id, TaskCopy.state).where(col(TaskCopy.task_id).in_(list(set(task_ids))))
    )
    return {task_id: _to_tell(task_id, state) for task_id, state in rows}


_UNTOLD = TaskState(task_id=UUID(int=0), version=0)
_PLAIN = ("version", "number", "title", "description", "location", "all_day", "timezone", "case_number")


def _to_tell(task_id: UUID, state: Mapping[str, Any]) -> TaskState:
    """We wrote the document ourselves, from a task that was checked."""
    known = {name: state[name] for name in _PLAIN}
    people = {
        "account_id": _id(state["account_id"]),
        "party_employee_id": _id(state.get("party_employee_id")),
        "contact_ids": [UUID(one) for one in state["contact_ids"]],
        "assignee_ids": [UUID(one) for one in state["assignee_ids"]],
        "participants": [TaskParticipant.model_validate(one) for one in state["participants"]],
    }
    return _UNTOLD.model_copy(update={"task_id": task_id, **known, **people})


def _id(told: str | None) -> UUID | None:
    return UUID(told) if told else None


async def save_accounts(session: AsyncSession, told: Sequence[AccountChanged]) -> None:
    fields = ("version", "name", "emails", "phone", "mobile", "sms_phone", "default_contact_id")
    await _save_newest(
        session, AccountCard, [(card.account_id, card, card.active, card.deleted) for card in told], fields
    )


async def save_contacts(session: AsyncSession, told: Sequence[ContactChanged]) -> None:
    fields = ("version", "account_id", "name", "emails", "phone", "mobile", "sms_phone")
    await _save_newest(
        session, ContactCard, [(card.contact_id, card, card.active, card.deleted) for card in told], fields
    )


async def save_employees(session: AsyncSession, told: Sequence[EmployeeChanged]) -> None:
    fields = ("version", "name", "email", "phone", "user_id", "reminders_enabled", "locale")
    await _save_newest(
        session, EmployeeCard, [(card.employee_id, card, card.active, card.deleted) for card in told], fields
    )


async def save_users(session: AsyncSession, told: Sequence[UserChanged]) -> None:
    await _save_newest(
        session, UserCard, [(card.user_id, card, card.active, card.deleted) for card in told], ("version", "name")
    )


async def save_mail_accounts(session: AsyncSession, told: Sequence[MailAccountChanged]) -> None:
    rows = {
        account.mail_account_id: {
            "id": account.mail_account_id,
            "name": account.name,
            "address": account.address,
            "can_send": account.can_send,
            "deleted": account.deleted,
        }
        for account in told
    }
    await upsert_many(
        session, MailAccountCard, list(rows.values()), ["id"], update=["name", "address", "can_send", "deleted"]
    )


async def accounts_by_id(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, AccountCard]:
    return {card.id: card for card in await session.exec(select(AccountCard).where(col(AccountCard.id).in_(set(ids))))}


async def contacts_by_id(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, ContactCard]:
    return {card.id: card for card in await session.exec(select(ContactCard).where(col(ContactCard.id).in_(set(ids))))}


async def employees_by_id(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, EmployeeCard]:
    query = select(EmployeeCard).where(col(EmployeeCard.id).in_(set(ids)))
    return {card.id: card for card in await session.exec(query)}


async def users_by_id(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, UserCard]:
    return {card.id: card for card in await session.exec(select(UserCard).where(col(UserCard.id).in_(set(ids))))}


async def find_mail_account(session: AsyncSession, mail_account_id: UUID) -> MailAccountCard | None:
    query = select(MailAccountCard).where(col(MailAccountCard.id) == mail_account_id)
    return (await session.exec(query)).one_or_none()


async def employees_of_users(session: AsyncSession, user_ids: Iterable[UUID]) -> dict[UUID, EmployeeCard]:
    """Active employees by the user they sign in as."""
    query = select(EmployeeCard).where(col(EmployeeCard.user_id).in_(set(user_ids)), col(EmployeeCard.active))
    return {card.user_id: card for card in await session.exec(query) if card.user_id is not None}


async def _save_newest(
    session: AsyncSession, model: type[Table], told: Sequence[tuple[UUID, Any, bool, bool]], fields: Sequence[str]
) -> None:
    """`told`: id, card, is active, is deleted; in the order heard."""
    newest: dict[UUID, Mapping[str, Any]] = {}
    table = core(model)
    rows = await session.execute(
        select(table.c.id, table.c.version).where(table.c.id.in_({card_id for card_id, *_ in told}))
    )
    known: dict[UUID, int] = {row.id: row.version for row in rows}
    for card_id, card, active, deleted in told:
        if card.version < known.get(card_id, 0):
            continue
        known[card_id] = card.version
        newest[card_id] = {
            "id": card_id,
            **{name: getattr(card, name) for name in fields},
            "active": active and not deleted,
        }
    await upsert_many(session, model, list(newest.values()), ["id"], update=[*fields, "active"])
