"""A person who was erased is forgotten where reminders name them (GDPR article 17)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from kit.database import AsyncSession
from reminder_dispatcher.models import AccountCard, ContactCard, EmployeeCard, SenderName, core
from reminder_dispatcher.models.base import Table
from reminder_dispatcher.models.reminders import Attempt, Reminder, ReminderAction
from reminder_dispatcher.phone_numbers import NotANumber, NumberNotAllowed, e164

ERASED = "erased@invalid"
"""What stands in the place of an address or a number (RFC 2606)."""
_CARDS: dict[str, type[Table]] = {"account": AccountCard, "contact": ContactCard, "employee": EmployeeCard}
_ENDED = ("sent", "delivered", "failed", "missed", "suppressed", "unknown")


async def forget_card(session: AsyncSession, kind: str, card_id: UUID) -> None:
    """Take the addresses and numbers on a card out of the log of reminders, what was written to them, and the name of a person
    who did something with a reminder.

    It has to come before the card's own last state, which has none any more. Reminders that wait are resolved when they are
    sent, and then find nobody.
    """
    card = core(_CARDS[kind])
    row = (await session.execute(select(card).where(card.c.id == card_id))).first()
    if row is None:
        return
    known = row._mapping  # noqa: SLF001 - the documented way to values by name
    if known.get("user_id") is not None:
        action = core(ReminderAction)
        name = core(SenderName)
        await session.execute(update(action).where(action.c.user_id == known["user_id"]).values(by_name=""))
        await session.execute(update(name).where(name.c.stated_by == known["user_id"]).values(stated_by_name=""))
    reached_at = _reached_at(known)
    if not reached_at:
        return
    reminder, attempt = core(Reminder), core(Attempt)
    theirs = reminder.c.recipient.in_(reached_at)
    await session.execute(
        update(reminder).where(theirs, reminder.c.status.in_(_ENDED)).values(recipient=ERASED, subject=None, text=None)
    )
    await session.execute(
        update(attempt).where(attempt.c.recipient.in_(reached_at)).values(recipient=ERASED, detail=None)
    )


def _reached_at(card: Any) -> list[str]:
    """Every address, and every number as the card and as a gateway writes it."""
    reached_at = [address for address in (*(card.get("emails") or ()), card.get("email")) if address]
    for name in ("phone", "mobile", "sms_phone"):
        if card.get(name):
            reached_at += [card[name], *_sent_to(card[name])]
    return reached_at


def _sent_to(number: str) -> list[str]:
    try:
        return [e164(number)]
    except (NotANumber, NumberNotAllowed):
        return []
