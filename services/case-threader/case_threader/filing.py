"""Filing: each mail of a batch is put where it belongs, or left for a person; all of it in a few statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from case_threader.acknowledging import House, Opened, acknowledge, silence
from case_threader.desk import Desk
from case_threader.mails import ReadMail
from case_threader.merging import move_over
from case_threader.repository.evidence import gather_evidence
from case_threader.repository.filings import redecide, update_cases, update_messages, write
from case_threader.repository.settings import get_settings, put_back, take_numbers
from case_threader.verdicts import Outcome
from contracts.mail import MailFacts, MailQuarantined
from kit.database import AsyncSession
from kit.events import Event, Heard
from kit.outbox import announce


async def file_mails(session: AsyncSession, heard: Sequence[Heard[Event]], *, house: House, now: datetime) -> None:
    """Put each mail in the case it belongs to, or leave it for a person to decide.

    In order, and each mail sees what those before it in the batch did. `house` is on every mail we send.
    """
    stored = await get_settings(session)
    read = [ReadMail(each.event, stored.settings) for each in heard if isinstance(each.event, MailFacts)]
    evidence = await gather_evidence(
        session, read, settings=stored.settings, loop_mark=house.loop_mark, now=now,
        others=[each.event.message_id for each in heard if isinstance(each.event, MailQuarantined)],
    )  # fmt: skip
    desk = Desk(evidence, await take_numbers(session), now)
    mails = iter(read)
    for each in heard:
        if isinstance(each.event, MailQuarantined):
            desk.set_aside(each.event)
        else:
            desk.file(next(mails), cast(Heard[MailFacts], each))
    await _write(session, desk)
    if stored.settings.acknowledge:
        await acknowledge(session, _to_acknowledge(desk), settings=stored.settings, house=house, now=now)


def _to_acknowledge(desk: Desk) -> list[Opened]:
    """Each case that was opened, under the number it now has, with the mail that opened it."""
    opened: dict[UUID, Opened] = {}
    for case, mail in desk.opened:
        living = desk.evidence.live_case(case.id)
        if living is not None and silence(mail, desk.evidence) is None:
            opened.setdefault(living.id, Opened(living.id, mail))
    return list(opened.values())


async def _write(session: AsyncSession, desk: Desk) -> None:
    cases, messages = desk.changed_cases(), desk.changed_messages()
    await write(session, desk.written)
    await update_cases(session, cases)
    await update_messages(session, messages)
    for report in desk.late_bounces:
        await redecide(session, report.id, outcome=Outcome.BOUNCE.value, reason="late_delivery_report")
    for twin, verdict in desk.adopted:
        await redecide(session, twin.id, outcome=Outcome.APPEND.value, rule=verdict.rule, reason="sent_by_us")
    for source, target in desk.joined:
        await move_over(session, source.id, source.number, target.id, author="rules", now=desk.now)
    await put_back(session, desk.numbers)
    for fact, because in desk.said:
        announce(session, fact, because=because)
