"""Who takes part in a case, after a person put messages into it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from case_threader.models import CaseRow, Message
from case_threader.repository import directory
from case_threader.repository.filings import add_participants
from case_threader.written import Row
from contracts.addresses import canonical_email
from kit.database import AsyncSession

LONGEST_ADDRESS = 320


async def take_part(session: AsyncSession, case: CaseRow, taken: Sequence[Message], *, now: datetime) -> None:
    """Everybody outside named by these messages takes part, verified: a person has looked at them."""
    named: dict[str, tuple[str, Message]] = {}
    for message in taken:
        if message.direction == "incoming" and not message.by_machine and message.sender_email:
            named.setdefault(message.sender_email, (message.sender_name, message))
        if message.delivery is None:
            for people in message.recipients.values():
                for person in people:
                    named.setdefault(person["email"], (person["name"], message))
    rows = await outside(session, case, {email: name for email, (name, _) in named.items()}, now=now)
    for row in rows:
        row["message_id"] = named[row["email"]][1].id
    await add_participants(session, rows)


async def outside(session: AsyncSession, case: CaseRow, people: dict[str, str], *, now: datetime) -> list[Row]:
    """A row for each address that is not one of ours."""
    emails = {canonical_email(email): name for email, name in people.items()}
    ours = await directory.ours_among(session, emails.keys())
    return [
        {
            "case_id": case.id, "email": email, "name": name[:300], "verified": True, "message_id": None, "since": now,
        }
        for email, name in emails.items()
        if email not in ours and 3 <= len(email) <= LONGEST_ADDRESS
    ]  # fmt: skip
