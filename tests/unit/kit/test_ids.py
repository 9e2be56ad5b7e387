import time
from uuid import RFC_4122

import pytest

from kit import ids
from kit.ids import new_id


def test_an_id_is_a_uuid_of_version_seven() -> None:
    made = new_id()
    assert (made.version, made.variant) == (7, RFC_4122)


def test_an_id_begins_with_the_millisecond_it_was_made_in() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id().int >> 80
    assert before <= made <= time.time_ns() // 1_000_000 + 1


def test_later_ids_sort_after_earlier_ones() -> None:
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(made)
    assert [str(each) for each in made] == sorted(str(each) for each in made)
    assert len(set(made)) == len(made)


def test_a_clock_stepped_back_does_not_break_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    first = new_id()
    monkeypatch.setattr(ids.time, "time_ns", lambda: 1_000_000)
    assert first < new_id() < new_id()


def test_what_is_random_does_not_repeat() -> None:
    tails = {new_id().int & ((1 << 62) - 1) for _ in range(1000)}
    assert len(tails) == 1000
