"""What is refused about dictionaries, threads, follow-ups, stages, clocks and files of tasks."""

from uuid import UUID

from kit.errors import Conflict, FieldError, Invalid, NotFound, TooLarge


class DictionaryNotFound(NotFound):
    code = "dictionary_not_found"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no dictionary {name!r}.")


class ValueNotFound(NotFound):
    code = "dictionary_value_not_found"

    def __init__(self, value_id: UUID) -> None:
        super().__init__(f"There is no such value in this dictionary: {value_id}.")


class ValueUnknown(Invalid):
    """features K12, K47: what is chosen must be there and active."""

    code = "dictionary_value_unknown"

    def __init__(self, field: str, value_id: UUID) -> None:
        super().__init__(
            f"There is no active value {value_id} to choose.",
            errors=[FieldError(pointer=f"#/{field}", detail="no such value, or a retired one")],
        )


class ValueInUse(Conflict):
    """features K47."""

    code = "dictionary_value_in_use"

    def __init__(self) -> None:
        super().__init__("Tasks have this value; make it inactive instead.")


class PercentStepMissed(Invalid):
    """features R48."""

    code = "percent_step_missed"

    def __init__(self, step: int) -> None:
        super().__init__(
            f"Per cent complete goes in steps of {step}.",
            errors=[FieldError(pointer="#/percent_complete", detail=f"must be a multiple of {step}")],
        )


class PercentOfStages(Invalid):
    """features W28."""

    code = "percent_of_stages"

    def __init__(self) -> None:
        super().__init__(
            "Per cent complete of a task in stages comes from its stages.",
            errors=[FieldError(pointer="#/percent_complete", detail="is computed from the stages")],
        )


class NotStaged(Conflict):
    """features W19."""

    code = "task_not_staged"

    def __init__(self) -> None:
        super().__init__("A task of this type does not go in stages.")


class StageNotFound(NotFound):
    code = "stage_not_found"

    def __init__(self, stage_id: UUID) -> None:
        super().__init__(f"The task has no stage {stage_id}.")


class TaskHasStages(Conflict):
    code = "task_has_stages"

    def __init__(self) -> None:
        super().__init__("The task has stages; take them away before it gets a type that does not go in stages.")


class FollowUpExists(Conflict):
    """features K44."""

    code = "follow_up_exists"

    def __init__(self, next_id: UUID) -> None:
        super().__init__("The next one was planned already; change that one instead.", next_id=str(next_id))


class ParentUnknown(Invalid):
    code = "parent_unknown"

    def __init__(self, task_id: UUID) -> None:
        super().__init__(
            f"There is no task {task_id} to hang this one on.",
            errors=[FieldError(pointer="#/parent_id", detail="no such task")],
        )


class ParentOfOtherAccount(Invalid):
    """features K39."""

    code = "parent_of_other_account"

    def __init__(self) -> None:
        super().__init__(
            "A thread is about one account.",
            errors=[FieldError(pointer="#/parent_id", detail="belongs to another account")],
        )


class ParentClosed(Conflict):
    """features R52, K39: the parent comes first."""

    code = "parent_closed"

    def __init__(self, parent_id: UUID) -> None:
        super().__init__("The task above this one is closed; reopen that one first.", parent_id=str(parent_id))


class ThreadCycle(Conflict):
    code = "thread_cycle"

    def __init__(self) -> None:
        super().__init__("A task cannot hang on itself or on one that hangs on it.")


class ThreadTooLong(Conflict):
    code = "thread_too_long"

    def __init__(self, most: int) -> None:
        super().__init__(f"A thread holds {most} tasks at most.")


class DraftNotFound(NotFound):
    code = "draft_not_found"

    def __init__(self, draft_id: UUID) -> None:
        super().__init__(f"There is no open form {draft_id} of yours.")


class DraftUnknown(Invalid):
    code = "draft_unknown"

    def __init__(self, draft_id: UUID) -> None:
        super().__init__(
            f"There is no open form {draft_id} of yours.",
            errors=[FieldError(pointer="#/draft_id", detail="no such open form")],
        )


class AttachmentNotFound(NotFound):
    code = "attachment_not_found"

    def __init__(self, attachment_id: UUID) -> None:
        super().__init__(f"The task has no attachment {attachment_id}.")


class AttachmentTooLarge(TooLarge):
    code = "attachment_too_large"

    def __init__(self, most: int) -> None:
        super().__init__(f"An attachment has {most} bytes at most.", limit=most)


class TooManyAttachments(Conflict):
    code = "too_many_attachments"

    def __init__(self, most: int) -> None:
        super().__init__(f"A task has {most} attachments at most.")


class SeriesOfOrganizer(Conflict):
    code = "series_of_organizer"

    def __init__(self) -> None:
        super().__init__(
            "Somebody else organizes this series; it can be changed as a whole or date by date, not cut in two."
        )
