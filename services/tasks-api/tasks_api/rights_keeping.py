"""Units and mandatory filters: made, changed, removed; every change is remembered with who made it (features K33, R62, R63)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.directory import UnitChanged
from kit.database import AsyncSession
from kit.ids import new_id
from kit.outbox import announce
from tasks_api.errors.organisation import UnitInItself, UnitInUse, UnitUnknown, UserUnknown
from tasks_api.errors.people import UnknownScopes
from tasks_api.folding import folded
from tasks_api.models.organisation import MandatoryFilter, Unit
from tasks_api.repository import organisation, people
from tasks_api.scopes import unknown_scopes

Fields = Mapping[str, Any]


async def create_unit(session: AsyncSession, fields: Fields, *, by: str, now: datetime) -> Unit:
    unit = Unit(id=new_id(), name="", folded_name="", created_at=now)
    await _set_unit(session, unit, fields)
    await remember(session, "unit", unit.id, "created", {}, _state_of(unit), by=by, now=now)
    return unit


async def change_unit(session: AsyncSession, unit: Unit, fields: Fields, *, by: str, now: datetime) -> Unit:
    """UnitInItself when it would lie in one of those below it. Whoever calls holds the lock of all units."""
    known = _state_of(unit)
    unit.version += 1
    await _set_unit(session, unit, fields)
    await remember(session, "unit", unit.id, "changed", known, _state_of(unit), by=by, now=now)
    return unit


async def delete_unit(session: AsyncSession, unit: Unit, *, by: str, now: datetime) -> None:
    if not await organisation.is_empty(session, unit.id):
        raise UnitInUse
    await session.delete(unit)
    announce(session, UnitChanged(unit_id=unit.id, version=unit.version + 1, name=unit.name, deleted=True))
    await remember(session, "unit", unit.id, "deleted", _state_of(unit), {}, by=by, now=now)


async def create_mandatory_filter(session: AsyncSession, fields: Fields, *, by: str, now: datetime) -> MandatoryFilter:
    made = MandatoryFilter(
        id=new_id(), name="", lists=[], filter={}, user_ids=[], unit_ids=[], scopes=[], created_at=now
    )
    await _set_filter(session, made, fields)
    await remember(session, "mandatory_filter", made.id, "created", {}, _state_of(made), by=by, now=now)
    return made


async def change_mandatory_filter(
    session: AsyncSession, known: MandatoryFilter, fields: Fields, *, by: str, now: datetime
) -> MandatoryFilter:
    before = _state_of(known)
    known.version += 1
    await _set_filter(session, known, fields)
    await remember(session, "mandatory_filter", known.id, "changed", before, _state_of(known), by=by, now=now)
    return known


async def delete_mandatory_filter(session: AsyncSession, known: MandatoryFilter, *, by: str, now: datetime) -> None:
    await session.delete(known)
    await remember(session, "mandatory_filter", known.id, "deleted", _state_of(known), {}, by=by, now=now)


async def remember(
    session: AsyncSession,
    kind: str,
    subject_id: UUID,
    happened: str,
    before: Fields,
    after: Fields,
    *,
    by: str,
    now: datetime,
) -> None:
    """Note what became of the rights of somebody; nothing when nothing changed."""
    changes = {
        name: [before.get(name), after.get(name)]
        for name in (*before, *(name for name in after if name not in before))
        if before.get(name) != after.get(name)
    }
    if changes:
        row = {"id": new_id(), "kind": kind, "subject_id": subject_id, "happened": happened, "at": now, "by": by}
        await organisation.add_history(session, {**row, "changes": changes})


def _state_of(what: Unit | MandatoryFilter) -> dict[str, Any]:
    return what.model_dump(mode="json", exclude={"id", "version", "folded_name", "created_at"})


async def _set_unit(session: AsyncSession, unit: Unit, fields: Fields) -> None:
    if "name" in fields:
        unit.name = " ".join(fields["name"].split())
        unit.folded_name = folded(unit.name)[:300]
    if "parent_id" in fields:
        parent_id = fields["parent_id"]
        if parent_id is not None:
            if await organisation.find_unit(session, parent_id) is None:
                raise UnitUnknown(parent_id, "#/parent_id")
            if (await organisation.organisation(session)).would_circle(unit.id, parent_id):
                raise UnitInItself
        unit.parent_id = parent_id
    session.add(unit)
    announce(session, UnitChanged(unit_id=unit.id, version=unit.version, name=unit.name, parent_id=unit.parent_id))
    await session.flush()


async def _set_filter(session: AsyncSession, made: MandatoryFilter, fields: Fields) -> None:
    for position, user_id in enumerate(fields.get("user_ids") or ()):
        if await people.find_user(session, user_id) is None:
            raise UserUnknown(user_id, f"#/user_ids/{position}")
    for position, unit_id in enumerate(fields.get("unit_ids") or ()):
        if await organisation.find_unit(session, unit_id) is None:
            raise UnitUnknown(unit_id, f"#/unit_ids/{position}")
    unknown = unknown_scopes(fields.get("scopes") or ())
    if unknown:
        raise UnknownScopes(unknown)
    for name in ("name", "lists", "filter", "hides", "active", "scopes"):
        if name in fields:
            setattr(made, name, fields[name])
    for name in ("user_ids", "unit_ids"):
        if name in fields:
            setattr(made, name, [str(one) for one in dict.fromkeys(fields[name])])
    session.add(made)
    await session.flush()
