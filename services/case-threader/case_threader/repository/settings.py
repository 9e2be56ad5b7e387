"""The one row of settings, and the one row that hands out numbers."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select, update

from case_threader.case_settings import CaseSettings
from case_threader.numbers import Numbers
from case_threader.repository import tables
from kit.database import AsyncSession, insert_ignoring_conflicts
from kit.prepared import Prepared

_ONLY = 1

_settings = Prepared(lambda _: select(tables.settings).where(tables.settings.c.id == _ONLY))
_counter = Prepared(lambda _: select(tables.counter).where(tables.counter.c.id == _ONLY))
_put_back = Prepared(
    lambda _: (
        update(tables.counter)
        .where(tables.counter.c.id == _ONLY)
        .values(next_number=bindparam("next_number"), next_place=bindparam("next_place"))
    )
)


@dataclass(frozen=True, slots=True)
class StoredSettings:
    settings: CaseSettings
    version: int


async def find_settings(session: AsyncSession) -> StoredSettings | None:
    rows = await _settings.rows(session)
    return StoredSettings(CaseSettings.model_validate(rows[0].document), rows[0].version) if rows else None


async def get_settings(session: AsyncSession) -> StoredSettings:
    (row,) = await _settings.rows(session)
    return StoredSettings(CaseSettings.model_validate(row.document), row.version)


async def add_settings(session: AsyncSession, settings: CaseSettings) -> None:
    """Begin with these settings, unless another replica was quicker."""
    row = {"id": _ONLY, "version": 1, "document": settings.model_dump(mode="json")}
    await insert_ignoring_conflicts(session, tables.settings, [row], ["id"])
    await insert_ignoring_conflicts(session, tables.counter, [{"id": _ONLY, "next_number": 1, "next_place": 1}], ["id"])


async def replace_settings(session: AsyncSession, settings: CaseSettings, *, version: int) -> None:
    document = settings.model_dump(mode="json")
    statement = update(tables.settings).where(tables.settings.c.id == _ONLY)
    await session.execute(statement.values(version=version, document=document))


async def take_numbers(session: AsyncSession) -> Numbers:
    """The counter as it stands; `put_back` must follow in the same transaction, which holds the filing lock."""
    (row,) = await _counter.rows(session)
    return Numbers(row.next_number, row.next_place)


async def put_back(session: AsyncSession, numbers: Numbers) -> None:
    await _put_back.rows(session, next_number=numbers.next_number, next_place=numbers.next_place)


async def has_opened_cases(session: AsyncSession) -> bool:
    """Whether a case was ever numbered here."""
    next_number = await session.scalar(select(tables.counter.c.next_number).where(tables.counter.c.id == _ONLY))
    return bool(next_number and next_number > 1)
