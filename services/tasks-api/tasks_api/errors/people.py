"""What sign-in and the keeping of users refuse."""

from collections.abc import Sequence
from uuid import UUID

from kit.errors import Conflict, FieldError, Forbidden, GoniecError, Invalid, NotFound, TooMany, Unauthorized


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


class CrmInactive(Forbidden):
    """features K35."""

    code = "crm_inactive"

    def __init__(self) -> None:
        super().__init__("Tasks, calendar and directory open once an employee is linked to this user.")


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
