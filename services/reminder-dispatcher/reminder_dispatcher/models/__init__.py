"""Tables of reminder-dispatcher."""

from reminder_dispatcher.models.automation import Automation, SenderName, Template, TemplateDefault, ZoneData
from reminder_dispatcher.models.base import core, metadata
from reminder_dispatcher.models.copies import (
    AccountCard,
    ContactCard,
    EmployeeCard,
    MailAccountCard,
    TaskCopy,
    UserCard,
)
from reminder_dispatcher.models.reminders import (
    Attempt,
    ChannelState,
    Digest,
    Reminder,
    ReminderAction,
    Restoration,
    ToldBefore,
)

__all__ = [
    "AccountCard",
    "Attempt",
    "Automation",
    "ChannelState",
    "ContactCard",
    "Digest",
    "EmployeeCard",
    "MailAccountCard",
    "Reminder",
    "ReminderAction",
    "Restoration",
    "SenderName",
    "TaskCopy",
    "Template",
    "TemplateDefault",
    "ToldBefore",
    "UserCard",
    "ZoneData",
    "core",
    "metadata",
]
