"""What the sources of the calendar refuse."""

from kit.errors import Conflict, FieldError, Invalid, NotFound


class SourceNotFound(NotFound):
    code = "calendar_source_not_found"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no calendar source {name!r}.")


class SourceTaken(Conflict):
    code = "calendar_source_taken"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a calendar source {name!r} already.")


class SourceInUse(Conflict):
    """Of those that came along, and of those that have entries."""

    code = "calendar_source_in_use"

    def __init__(self) -> None:
        super().__init__("A source that came along, or that has entries, is not deleted; it can be switched off.")


class EntryNotFound(NotFound):
    code = "calendar_entry_not_found"

    def __init__(self, source: str, key: str) -> None:
        super().__init__(f"There is no entry {key!r} of {source!r}.")


class EntryOfNobody(Invalid):
    code = "employee_unknown"

    def __init__(self) -> None:
        super().__init__(
            "The entry names no employee of ours, by id or by an address that is only theirs.",
            errors=[FieldError(pointer="#/employee_id", detail="no such employee")],
        )


class EntryUntitled(Invalid):
    code = "title_required"

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"An entry of the kind {kind!r} needs a title.", errors=[FieldError(pointer="#/title", detail="is missing")]
        )


class UnfitEntry(Invalid):
    code = "unfit_times"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field} {detail}.", errors=[FieldError(pointer=f"#/{field}", detail=detail)])
