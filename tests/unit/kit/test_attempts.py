from datetime import UTC, datetime, timedelta

import pytest

from kit.attempts import BACKOFF, LONGEST_DELAY, Attempts

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def test_delays_grow_and_then_stay() -> None:
    """reliability section 4 rule 3: 1 s, 5 s, 30 s, 2 min, 10 min."""
    attempts, waits = Attempts(), []
    for _ in range(7):
        attempts = attempts.after_failure("no", now=NOW)
        waits.append(attempts.waits(NOW).total_seconds())
    assert waits == [1, 5, 30, 120, 600, 600, 600]


def test_what_the_handler_wants_goes_before_but_not_beyond_reason() -> None:
    assert Attempts().after_retry("later", after=timedelta(minutes=3), now=NOW).waits(NOW) == timedelta(minutes=3)
    assert Attempts().after_retry("later", after=timedelta(days=9), now=NOW).waits(NOW) == LONGEST_DELAY
    assert Attempts().after_retry("later", after=timedelta(0), now=NOW).waits(NOW) == timedelta(0)
    assert Attempts().after_retry("later", after=None, now=NOW).waits(NOW) == BACKOFF[0]


def test_a_wait_ends() -> None:
    attempts = Attempts().after_failure("no", now=NOW)
    assert attempts.waits(NOW + timedelta(seconds=2)) == timedelta(0)


@pytest.mark.parametrize(
    ("attempts", "verdict"),
    [
        (Attempts(), None),
        (Attempts(failures=7, reason="no"), None),
        (Attempts(failures=8, reason="no"), "It failed 8 times. no"),
        (Attempts(begun=2), None),
        (Attempts(begun=3), "3 attempts to handle it ended the process."),
        (Attempts(retries=99), None),
        (Attempts(retries=100, reason="away"), "It asked to be tried later 100 times. away"),
    ],
)
def test_when_it_is_enough(attempts: Attempts, verdict: str | None) -> None:
    assert attempts.verdict() == verdict


def test_a_clean_end_forgets_the_deaths_before_it() -> None:
    attempts = Attempts().after_begin().after_begin()
    assert attempts.begun == 2
    assert attempts.after_failure("no", now=NOW).begun == 0
    assert attempts.after_retry("no", after=None, now=NOW).begun == 0
