"""What mail-ingest hears: who sends from its mail accounts, so that none of those is taken away (features R33)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from contracts.addresses import canonical_email
from contracts.reminders import ReminderSettingsChanged, TemplateChanged
from kit.database import AsyncSession
from kit.events import Event, Heard
from kit.subscription import Subscription
from mail_ingest.models import MailAccountUse
from mail_ingest.repository import mail_account_uses

HEARS: tuple[type[Event], ...] = (ReminderSettingsChanged, TemplateChanged)


def subscription() -> Subscription:
    return Subscription("mail-ingest", HEARS, _handle)


async def _handle(session: AsyncSession, heard: Sequence[Heard[Event]], now: datetime) -> None:  # noqa: ARG001
    for one in heard:
        match one.event:
            case ReminderSettingsChanged():
                await mail_account_uses.keep_use(session, _use_of_settings(one.event))
            case TemplateChanged():
                await mail_account_uses.keep_use(session, _use_of_template(one.event))


def _use_of_settings(told: ReminderSettingsChanged) -> MailAccountUse:
    return MailAccountUse(kind="reminder_settings", used_by="", mail_account_id=told.mail_account_id)


def _use_of_template(told: TemplateChanged) -> MailAccountUse:
    address = canonical_email(told.from_address) if told.from_address and not told.deleted else None
    return MailAccountUse(kind="template", used_by=str(told.template_id), address=address, name=told.name)
