"""What reminder-dispatcher refuses."""

from typing import Any
from uuid import UUID

from kit.errors import Conflict, FieldError, Invalid, NotFound


class TemplateNotFound(NotFound):
    code = "template_not_found"

    def __init__(self, template_id: UUID) -> None:
        super().__init__(f"There is no template {template_id}.")


class TemplateInUse(Conflict):
    code = "template_in_use"

    def __init__(self, template_id: UUID) -> None:
        super().__init__(f"The reminder settings use template {template_id}; choose another one there first.")


class UnusableTemplate(Invalid):
    """The text of a template cannot be accepted; `errors` say where and why."""

    code = "unusable_template"

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(errors[0]["detail"], errors=errors)


class MailAccountRequired(Invalid):
    """features R21: e-mail can be chosen only when it is said which account sends."""

    code = "mail_account_required"

    def __init__(self, pointer: str) -> None:
        detail = "E-mail needs the mail account that sends: set mail_account_id."
        super().__init__(detail, errors=[{"pointer": pointer, "detail": detail}])


class UnusableSettings(Invalid):
    code = "unusable_settings"

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(errors[0]["detail"], errors=errors)


class SenderNameNotFound(NotFound):
    code = "sender_name_not_found"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no sender name {name!r}.")


class SenderNameExists(Conflict):
    code = "sender_name_exists"

    def __init__(self, name: str) -> None:
        super().__init__(f"The sender name {name!r} is there already.")


class SenderNameInUse(Conflict):
    code = "sender_name_in_use"

    def __init__(self, name: str) -> None:
        super().__init__(f"The reminder settings use the sender name {name!r}; choose another one there first.")


class ReminderNotFound(NotFound):
    code = "reminder_not_found"

    def __init__(self, reminder_id: UUID) -> None:
        super().__init__(f"There is no reminder {reminder_id}.")


class UnusableAddress(Invalid):
    """What was given as a recipient cannot be sent to by this channel."""

    code = "unusable_address"

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(errors[0]["detail"], errors=errors)


class NoEmployeeOfOwn(Conflict):
    """Reminders of one's own are for employees."""

    code = "no_employee"

    def __init__(self) -> None:
        super().__init__("Reminders of one's own are for employees; this login belongs to none.")


class TaskNotFound(NotFound):
    code = "task_not_found"

    def __init__(self, task_id: UUID) -> None:
        super().__init__(f"There is no task {task_id}.")


class ReminderStateForbids(Conflict):
    """What was asked for is not possible in the state the reminder is in; `status` names it."""

    code = "reminder_state_forbids"

    def __init__(self, wish: str, status: str, **extra: Any) -> None:
        super().__init__(f"A reminder that is {status} cannot be {wish}.", status=status, **extra)


class AlreadyTold(Conflict):
    """Sending a reminder a second time must be asked for by name."""

    code = "already_sent"

    def __init__(self, reminder_id: UUID) -> None:
        super().__init__(f"Reminder {reminder_id} was sent already; `again: true` sends it once more.")


class ReportRefused(NotFound):
    """A delivery report that does not know the secret is told nothing."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__("There is nothing here.")
