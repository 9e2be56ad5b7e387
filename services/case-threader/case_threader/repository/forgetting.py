"""A person who was erased is forgotten where cases name them (GDPR article 17). Mails themselves are mail-ingest's."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select, text, update

from case_threader.repository import tables
from case_threader.repository.among import among
from kit.database import AsyncSession

ERASED = "erased@invalid"
"""What stands in the place of an address (RFC 2606)."""


async def forget_card(session: AsyncSession, kind: str, card_id: UUID) -> None:
    """Take the addresses on a card out of cases: who takes part, who wrote, and what a search finds their messages by.

    It has to come before the card's own last state, which has no addresses any more.
    """
    address = tables.known_addresses.c
    emails = list(await session.scalars(select(address.email).where(address.kind == kind, address.owner_id == card_id)))
    if kind == "contact":
        case = tables.cases
        await session.execute(
            update(case).where(case.c.contact_id == card_id).values(contact_id=None, version=case.c.version + 1)
        )
    if not emails:
        return
    message, participant = tables.messages, tables.participants
    written = select(message.c.place).where(among(session, message.c.sender_email, emails))
    places = list(await session.scalars(written))
    await session.execute(delete(participant).where(among(session, participant.c.email, emails)))
    await session.execute(
        update(message)
        .where(among(session, message.c.sender_email, emails))
        .values(sender_email=ERASED, sender_name="")
    )
    await _forget_words(session, places)


async def hand_over_person(session: AsyncSession, *, of_contact: UUID, to_contact: UUID) -> None:
    """All cases of a person whose card was merged into another."""
    case = tables.cases
    await session.execute(
        update(case).where(case.c.contact_id == of_contact).values(contact_id=to_contact, version=case.c.version + 1)
    )


async def _forget_words(session: AsyncSession, places: list[int]) -> None:
    key = "place" if session.get_bind().dialect.name == "postgresql" else "rowid"
    statement = text(f"DELETE FROM message_words WHERE {key} = :place")  # noqa: S608 - one of two names
    if places:
        connection = await session.connection()
        await connection.execute(statement, [{"place": place} for place in places])
