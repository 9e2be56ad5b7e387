"""The brake on guessed passwords: some tries are free, then every wrong one makes its sender wait longer."""

import hashlib
from datetime import datetime, timedelta

from kit.database import AsyncSession
from tasks_api.errors.people import TooManyWrongPasswords
from tasks_api.models.people import WrongPassword
from tasks_api.repository import people

LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)
_FIRST_WAIT = timedelta(seconds=2)


def throttle_key(username: str, address: str) -> str:
    """One counter per user name and caller's address: nobody can lock somebody else out. Neither is kept readable."""
    return hashlib.sha256(f"{username}\x00{address}".encode("utf-8", "surrogatepass")).hexdigest()


def wait_after(count: int, *, free: int) -> timedelta:
    """How long the next try has to wait after so many wrong ones: nothing at first, then 2 s, 4 s, 8 s … 15 min."""
    if count < free:
        return timedelta()
    doublings = min(count - free, 10)
    return min(_FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


async def refuse_if_blocked(session: AsyncSession, key: str, *, now: datetime) -> None:
    """TooManyWrongPasswords while the sender of this key has to wait."""
    known = await people.find_wrong_password(session, key)
    if known is not None and known.blocked_until is not None and known.blocked_until > now:
        raise TooManyWrongPasswords(max(1, round((known.blocked_until - now).total_seconds())))


async def count_wrong_password(session: AsyncSession, key: str, *, free: int, now: datetime) -> None:
    known = await people.find_wrong_password(session, key)
    if known is None:
        known = WrongPassword(key=key, count=0, last_at=now)
    elif now - known.last_at > FORGOTTEN_AFTER:
        known.count = 0  # everybody begins anew after a day
    known.count += 1
    known.last_at = now
    wait = wait_after(known.count, free=free)
    known.blocked_until = now + wait if wait else None
    session.add(known)
    await people.forget_wrong_passwords(session, before=now - FORGOTTEN_AFTER)


async def forget_wrong_password(session: AsyncSession, key: str) -> None:
    known = await people.find_wrong_password(session, key)
    if known is not None:
        await session.delete(known)
