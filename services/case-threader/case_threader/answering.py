"""What an answer begins with: whom it goes to and what it is called."""

from __future__ import annotations

from dataclasses import dataclass

from case_threader.replying import subject_of_reply
from case_threader.repository import cases
from case_threader.repository.settings import get_settings
from kit.database import AsyncSession


@dataclass(frozen=True, slots=True)
class Addressed:
    """`unverified` are left out: they have shown nothing but the case number."""

    to: list[str]
    cc: list[str]
    subject: str
    unverified: list[str]


async def draft_reply(session: AsyncSession, number: int, *, everybody: bool) -> Addressed:
    """To the sender of the newest mail from outside; with `everybody`, cc to all others whose part is verified."""
    case = await cases.get_live_case(session, number)
    settings = (await get_settings(session)).settings
    answered = await cases.newest_incoming(session, case.id)
    participants = await cases.list_participants(session, case.id)
    verified = [participant.email for participant in participants if participant.verified]
    to = [answered.sender_email] if answered is not None and answered.sender_email else verified[:1]
    return Addressed(
        to=to,
        cc=[email for email in verified if email not in to] if everybody else [],
        subject=subject_of_reply(None, answered.subject if answered else "", case, settings),
        unverified=[participant.email for participant in participants if not participant.verified],
    )
