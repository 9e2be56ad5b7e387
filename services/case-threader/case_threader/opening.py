"""A case opened by a person, for an account."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from case_threader.announcements import facts_of
from case_threader.errors import AccountUnknown
from case_threader.models import CaseRow
from case_threader.repository import directory
from case_threader.repository.settings import get_settings, put_back, take_numbers
from contracts.cases import CaseOpened
from kit.database import AsyncSession
from kit.ids import new_id
from kit.outbox import announce


async def open_case(
    session: AsyncSession,
    *,
    account_id: UUID | None,
    is_surely_there: bool = False,
    contact_id: UUID | None = None,
    owner_id: UUID | None = None,
    title: str = "",
    opened_by: str = "",
    message_id: UUID | None = None,
    now: datetime,
) -> CaseRow:
    """The next case, open and empty (features C23). AccountUnknown, unless somebody knows that it `is_surely_there`."""
    if account_id is not None and not is_surely_there and await directory.find_account(session, account_id) is None:
        raise AccountUnknown(account_id)
    numbers = await take_numbers(session)
    case = CaseRow(
        id=new_id(), number=numbers.case_number(), version=1, title=title, status="open", status_at=now,
        status_reason="opened_by_hand", account_id=account_id, contact_id=contact_id, owner_id=owner_id, opened_at=now,
        opened_by=opened_by[:320], opened_wording="", last_activity_at=now, mentions=[], merged_into=None,
        continues=None, continued_by=None, deleted_at=None, is_by_hand=False,
    )  # fmt: skip
    await put_back(session, numbers)
    session.add(case)
    await session.flush()
    prefix = (await get_settings(session)).settings.tag_prefix
    announce(session, CaseOpened(**facts_of(case, prefix), message_id=message_id, opened_at=now))
    return case
