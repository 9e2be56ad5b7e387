"""Events come in: mails are filed, cards are kept, tasks and reminders are put on the timelines of cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby

from case_threader.acknowledging import House
from case_threader.filing import file_mails
from case_threader.knowing import CARD_EVENTS, keep_cards
from case_threader.locking import CONSUMER
from case_threader.timelines import note_on_timelines
from contracts.mail import MailFacts, MailQuarantined, MailReceived, MailSent
from contracts.reminders import ReminderSent
from contracts.tasks import TASK_EVENTS, TaskEvent
from kit.database import AsyncSession
from kit.events import Event, Heard
from kit.subscription import Subscription

HEARS: tuple[type[Event], ...] = (
    MailReceived, MailSent, MailQuarantined, *CARD_EVENTS, *TASK_EVENTS, ReminderSent,
)  # fmt: skip

_MAILS: tuple[type[Event], ...] = (MailFacts, MailQuarantined)


async def on_events(session: AsyncSession, heard: Sequence[Heard[Event]], now: datetime, *, house: House) -> None:
    """Act on a batch. The order of mails and cards is kept: a mail sees the directory as it was told before it.

    Tasks and reminders come last: they decide nothing about mails, but may belong to a case that a mail of this batch opens.
    """
    for are_mails, stretch in _stretches(heard):
        if are_mails:
            await file_mails(session, stretch, house=house, now=now)
        else:
            await keep_cards(session, [each.event for each in stretch])
    others = [each for each in heard if isinstance(each.event, TaskEvent | ReminderSent)]
    if others:
        await note_on_timelines(session, others, now=now)


def _stretches(heard: Sequence[Heard[Event]]) -> Iterator[tuple[bool, list[Heard[Event]]]]:
    """Mails and cards in order, cut where one kind follows the other."""
    relevant = (each for each in heard if isinstance(each.event, _MAILS + CARD_EVENTS))
    for are_mails, stretch in groupby(relevant, key=lambda each: isinstance(each.event, _MAILS)):
        yield are_mails, list(stretch)


def subscription(house: House) -> Subscription:
    return Subscription(consumer=CONSUMER, events=HEARS, handle=partial(on_events, house=house))
