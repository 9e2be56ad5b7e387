"""What the organisation of the house and its mandatory filters refuse."""

from uuid import UUID

from kit.errors import Conflict, FieldError, Forbidden, Invalid, NotFound


class UnitNotFound(NotFound):
    code = "unit_not_found"

    def __init__(self, unit_id: UUID) -> None:
        super().__init__(f"There is no unit {unit_id}.")


class UnitUnknown(Invalid):
    """A body names a unit that is not there."""

    code = "unit_unknown"

    def __init__(self, unit_id: UUID, pointer: str) -> None:
        super().__init__(f"There is no unit {unit_id}.", errors=[FieldError(pointer=pointer, detail="no such unit")])


class UnitInItself(Invalid):
    code = "unit_in_itself"

    def __init__(self) -> None:
        super().__init__(
            "A unit cannot lie in itself or in one of those below it.",
            errors=[FieldError(pointer="#/parent_id", detail="lies in this unit")],
        )


class UnitInUse(Conflict):
    code = "unit_in_use"

    def __init__(self) -> None:
        super().__init__("Units lie in it, or employees belong to it; move them first.")


class UnitNeedsAdministrator(Forbidden):
    """Whose unit it is decides what they see."""

    code = "administrator_needed"

    def __init__(self) -> None:
        super().__init__("Only an administrator may say to which unit somebody belongs.")


class MandatoryFilterNotFound(NotFound):
    code = "mandatory_filter_not_found"

    def __init__(self, filter_id: UUID) -> None:
        super().__init__(f"There is no mandatory filter {filter_id}.")


class UserUnknown(Invalid):
    code = "user_unknown"

    def __init__(self, user_id: UUID, pointer: str) -> None:
        super().__init__(f"There is no user {user_id}.", errors=[FieldError(pointer=pointer, detail="no such user")])


class UnfitMandatoryFilter(Invalid):
    code = "invalid"

    def __init__(self, detail: str) -> None:
        super().__init__(
            "The filter does not fit its lists.", errors=[FieldError(pointer="#/filter", detail=detail[:500])]
        )
