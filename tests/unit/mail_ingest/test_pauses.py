"""How long to wait before a mailbox, a login or a mail is tried again (reliability A5, A8)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mail_ingest.sources.pauses import Backoff, next_fetch_at, next_login_at

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_backoff_doubles_with_jitter_up_to_its_limit() -> None:
    backoff = Backoff(first=1, longest=10)
    for whole in (1, 2, 4, 8, 10, 10):
        assert whole / 2 <= backoff.pause() <= whole
    backoff.reset()
    assert backoff.pause() <= 1


@pytest.mark.parametrize(
    ("minutes_ago", "next_in"),
    [
        ([], None),
        ([0], 1),
        ([1, 0], 2),
        ([3, 2, 0], 4),
        ([90, 0], 1),  # what is older than an hour does not count
        ([15, 14, 12, 8, 0], 45),  # the fifth in this hour was the last
        ([50, 40, 30, 20, 10, 0], 20),
    ],
)
def test_next_login(minutes_ago: list[int], next_in: int | None) -> None:
    refused = [NOON - timedelta(minutes=minutes) for minutes in minutes_ago]
    expected = None if next_in is None else NOON + timedelta(minutes=next_in)
    assert next_login_at(refused, per_hour=5) == expected


def test_no_more_than_five_logins_in_any_hour() -> None:
    refused: list[datetime] = []
    now = NOON
    while now < NOON + timedelta(hours=12):
        at = next_login_at(refused, per_hour=5)
        now = max(now, at) if at is not None else now
        refused = [*refused, now][-20:]
        assert sum(1 for moment in refused if moment > now - timedelta(hours=1)) <= 5


def test_a_mail_that_cannot_be_fetched_is_tried_for_ever_and_ever_more_rarely() -> None:
    waits = [next_fetch_at(attempts, now=NOON) - NOON for attempts in range(1, 12)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(seconds=10), timedelta(hours=6))
