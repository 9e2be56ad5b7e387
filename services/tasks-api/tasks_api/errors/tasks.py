"""What is refused about tasks, their types and their reminders."""

from collections.abc import Sequence
from uuid import UUID

from kit.errors import Conflict, FieldError, Forbidden, Invalid, NotFound


class TaskNotFound(NotFound):
    code = "task_not_found"

    def __init__(self, task_id: UUID) -> None:
        super().__init__(f"There is no task {task_id}.")


class TaskOfOthers(Forbidden):
    """features K34: seen, but neither made by nor assigned to the caller."""

    code = "task_of_others"

    def __init__(self, task_id: UUID) -> None:
        super().__init__(f"The task {task_id} is somebody else's; changing it needs the scope tasks:modify_others.")


class TaskCompletedAlready(Conflict):
    """A completed task is frozen until it is reopened (features K9, R47)."""

    code = "task_completed"

    def __init__(self) -> None:
        super().__init__("The task is completed; reopen it first.")


class TaskCancelledAlready(Conflict):
    code = "task_cancelled"

    def __init__(self) -> None:
        super().__init__("The task is cancelled; reopen it first.")


class TaskNotClosed(Conflict):
    code = "task_not_closed"

    def __init__(self) -> None:
        super().__init__("The task is neither completed nor cancelled, there is nothing to reopen.")


class NotYourTask(Forbidden):
    code = "not_your_task"

    def __init__(self) -> None:
        super().__init__("Only who sees all tasks may assign one to somebody else.")


class UnfitTask(Invalid):
    """The fields of a task do not go together; `errors` names them."""

    code = "unfit_task"


class ContactsNeedAccount(Invalid):
    """features K20: persons can be added once the account is chosen."""

    code = "account_required_first"

    def __init__(self) -> None:
        super().__init__(
            "Choose the account before its contacts.", errors=[FieldError(pointer="#/account_id", detail="is missing")]
        )


class ContactNotOfAccount(Invalid):
    """features K19, K41."""

    code = "contact_not_of_account"

    def __init__(self, positions: Sequence[int]) -> None:
        super().__init__(
            "A contact of a task belongs to the task's account.",
            errors=[
                FieldError(pointer=f"#/contact_ids/{i}", detail="not a contact of this account") for i in positions
            ],
        )


class TaskTypeNotFound(NotFound):
    code = "task_type_not_found"

    def __init__(self, type_id: UUID) -> None:
        super().__init__(f"There is no task type {type_id}.")


class TaskTypeUnknown(Invalid):
    code = "task_type_unknown"

    def __init__(self, type_id: UUID) -> None:
        super().__init__(
            f"There is no active task type {type_id}.",
            errors=[FieldError(pointer="#/type_id", detail="no such task type")],
        )


class TaskTypeInUse(Conflict):
    code = "task_type_in_use"

    def __init__(self) -> None:
        super().__init__("Tasks of this type exist; make it inactive instead.")


class TaskTypeFixed(Conflict):
    code = "task_type_is_system"

    def __init__(self) -> None:
        super().__init__("A system type cannot be deleted.")


class DefaultTaskTypeNeeded(Conflict):
    code = "default_task_type_needed"

    def __init__(self) -> None:
        super().__init__("One type must be the default; make another one the default first.")


class TaskTypeNameTaken(Conflict):
    code = "task_type_name_taken"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a task type {name!r} already.")


class AutomationOff(Conflict):
    """features R2."""

    code = "automat_disabled"

    def __init__(self) -> None:
        super().__init__("The reminder automation is switched off; switch it on in its settings first.")


class RemindersOnlyForTasks(Invalid):
    """features R3."""

    code = "reminders_only_for_tasks"

    def __init__(self, kind: str) -> None:
        super().__init__(f"Only tasks are reminded of, this is of the kind {kind}.")


class MailAccountRequired(Invalid):
    """features R21."""

    code = "mail_account_required"

    def __init__(self) -> None:
        super().__init__(
            "The automation's settings name no mail account, so no e-mail can be sent.",
            errors=[FieldError(pointer="#/channels", detail="e-mail needs a mail account in the reminder settings")],
        )


class NoEmployeeOfOwn(Conflict):
    """Only an employee can be reminded for themselves (features W26)."""

    code = "no_employee"

    def __init__(self) -> None:
        super().__init__("Reminders of one's own are for employees; this login belongs to none.")


class UnfitReminders(Invalid):
    code = "unfit_reminders"


class ParticipantUnreachable(Invalid):
    """features R22: who is to be reminded has no number or address for an enabled channel."""

    code = "participant_unreachable"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("Somebody who is to be reminded cannot be reached that way.", errors=errors)
