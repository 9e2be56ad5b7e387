"""How many may leave now when only so many may leave in a minute."""

from reminder_dispatcher.pace import UNLIMITED, Pace


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_sixty_a_minute_are_one_a_second() -> None:
    seconds = Seconds()
    pace = Pace(60, monotonic=seconds)
    sent = 0
    for _ in range(480):
        allowed = pace.allowed()
        pace.take(allowed)
        sent += allowed
        seconds.now += 0.125
    assert 59 <= sent <= 61


def test_a_pause_is_not_saved_up() -> None:
    seconds = Seconds()
    pace = Pace(60, monotonic=seconds)
    seconds.now += 3600
    assert pace.allowed() == 1


def test_faster_paces_allow_a_second_at_once() -> None:
    assert Pace(600, monotonic=Seconds()).allowed() == 10


def test_no_limit() -> None:
    pace = Pace(0)
    pace.take(10_000)
    assert pace.allowed() == UNLIMITED
