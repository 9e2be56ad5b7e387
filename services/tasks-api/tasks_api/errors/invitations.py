"""What is refused about invitations and calendars."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from kit.errors import Conflict, FieldError, Invalid, NotFound, TooLarge


class InvitationNotFound(NotFound):
    code = "invitation_not_found"

    def __init__(self, invitation_id: UUID) -> None:
        super().__init__(f"There is no invitation {invitation_id}.")


class InvitationErased(Conflict):
    """What it said was erased with the person it was about."""

    code = "invitation_erased"

    def __init__(self) -> None:
        super().__init__("What this invitation said was erased on the wish of the person it was about.")


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


class NothingToUndo(Conflict):
    code = "nothing_to_undo"

    def __init__(self) -> None:
        super().__init__("This decision changed nothing, or was taken back already.")


class ChangedSince(Conflict):
    code = "changed_since"

    def __init__(self, task_ids: Sequence[UUID]) -> None:
        super().__init__(
            "Somebody has worked on these tasks since; say `force: true` to remove them all the same.",
            task_ids=[str(task_id) for task_id in task_ids],
        )


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
