"""The text of the mail that is answered; the whole text is at mail-ingest."""

from __future__ import annotations

from dataclasses import replace

from case_threader.errors import OriginalUnavailable
from case_threader.quoting import with_quote
from case_threader.replying import Draft
from case_threader.repository import cases
from kit.database import Database
from kit.service_client import ServiceClient, SiblingRefused, SiblingUnavailable


async def quoted_text(
    database: Database, siblings: ServiceClient, number: int, draft: Draft, *, zone: str, locale: str
) -> Draft:
    """The draft with the newest mail from outside quoted below its text; unchanged when there is none.

    Raises CaseNotFound, OriginalUnavailable.
    """
    async with database.reading() as session:
        case = await cases.get_live_case(session, number)
        original = await cases.newest_incoming(session, case.id)
    if original is None:
        return draft
    try:
        answer = await siblings.call("mail-ingest", "GET", f"/v1/messages/{original.id}")
    except (SiblingRefused, SiblingUnavailable):
        raise OriginalUnavailable from None
    text = with_quote(
        draft.text, str(answer.json().get("text") or ""), who=original.sender_name or original.sender_email,
        at=original.received_at, zone=zone, locale=locale,
    )  # fmt: skip
    return replace(draft, text=text)
