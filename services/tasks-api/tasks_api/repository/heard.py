"""Our copies of what other services said: mail accounts, and the reminder automation's settings."""

from collections.abc import Collection

from sqlmodel import col, delete, select

from contracts.addresses import canonical_email
from contracts.mail import MailAccountChanged
from contracts.reminders import ReminderSettingsChanged
from contracts.tasks import AudiencePlan
from kit.database import AsyncSession, insert_many
from kit.prepared import Prepared
from tasks_api.models.heard import MailAccountCopy, MailboxAddress, ReminderDefaults
from tasks_api.reminder_plans import AUTOMATION_OFF, AutomationSettings
from tasks_api.repository.directory import AT_ONCE


async def keep_mail_account(session: AsyncSession, told: MailAccountChanged) -> None:
    """Remember a mail account as it is now; a deleted one is forgotten, with its addresses."""
    account_id = told.mail_account_id
    await session.exec(delete(MailboxAddress).where(col(MailboxAddress.mail_account_id) == account_id))
    await session.exec(delete(MailAccountCopy).where(col(MailAccountCopy.id) == account_id))
    if told.deleted:
        return
    row = {
        "id": account_id,
        "name": told.name[:300],
        "address": canonical_email(told.address),
        "aliases": told.aliases,
        "invitation_policy": told.invitation_policy,
        "timezone": told.timezone,
        "can_send": told.can_send,
    }
    await insert_many(session, MailAccountCopy, [row])
    emails = dict.fromkeys(canonical_email(email) for email in (told.address, *told.aliases))
    await insert_many(session, MailboxAddress, [{"mail_account_id": account_id, "email": email} for email in emails])


async def mailbox_addresses(session: AsyncSession, emails: Collection[str]) -> set[str]:
    """Which of these addresses belong to our mail accounts."""
    wanted = list(emails)
    found: set[str] = set()
    for start in range(0, len(wanted), AT_ONCE):
        query = select(MailboxAddress.email).where(col(MailboxAddress.email).in_(wanted[start : start + AT_ONCE]))
        found.update(await session.exec(query))
    return found


async def keep_reminder_settings(session: AsyncSession, told: ReminderSettingsChanged) -> None:
    """Remember the settings, unless newer ones are known."""
    known = await session.get(ReminderDefaults, 1)
    if known is not None and known.version > told.version:
        return
    row = known or ReminderDefaults(id=1, version=0, enabled=False, has_mail_account=False, client_use_as_default=False,
                                    client={}, operator_use_as_default=False, operator={})  # fmt: skip
    row.version = told.version
    row.enabled = told.enabled
    row.has_mail_account = told.mail_account_id is not None
    row.client_use_as_default = told.client_use_as_default
    row.client = told.client.model_dump(mode="json")
    row.operator_use_as_default = told.operator_use_as_default
    row.operator = told.operator.model_dump(mode="json")
    session.add(row)


_SWITCH = Prepared(lambda _: select(col(ReminderDefaults.enabled)).where(col(ReminderDefaults.id) == 1), by_key=True)


async def reminders_are_on(session: AsyncSession) -> bool:
    """Whether the automation is switched on."""
    found = await _SWITCH.rows(session)
    return bool(found and found[0][0])


async def reminder_defaults(session: AsyncSession) -> AutomationSettings:
    """The automation's settings; it is off until we have heard of it."""
    row = await session.get(ReminderDefaults, 1)
    if row is None:
        return AUTOMATION_OFF
    return AutomationSettings(
        enabled=row.enabled,
        has_mail_account=row.has_mail_account,
        client_use_as_default=row.client_use_as_default,
        client=AudiencePlan.model_validate(row.client),
        operator_use_as_default=row.operator_use_as_default,
        operator=AudiencePlan.model_validate(row.operator),
    )
