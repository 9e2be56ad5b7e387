"""What is refused about single dates of a series."""

from kit.errors import Conflict, NotFound


class NotASeries(Conflict):
    code = "not_a_series"

    def __init__(self) -> None:
        super().__init__("The task does not repeat, so it has no dates of its own.")


class NoSuchDate(NotFound):
    code = "occurrence_not_found"

    def __init__(self, recurrence_id: str) -> None:
        super().__init__(f"The series has no date {recurrence_id[:60]!r}.")
