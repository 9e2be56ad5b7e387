"""Users and the brake on guessed passwords."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, delete, select

from kit.database import AsyncSession
from kit.paging import Paging
from tasks_api.errors.people import UserNotFound
from tasks_api.models.people import User, WrongPassword
from tasks_api.repository.pages import rows_of_page


async def find_user_named(session: AsyncSession, username: str) -> User | None:
    return (await session.exec(select(User).where(User.username == username))).first()


async def find_user_of_employee(session: AsyncSession, employee_id: UUID) -> User | None:
    return (await session.exec(select(User).where(User.employee_id == employee_id))).first()


async def users_of_employees(session: AsyncSession, employee_ids: list[UUID]) -> dict[UUID, User]:
    """The login of each of these employees that has one."""
    found = await session.exec(select(User).where(col(User.employee_id).in_(employee_ids)))
    return {user.employee_id: user for user in found if user.employee_id is not None}


async def find_user(session: AsyncSession, user_id: UUID) -> User | None:
    return await session.get(User, user_id)


async def get_user(session: AsyncSession, user_id: UUID) -> User:
    """The user, or UserNotFound."""
    user = await session.get(User, user_id)
    if user is None:
        raise UserNotFound(user_id)
    return user


async def list_users(session: AsyncSession, paging: Paging) -> list[User]:
    return list(await session.exec(rows_of_page(select(User), paging, col(User.id))))


async def active_administrators(session: AsyncSession) -> list[UUID]:
    """Who could still manage users if nobody else could."""
    users = await session.exec(select(User).where(col(User.active)))
    return [user.id for user in users if "admin" in user.scopes]


async def find_wrong_password(session: AsyncSession, key: str) -> WrongPassword | None:
    return await session.get(WrongPassword, key)


async def forget_wrong_passwords(session: AsyncSession, *, before: datetime) -> None:
    """Drop what nobody needs to remember."""
    await session.exec(delete(WrongPassword).where(col(WrongPassword.last_at) < before))
