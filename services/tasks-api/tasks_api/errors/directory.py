"""What the directory refuses."""

from uuid import UUID

from kit.errors import FieldError, Invalid, NotFound, TooLarge


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


class BadTaxNumber(Invalid):
    code = "bad_tax_id"

    def __init__(self, detail: str) -> None:
        super().__init__(f"The tax number {detail}.", errors=[FieldError(pointer="#/tax_id", detail=detail)])


class UnreadableList(Invalid):
    code = "unreadable_list"


class UnknownColumn(Invalid):
    code = "unknown_column"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no column {name!r} of a card.",
            errors=[FieldError(pointer="query/column", detail="unknown column")],
        )


class ListTooLarge(TooLarge):
    code = "list_too_large"

    def __init__(self, most: int) -> None:
        super().__init__(f"A list of firms and people has at most {most} bytes.")


class MergedIntoItself(Invalid):
    code = "merged_into_itself"

    def __init__(self) -> None:
        super().__init__(
            "A card cannot be merged into itself.", errors=[FieldError(pointer="#/into", detail="is the same card")]
        )


class MergedAcrossAccounts(Invalid):
    code = "contacts_of_different_accounts"

    def __init__(self) -> None:
        super().__init__(
            "Only people at the same firm can be merged.",
            errors=[FieldError(pointer="#/into", detail="belongs to another account")],
        )


class ErasureUnconfirmed(Invalid):
    code = "erasure_unconfirmed"

    def __init__(self) -> None:
        super().__init__(
            "An erasure cannot be undone; say confirm: true.",
            errors=[FieldError(pointer="#/confirm", detail="must be true")],
        )
