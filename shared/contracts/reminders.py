"""What reminder-dispatcher says about reminders, its settings and its templates."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.tasks import AudiencePlan, ReminderChannel
from kit.events import Event


class ReminderFact(Event):
    """Base of `reminder.*`. The recipient's address is not told: it is personal data nobody needs from an event.

    `about` says what `task_id` names: a task, a case that waits for an answer, or an invitation that waits for a person.
    """

    reminder_id: UUID
    task_id: UUID
    about: Literal["task", "case", "invitation"] = "task"
    recurrence_id: str | None = None
    audience: Literal["client", "operator"]
    channel: ReminderChannel
    employee_id: UUID | None = None  # operators
    account_id: UUID | None = None  # clients
    due_at: datetime
    rfc_message_id: str | None = None
    attempt: int = 0
    reason: str | None = None
    late: bool = False
    at: datetime
    case_number: int | None = None
    preview: str = ""  # first words of the SMS or the subject, for timelines
    user_id: UUID | None = None  # on whose behalf the automation sent it (features R32)

    def key(self) -> str:
        return self.task_id.hex


class ReminderArmed(ReminderFact):
    """A reminder will leave at `due_at`."""

    subject: ClassVar[str] = "reminder.armed.v1"


class ReminderDue(ReminderFact):
    """The moment of a reminder has come."""

    subject: ClassVar[str] = "reminder.due.v1"


class ReminderSent(ReminderFact):
    """A reminder was taken by the mail server or gateway."""

    subject: ClassVar[str] = "reminder.sent.v1"


class ReminderDelivered(ReminderFact):
    """The gateway says that a reminder has arrived."""

    subject: ClassVar[str] = "reminder.delivered.v1"


class ReminderFailed(ReminderFact):
    """A reminder could not be sent, and why; it is not tried again."""

    subject: ClassVar[str] = "reminder.failed.v1"


class ReminderMissed(ReminderFact):
    """A reminder was due while nothing could be sent, and now it is too late."""

    subject: ClassVar[str] = "reminder.missed.v1"


class ReminderSettingsChanged(Event):
    """The automation's settings; tasks-api copies the defaults of each audience into new tasks (features R6, R7)."""

    subject: ClassVar[str] = "reminder_settings.changed.v1"

    version: int = 1
    enabled: bool = False
    mail_account_id: UUID | None = None
    client_use_as_default: bool = False
    client: AudiencePlan = Field(default_factory=AudiencePlan)
    operator_use_as_default: bool = False
    operator: AudiencePlan = Field(default_factory=AudiencePlan)

    def key(self) -> str:
        return "settings"


class TemplateChanged(Event):
    """A template was made, changed or removed."""

    subject: ClassVar[str] = "template.changed.v1"

    template_id: UUID
    version: int = 1
    name: str
    channel: Literal["sms", "email"]
    bcc: list[str] = Field(default_factory=list)
    from_address: str | None = None  # for sending by hand; automatic reminders leave it aside (features R24)
    locale: str = "pl"
    contexts: list[str] = Field(default_factory=lambda: ["*"])
    is_default: bool = False
    default_contexts: list[str] = Field(default_factory=list)  # where it is the default one for its language
    deleted: bool = False

    def key(self) -> str:
        return self.template_id.hex
