"""What the directory refuses."""

from uuid import UUID

from kit.errors import FieldError, Invalid, NotFound


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
