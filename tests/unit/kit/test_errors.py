from datetime import timedelta

import pytest

from kit import errors
from kit.errors import Conflict, GoniecError, Invalid, NotFound, Refuse, Retry


class CaseNotFound(NotFound):
    code = "case_not_found"

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no case {number}.", number=number)


def test_an_error_says_what_was_wanted_and_carries_what_a_program_needs() -> None:
    error = CaseNotFound(7)
    assert (str(error), error.sentence) == ("There is no case 7.", "There is no case 7.")
    assert (error.status, error.code, error.extra) == (404, "case_not_found", {"number": 7})


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.NotFound, 404),
        (errors.Conflict, 409),
        (errors.Invalid, 422),
        (errors.Unauthorized, 401),
        (errors.Forbidden, 403),
        (errors.PreconditionFailed, 412),
        (errors.TooLarge, 413),
        (errors.TooMany, 429),
        (errors.Unavailable, 503),
        (errors.GoniecError, 500),
    ],
)
def test_each_error_knows_its_status(error: type[GoniecError], status: int) -> None:
    assert error("a sentence").status == status


def test_invalid_points_at_the_fields() -> None:
    error = Invalid("Two fields are wrong.", errors=[{"pointer": "/name", "detail": "is empty"}])
    assert error.extra == {"errors": [{"pointer": "/name", "detail": "is empty"}]}
    assert Invalid("Something is wrong.").extra == {}


def test_members_of_one_error_do_not_reach_another() -> None:
    Conflict("one", a=1)
    assert Conflict("other").extra == {}


def test_temporary_and_permanent_are_different_things() -> None:
    assert not issubclass(Retry, Refuse | GoniecError)
    assert not issubclass(Refuse, GoniecError)
    assert Retry("later", after=timedelta(minutes=1)).after == timedelta(minutes=1)
    assert (Retry("later").reason, Refuse("never").reason) == ("later", "never")
