"""What can be refused.

Each service names its own facts below these; one place turns them into a response or an acknowledgement.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar, TypedDict


class FieldError(TypedDict):
    """One thing wrong with one field, as RFC 9457 section 3.1 suggests for lists of errors."""

    pointer: str
    detail: str


class GoniecError(Exception):
    """A refusal with a sentence for the person who reads it at night: what was wanted, what was found.

    `status` is the HTTP status, `code` a stable word for programs, `extra` becomes members of the problem (RFC 9457).
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"

    def __init__(self, sentence: str, **extra: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.extra: dict[str, Any] = extra


class NotFound(GoniecError):
    status = 404
    code = "not_found"


class Conflict(GoniecError):
    status = 409
    code = "conflict"


class Invalid(GoniecError):
    """What was sent was understood and cannot be accepted; `errors` points at the fields."""

    status = 422
    code = "invalid"

    def __init__(self, sentence: str, *, errors: Sequence[FieldError] = (), **extra: Any) -> None:
        if errors:
            extra["errors"] = list(errors)
        super().__init__(sentence, **extra)


class Unauthorized(GoniecError):
    """Nobody was recognised: no token, or one that is not valid."""

    status = 401
    code = "unauthorized"


class Forbidden(GoniecError):
    """Somebody was recognised and may not do this."""

    status = 403
    code = "forbidden"


class PreconditionFailed(GoniecError):
    """`If-Match` names a version that is no longer the current one (RFC 9110 section 13.1.1)."""

    status = 412
    code = "precondition_failed"


class TooLarge(GoniecError):
    status = 413
    code = "too_large"


class TooMany(GoniecError):
    """A rate limit; `retry_after` (seconds) becomes the Retry-After header."""

    status = 429
    code = "too_many_requests"


class Unavailable(GoniecError):
    """Something this service needs is not answering; asking again later can help."""

    status = 503
    code = "unavailable"


class Retry(Exception):
    """A handler cannot act on an event yet: ask again, after `after` when given, else with a growing delay."""

    def __init__(self, reason: str, *, after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after


class Refuse(Exception):
    """A handler can never act on an event: set it aside among the dead letters with this reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
