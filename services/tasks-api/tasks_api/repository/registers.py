"""Dictionaries, settings of work, attributes of accounts."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, delete, select

from kit.database import AsyncSession, insert_many
from kit.paging import Paging
from tasks_api.dictionaries import FIELD_OF
from tasks_api.errors.work import ValueNotFound
from tasks_api.models.registers import AccountAttribute, DictionaryValue, TaskSettingsRow
from tasks_api.models.tasks import TaskRow
from tasks_api.repository.pages import rows_of_page
from tasks_api.task_settings import USUAL, TaskSettings


async def get_value(session: AsyncSession, dictionary: str, value_id: UUID) -> DictionaryValue:
    """The value of this dictionary, or ValueNotFound."""
    value = await session.get(DictionaryValue, value_id)
    if value is None or value.dictionary != dictionary:
        raise ValueNotFound(value_id)
    return value


async def is_choosable(session: AsyncSession, dictionary: str, value_id: UUID) -> bool:
    value = await session.get(DictionaryValue, value_id)
    return value is not None and value.dictionary == dictionary and value.active


async def list_values(
    session: AsyncSession, dictionary: str, paging: Paging, *, active: bool | None
) -> list[DictionaryValue]:
    query = select(DictionaryValue).where(DictionaryValue.dictionary == dictionary)
    if active is not None:
        query = query.where(col(DictionaryValue.active) == active)
    return list(await session.exec(rows_of_page(query, paging, col(DictionaryValue.position), col(DictionaryValue.id))))


async def next_position(session: AsyncSession, dictionary: str) -> int:
    last = await session.exec(
        select(func.max(DictionaryValue.position)).where(DictionaryValue.dictionary == dictionary)
    )
    return int(last.one() or 0) + 1


async def is_value_in_use(session: AsyncSession, value: DictionaryValue) -> bool:
    column = getattr(TaskRow, FIELD_OF[value.dictionary])
    return (await session.exec(select(TaskRow.id).where(column == value.id).limit(1))).first() is not None


async def task_settings(session: AsyncSession) -> TaskSettings:
    """The settings of work; the usual ones until somebody changed them."""
    row = await session.get(TaskSettingsRow, 1)
    if row is None:
        return USUAL
    return TaskSettings(row.percent_step, row.timer_cap_minutes, row.carry_attributes, row.version)


async def keep_task_settings(session: AsyncSession, settings: TaskSettings) -> None:
    row = await session.get(TaskSettingsRow, 1, with_for_update=True)
    row = row or TaskSettingsRow(id=1, version=0, percent_step=1, timer_cap_minutes=1, carry_attributes=False)
    row.version = settings.version
    row.percent_step = settings.percent_step
    row.timer_cap_minutes = settings.timer_cap_minutes
    row.carry_attributes = settings.carry_attributes
    session.add(row)
    await session.flush()


async def account_attributes(session: AsyncSession, account_id: UUID) -> list[AccountAttribute]:
    """What is known of the account, by name."""
    query = (
        select(AccountAttribute).where(AccountAttribute.account_id == account_id).order_by(col(AccountAttribute.name))
    )
    return list(await session.exec(query))


async def carried_attributes(session: AsyncSession, account_id: UUID) -> dict[str, str]:
    return {one.name: one.value for one in await account_attributes(session, account_id) if one.carried}


async def replace_account_attributes(
    session: AsyncSession, account_id: UUID, attributes: list[Mapping[str, Any]]
) -> None:
    await session.exec(delete(AccountAttribute).where(col(AccountAttribute.account_id) == account_id))
    await insert_many(session, AccountAttribute, [{"account_id": account_id, **one} for one in attributes])
