"""The text of the mail that is answered; the whole text is at mail-ingest."""

from __future__ import annotations

from case_threader.errors import OriginalUnavailable
from case_threader.quoting import Quote, quote_of
from case_threader.repository import cases
from kit.database import Database
from kit.service_client import ServiceClient, SiblingRefused, SiblingUnavailable


async def fetch_quote(
    database: Database, siblings: ServiceClient, number: int, *, zone: str, locale: str
) -> Quote | None:
    """The newest mail from outside, to be quoted; None when there is none. Raises CaseNotFound, OriginalUnavailable."""
    async with database.reading() as session:
        case = await cases.get_live_case(session, number)
        original = await cases.newest_incoming(session, case.id)
    if original is None:
        return None
    try:
        answer = await siblings.call("mail-ingest", "GET", f"/v1/messages/{original.id}")
    except (SiblingRefused, SiblingUnavailable):
        raise OriginalUnavailable from None
    return quote_of(
        str(answer.json().get("text") or ""), who=original.sender_name or original.sender_email,
        at=original.received_at, zone=zone, locale=locale,
    )  # fmt: skip
