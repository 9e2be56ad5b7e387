"""Users: who may sign in, what they may do, and which employee they are."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import inspect

from contracts.directory import UserChanged
from kit.database import AsyncSession, Database
from kit.ids import new_id
from kit.outbox import announce
from tasks_api.card_keeping import announce_employee_again
from tasks_api.errors.directory import EmployeeUnknown
from tasks_api.errors.people import EmployeeHasUser, LastAdministrator, UnknownScopes, UsernameTaken
from tasks_api.models.people import User
from tasks_api.passwords import Passwords
from tasks_api.repository import directory, people
from tasks_api.scopes import ADMIN, DEFAULT_SCOPES, overall_visibility, unknown_scopes, visibility_of_lists

ADMINISTRATOR = "admin"
"""The user name of the first administrator."""

_HEARD_ABOUT_EMPLOYEES = {"employee_id", "reminders_enabled", "locale"}
_HEARD_ABOUT_USERS = ("name", "employee_id", "active")


async def create_user(session: AsyncSession, fields: Mapping[str, Any], *, password_hash: str, now: datetime) -> User:
    """A login. UsernameTaken, UnknownScopes, EmployeeUnknown or EmployeeHasUser when it cannot be."""
    username = fields["username"].strip().lower()
    if await people.find_user_named(session, username) is not None:
        raise UsernameTaken(username)
    user = User(
        id=new_id(),
        username=username,
        password_hash=password_hash,
        scopes=list(DEFAULT_SCOPES),
        created_at=now,
        password_changed_at=now,
    )
    await _set_user(session, user, fields)
    return user


async def change_user(
    session: AsyncSession, user_id: UUID, fields: Mapping[str, Any], *, password_hash: str | None, now: datetime
) -> User:
    user = await people.get_user(session, user_id)
    user.version += 1
    if password_hash is not None:
        user.password_hash = password_hash
        user.password_changed_at = now
    await _set_user(session, user, fields)
    return user


async def delete_user(session: AsyncSession, user_id: UUID) -> None:
    user = await people.get_user(session, user_id)
    if _administrates(user):
        await _keep_an_administrator(session, but=user)
    await session.delete(user)
    await session.flush()
    announce(session, _fact(user, version=user.version + 1, deleted=True))
    if user.employee_id is not None:
        await announce_employee_again(session, user.employee_id)


async def ensure_administrator(
    database: Database, passwords: Passwords, *, wanted: str | None, generated: str, now: datetime
) -> bool:
    """Make the first administrator; True when that was done with the generated password, which must be shown now.

    A wanted password (GONIEC_ADMIN_PASSWORD) holds for an administrator who is there already as well: it is the way back
    in for somebody who runs the machine (docs/decisions/0040).
    """
    async with database.reading() as session:
        known = await people.find_user_named(session, ADMINISTRATOR)
    if known is not None and (wanted is None or await passwords.matches(wanted, known.password_hash)):
        return False
    password_hash = await passwords.hash(wanted or generated)
    async with database.transaction() as session:
        await database.lock(session, ADMINISTRATOR)
        user = await people.find_user_named(session, ADMINISTRATOR)
        if user is None:
            user = User(
                id=new_id(),
                username=ADMINISTRATOR,
                name="Administrator",
                password_hash=password_hash,
                scopes=[ADMIN],
                visibility=cast("dict[str, str]", visibility_of_lists("all", {})),
                created_at=now,
                password_changed_at=now,
            )
            announce(session, _fact(user))
        elif wanted is None:
            return False
        user.password_hash = password_hash
        user.password_changed_at = now
        session.add(user)
    return wanted is None


async def _set_user(session: AsyncSession, user: User, fields: Mapping[str, Any]) -> None:
    former_employee, administrated = user.employee_id, _administrates(user)
    told = {name: getattr(user, name) for name in _HEARD_ABOUT_EMPLOYEES}
    known = [getattr(user, name) for name in _HEARD_ABOUT_USERS] if inspect(user).persistent else None
    unknown = unknown_scopes(fields.get("scopes", ()))
    if unknown:
        raise UnknownScopes(unknown)
    if fields.get("employee_id") is not None:
        await _check_employee(session, user, fields["employee_id"])
    for name in ("name", "employee_id", "reminders_enabled", "locale", "active"):
        if name in fields:
            setattr(user, name, fields[name])
    if fields.keys() & {"visibility", "visibility_by_list"}:
        user.visibility = _visibility(user, fields)
    if "scopes" in fields:
        user.scopes = sorted(set(fields["scopes"]))
    if administrated and not _administrates(user):
        await _keep_an_administrator(session, but=user)
    session.add(user)
    await session.flush()
    if known != [getattr(user, name) for name in _HEARD_ABOUT_USERS]:
        announce(session, _fact(user))
    if told != {name: getattr(user, name) for name in _HEARD_ABOUT_EMPLOYEES}:
        for employee_id in {former_employee, user.employee_id} - {None}:
            assert employee_id is not None
            await announce_employee_again(session, employee_id)


def _fact(user: User, *, version: int | None = None, deleted: bool = False) -> UserChanged:
    return UserChanged(
        user_id=user.id,
        version=version or user.version,
        name=user.name,
        employee_id=user.employee_id,
        active=user.active and not deleted,
        deleted=deleted,
    )


def _visibility(user: User, fields: Mapping[str, Any]) -> dict[str, str]:
    """`visibility` speaks of the whole agenda anew, `visibility_by_list` of single lists; the other lists stay."""
    if fields.get("visibility") is not None:
        known = visibility_of_lists(fields["visibility"], {})
    else:
        known = visibility_of_lists(overall_visibility(user.visibility), cast("Any", user.visibility))
    return {**known, **(fields.get("visibility_by_list") or {})}


async def _check_employee(session: AsyncSession, user: User, employee_id: UUID) -> None:
    if employee_id not in await directory.find_employees(session, [employee_id]):
        raise EmployeeUnknown(employee_id, "#/employee_id")
    holder = await people.find_user_of_employee(session, employee_id)
    if holder is not None and holder.id != user.id:
        raise EmployeeHasUser(employee_id)


def _administrates(user: User) -> bool:
    return user.active and ADMIN in user.scopes


async def _keep_an_administrator(session: AsyncSession, *, but: User) -> None:
    if set(await people.active_administrators(session)) <= {but.id}:
        raise LastAdministrator
