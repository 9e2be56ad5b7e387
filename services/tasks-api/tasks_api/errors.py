"""What tasks-api refuses."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from kit.errors import Conflict, FieldError, Forbidden, GoniecError, Invalid, NotFound, TooLarge, TooMany, Unauthorized

# ---- sign-in


class BadGrant(GoniecError):
    """RFC 6749 section 5.2: the token endpoint answers 400 and names the error; which half was wrong is not told."""

    status = 400
    code = "invalid_grant"

    def __init__(self) -> None:
        super().__init__("The user name or the password is wrong.", error=self.code)


class BadClient(Unauthorized):
    code = "invalid_client"

    def __init__(self) -> None:
        super().__init__("The client id or the client secret is wrong.", error=self.code)


class BadTokenRequest(GoniecError):
    status = 400
    code = "invalid_request"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, error=self.code)


class UnsupportedGrant(GoniecError):
    status = 400
    code = "unsupported_grant_type"

    def __init__(self, grant_type: str) -> None:
        super().__init__(
            f"The grant {grant_type[:40]!r} is not known; there are password and client_credentials.", error=self.code
        )


class BadScope(GoniecError):
    status = 400
    code = "invalid_scope"

    def __init__(self) -> None:
        super().__init__("None of the scopes asked for is granted to this caller.", error=self.code)


class TooManyWrongPasswords(TooMany):
    code = "too_many_wrong_passwords"

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many wrong passwords from this address; wait {seconds} s.", retry_after=seconds)


class NoUserBehindToken(Forbidden):
    """A service, or a person who signed in elsewhere, has no user here."""

    code = "no_user"

    def __init__(self) -> None:
        super().__init__("No user of this installation stands behind the token.")


# ---- users


class UserNotFound(NotFound):
    code = "user_not_found"

    def __init__(self, user_id: UUID) -> None:
        super().__init__(f"There is no user {user_id}.")


class UsernameTaken(Conflict):
    code = "username_taken"

    def __init__(self, username: str) -> None:
        super().__init__(f"There is a user {username} already.")


class EmployeeHasUser(Conflict):
    code = "employee_has_user"

    def __init__(self, employee_id: UUID) -> None:
        super().__init__(f"Another user belongs to the employee {employee_id} already.")


class LoginNeedsAdministrator(Forbidden):
    code = "administrator_needed"

    def __init__(self) -> None:
        super().__init__("Only an administrator may give somebody a login.")


class LastAdministrator(Conflict):
    code = "last_administrator"

    def __init__(self) -> None:
        super().__init__("This is the last active administrator; make another one first.")


class UnknownScopes(Invalid):
    code = "unknown_scopes"

    def __init__(self, scopes: Sequence[str]) -> None:
        super().__init__(
            f"There is no scope {', '.join(scopes)}.", errors=[FieldError(pointer="#/scopes", detail="unknown scope")]
        )


# ---- directory


class CardNotFound(NotFound):
    code = "card_not_found"

    def __init__(self, kind: str, card_id: UUID) -> None:
        super().__init__(f"There is no {kind} {card_id}.")


class AccountUnknown(Invalid):
    """A body names an account that is not there."""

    code = "account_unknown"

    def __init__(self, account_id: UUID) -> None:
        super().__init__(
            f"There is no account {account_id}.", errors=[FieldError(pointer="#/account_id", detail="no such account")]
        )


class EmployeeUnknown(Invalid):
    code = "employee_unknown"

    def __init__(self, employee_id: UUID, pointer: str) -> None:
        super().__init__(
            f"There is no employee {employee_id}.", errors=[FieldError(pointer=pointer, detail="no such employee")]
        )


# ---- tasks


class TaskNotFound(NotFound):
    code = "task_not_found"

    def __init__(self, task_id: UUID) -> None:
        super().__init__(f"There is no task {task_id}.")


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


# ---- reminders of a task


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


class UnfitReminders(Invalid):
    code = "unfit_reminders"


class ParticipantUnreachable(Invalid):
    """features R22: who is to be reminded has no number or address for an enabled channel."""

    code = "participant_unreachable"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("Somebody who is to be reminded cannot be reached that way.", errors=errors)


# ---- invitations


class InvitationNotFound(NotFound):
    code = "invitation_not_found"

    def __init__(self, invitation_id: UUID) -> None:
        super().__init__(f"There is no invitation {invitation_id}.")


class MessageHasNoInvitations(NotFound):
    code = "message_has_no_invitations"

    def __init__(self, message_id: UUID) -> None:
        super().__init__(f"No invitation of the message {message_id} is known.")


class InvitationAlreadyUsed(Conflict):
    """features E10, E23."""

    code = "invitation_already_used"

    def __init__(self, task_ids: Sequence[UUID], *, update_available: bool) -> None:
        super().__init__(
            "A task was already made from this invitation.",
            existing_task_ids=[str(task_id) for task_id in task_ids],
            update_available=update_available,
        )


class InvitationCancelled(Conflict):
    """features E28."""

    code = "invitation_cancelled"

    def __init__(self) -> None:
        super().__init__("The organizer has cancelled this meeting.")


class NotAnInvitation(Conflict):
    """features E22: only REQUEST, PUBLISH and ADD can become a task."""

    code = "not_an_invitation"

    def __init__(self, method: str | None) -> None:
        super().__init__(f"Nothing can be created from this: its method is {method or 'missing'}.")


class NotACancellation(Conflict):
    code = "not_a_cancellation"

    def __init__(self, method: str | None) -> None:
        super().__init__(f"Nothing can be cancelled by this: its method is {method or 'missing'}.")


class NothingToCancel(Conflict):
    code = "nothing_to_cancel"

    def __init__(self) -> None:
        super().__init__("No task was made from this invitation.")


class NothingToConfirm(Conflict):
    code = "nothing_to_confirm"

    def __init__(self, method: str | None) -> None:
        super().__init__(f"Confirming this {method or 'calendar part'} would change nothing.")


class NothingToDecide(Conflict):
    code = "nothing_to_decide"

    def __init__(self, outcome: str) -> None:
        super().__init__(f"Nobody has to decide about this: it is {outcome} already.")


class NothingToUpdate(Conflict):
    code = "nothing_to_update"

    def __init__(self) -> None:
        super().__init__("No task was made from this invitation, so none can be updated.")


class Unconfirmed(Invalid):
    code = "confirmation_required"

    def __init__(self) -> None:
        super().__init__(
            "Say `confirm: true` to cancel the tasks.", errors=[FieldError(pointer="#/confirm", detail="must be true")]
        )


class TasksNotOfInvitation(Invalid):
    code = "tasks_not_of_invitation"

    def __init__(self, task_ids: Sequence[UUID]) -> None:
        super().__init__(
            "Some of the tasks were not made from this invitation.",
            errors=[FieldError(pointer="#/task_ids", detail=str(task_id)) for task_id in task_ids],
        )


# ---- calendars


class UnreadableCalendar(Invalid):
    """A calendar that was sent to be imported cannot be read; `problems` says what was found."""

    code = "unreadable_calendar"

    def __init__(self, sentence: str, **extra: Any) -> None:
        super().__init__(sentence, **extra)


class CalendarTooLarge(TooLarge):
    code = "calendar_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"A calendar may have at most {limit} bytes.")


class CalendarHasMethod(Invalid):
    code = "calendar_has_method"

    def __init__(self, method: str) -> None:
        super().__init__(f"This is a message (METHOD:{method}), not a calendar of our own; it has to arrive by mail.")


class StretchTooLong(Invalid):
    code = "stretch_too_long"

    def __init__(self, days: int) -> None:
        super().__init__(f"`to` must lie after `from`, and at most {days} days.")
