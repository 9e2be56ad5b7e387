"""What an answer begins with: from where, to whom it goes and what it is called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from case_threader.errors import MailAccountNotTold
from case_threader.models import CaseRow, Message
from case_threader.replying import subject_of_reply
from case_threader.repository import cases, directory
from case_threader.repository.settings import get_settings
from kit.database import AsyncSession


@dataclass(frozen=True, slots=True)
class Addressed:
    """`unverified` are left out: they have shown nothing but the case number. `undeliverable` have not been reached."""

    from_account_id: UUID | None
    to: list[str]
    cc: list[str]
    subject: str
    unverified: list[str]
    undeliverable: list[str]
    names: dict[str, str]


async def draft_reply(session: AsyncSession, number: int, *, everybody: bool) -> Addressed:
    """To the sender of the newest mail from outside; with `everybody`, cc to all others whose part is verified.

    Raises CaseNotFound.
    """
    case = await cases.get_live_case(session, number)
    settings = (await get_settings(session)).settings
    answered = await cases.newest_incoming(session, case.id)
    participants = await cases.list_participants(session, case.id)
    verified = [participant.email for participant in participants if participant.verified]
    to = [answered.sender_email] if answered is not None and answered.sender_email else verified[:1]
    return Addressed(
        from_account_id=await _mail_account(session, case, answered),
        to=to,
        cc=[email for email in verified if email not in to] if everybody else [],
        subject=subject_of_reply(None, answered.subject if answered else "", case, settings),
        unverified=[participant.email for participant in participants if not participant.verified],
        undeliverable=_not_reached(await cases.deliveries(session, case.id)),
        names={participant.email: participant.name for participant in participants},
    )


async def mail_account_of_case(session: AsyncSession, number: int) -> UUID:
    """The mail account an answer leaves from: where the mail it answers arrived. CaseNotFound, MailAccountNotTold."""
    case = await cases.get_live_case(session, number)
    found = await _mail_account(session, case, await cases.newest_incoming(session, case.id))
    if found is None:
        raise MailAccountNotTold(case.number)
    return found


async def _mail_account(session: AsyncSession, case: CaseRow, answered: Message | None) -> UUID | None:
    """That of the newest mail from outside, else of the newest mail at all, as far as it can send; else the only one."""
    newest = await cases.newest_message(session, case.id)
    wanted = [each.mail_account_id for each in (answered, newest) if each is not None and each.mail_account_id]
    able = await directory.mail_accounts_that_send(session)
    for mail_account_id in wanted:
        if mail_account_id in able:
            return mail_account_id
    return able[0] if len(able) == 1 else None


def _not_reached(deliveries: Iterable[dict[str, object]]) -> list[str]:
    """Addresses that the latest word about them says were not reached; `deliveries` are in order."""
    latest: dict[str, str] = {}
    for delivery in deliveries:
        recipients = delivery.get("recipients")
        for recipient in recipients if isinstance(recipients, list) else []:
            latest[recipient["email"]] = recipient["action"]
    return [email for email, action in latest.items() if action == "failed"]
