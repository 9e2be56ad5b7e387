"""What a person changes about a case itself: its status, owner, title, and whose it is (features C47)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from case_threader.announcements import status_fact
from case_threader.errors import AccountUnknown, ContactUnknown, OwnerUnknown
from case_threader.models import CaseChange, CaseRow
from case_threader.repository import cases, changes, directory
from case_threader.repository.settings import get_settings
from case_threader.settling import settle
from kit.database import AsyncSession
from kit.outbox import announce

_REFERENCES = frozenset({"owner_id", "account_id", "contact_id"})


async def change_case(
    session: AsyncSession, case: CaseRow, wanted: dict[str, Any], *, author: str, now: datetime
) -> None:
    """Set the given fields; each kind of change stands in the audit and can be undone.

    A status set by hand holds until a message is received later. A contact of the former account does not stay.
    Raises AccountUnknown, ContactUnknown, OwnerUnknown.
    """
    if wanted.get("account_id", case.account_id) != case.account_id and case.contact_id is not None:
        wanted = {"contact_id": None, **wanted}
    account_id = wanted.get("account_id", case.account_id)
    await check_cards(
        session, account_id=wanted.get("account_id"), contact_id=wanted.get("contact_id"), of_account=account_id,
        owner_id=wanted.get("owner_id"),
    )  # fmt: skip
    differing = {name: value for name, value in wanted.items() if getattr(case, name) != value}
    if not differing:
        return
    status = differing.pop("status", None)
    if status is not None:
        await _set_status(session, case, status, author=author, now=now)
    if differing:
        before = {name: _plain(getattr(case, name)) for name in differing}
        after = {name: _plain(value) for name, value in differing.items()}
        await changes.add_change(session, "edit", case_id=case.id, author=author, at=now, before=before, after=after)
        for name, value in differing.items():
            setattr(case, name, value)
    case.version += 1
    session.add(case)


async def check_cards(
    session: AsyncSession,
    *,
    account_id: UUID | None,
    contact_id: UUID | None,
    of_account: UUID | None,
    owner_id: UUID | None,
) -> None:
    """Whom a case is given to must be there. Raises AccountUnknown, ContactUnknown, OwnerUnknown."""
    if account_id is not None and await directory.find_account(session, account_id) is None:
        raise AccountUnknown(account_id)
    if contact_id is not None:
        contact = await directory.find_contact(session, contact_id)
        if contact is None or contact.account_id != of_account:
            raise ContactUnknown(contact_id)
    if owner_id is not None and await directory.find_employee(session, owner_id) is None:
        raise OwnerUnknown(owner_id)


async def _set_status(session: AsyncSession, case: CaseRow, status: str, *, author: str, now: datetime) -> None:
    await changes.add_change(
        session, "status", case_id=case.id, author=author, at=now,
        before={"status": case.status}, after={"status": status},
    )  # fmt: skip
    case.status, case.status_at, case.status_reason = status, now, "set_by_hand"
    prefix = (await get_settings(session)).settings.tag_prefix
    announce(session, status_fact(case, prefix, reason="set_by_hand", at=now))


async def undo_edit(session: AsyncSession, change: CaseChange) -> CaseRow:
    case = await cases.get_case_by_id(session, change.case_id)
    for name, value in change.before.items():
        setattr(case, name, UUID(value) if name in _REFERENCES and value is not None else value)
    case.version += 1
    session.add(case)
    return case


async def undo_status(session: AsyncSession, change: CaseChange, *, now: datetime) -> CaseRow:
    """The rest of the history decides again; without any, the status from before comes back."""
    case = await cases.get_case_by_id(session, change.case_id)
    case.status = change.before["status"]
    await settle(session, case, reason="status_undone", now=now)
    return case


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value
