"""Which message decides about open and closed (DESIGN 5, features C46)."""

from datetime import UTC, datetime, timedelta

from case_threader.status import Deciding, Effect, status_after

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(minutes: int, effect: Effect) -> Deciding:
    return Deciding(effect, NOON + timedelta(minutes=minutes), "test")


def test_the_newest_receipt_decides_in_whatever_order_they_are_told() -> None:
    history = [at(30, Effect.OPENS), at(10, Effect.OPENS), at(20, Effect.CLOSES)]
    decided = status_after(history)
    assert decided is not None
    assert decided.effect is Effect.OPENS
    assert decided.at == NOON + timedelta(minutes=30)


def test_what_has_no_say_decides_nothing() -> None:
    assert status_after([at(1, Effect.NONE)]) is None
    decided = status_after([at(1, Effect.CLOSES), at(2, Effect.NONE)])
    assert decided is not None
    assert decided.effect is Effect.CLOSES


def test_of_two_at_the_same_moment_the_later_told_decides() -> None:
    decided = status_after([at(1, Effect.OPENS), at(1, Effect.CLOSES)])
    assert decided is not None
    assert decided.effect is Effect.CLOSES
