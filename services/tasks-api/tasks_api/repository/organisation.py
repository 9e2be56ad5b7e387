"""Units, who belongs to them, mandatory filters, and what was changed about who sees what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from kit.database import AsyncSession, insert_many
from kit.paging import Paging
from tasks_api.errors.organisation import MandatoryFilterNotFound, UnitNotFound
from tasks_api.models.directory import Employee
from tasks_api.models.organisation import MandatoryFilter, RightsHistory, Unit
from tasks_api.models.people import User
from tasks_api.organisation import Organisation
from tasks_api.repository.pages import rows_of_page


async def organisation(session: AsyncSession) -> Organisation:
    """The whole house: its units, and who belongs to them."""
    above = await session.exec(select(Unit.id, Unit.parent_id))
    members = await session.exec(
        select(Employee.id, Employee.unit_id, User.id)
        .outerjoin(User, col(User.employee_id) == col(Employee.id))
        .where(col(Employee.deleted_at).is_(None), col(Employee.unit_id).is_not(None))
    )
    known = members.all()
    return Organisation(
        above=dict(above.all()),
        unit_of={employee_id: unit_id for employee_id, unit_id, _ in known if unit_id is not None},
        user_of={employee_id: user_id for employee_id, _, user_id in known if user_id is not None},
    )


async def get_unit(session: AsyncSession, unit_id: UUID) -> Unit:
    unit = await session.get(Unit, unit_id)
    if unit is None:
        raise UnitNotFound(unit_id)
    return unit


async def find_unit(session: AsyncSession, unit_id: UUID) -> Unit | None:
    return await session.get(Unit, unit_id)


async def list_units(
    session: AsyncSession, paging: Paging, *, words: Sequence[str], parent_id: UUID | None
) -> list[Unit]:
    query = select(Unit)
    for word in words:
        query = query.where(col(Unit.folded_name).contains(word, autoescape=True))
    if parent_id is not None:
        query = query.where(Unit.parent_id == parent_id)
    return list(await session.exec(rows_of_page(query, paging, col(Unit.id))))


async def is_empty(session: AsyncSession, unit_id: UUID) -> bool:
    """Whether no unit lies in it and nobody belongs to it."""
    children = await session.exec(select(func.count()).select_from(Unit).where(Unit.parent_id == unit_id))
    members = await session.exec(
        select(func.count())
        .select_from(Employee)
        .where(Employee.unit_id == unit_id, col(Employee.deleted_at).is_(None))
    )
    return children.one() + members.one() == 0


async def active_filters(session: AsyncSession) -> list[MandatoryFilter]:
    return list(await session.exec(select(MandatoryFilter).where(col(MandatoryFilter.active))))


async def get_filter(session: AsyncSession, filter_id: UUID) -> MandatoryFilter:
    found = await session.get(MandatoryFilter, filter_id)
    if found is None:
        raise MandatoryFilterNotFound(filter_id)
    return found


async def list_filters(session: AsyncSession, paging: Paging) -> list[MandatoryFilter]:
    return list(await session.exec(rows_of_page(select(MandatoryFilter), paging, col(MandatoryFilter.id))))


async def add_history(session: AsyncSession, row: dict[str, Any]) -> None:
    await insert_many(session, RightsHistory, [row])


async def list_history(
    session: AsyncSession, paging: Paging, *, kind: str | None, subject_id: UUID | None, by: str | None
) -> list[RightsHistory]:
    """What was changed about who sees what, newest first."""
    query = select(RightsHistory)
    if kind is not None:
        query = query.where(RightsHistory.kind == kind)
    if subject_id is not None:
        query = query.where(RightsHistory.subject_id == subject_id)
    if by is not None:
        query = query.where(RightsHistory.by == by)
    return list(await session.exec(rows_of_page(query, paging, col(RightsHistory.id), descending=True)))
