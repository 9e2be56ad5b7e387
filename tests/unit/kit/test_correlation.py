import asyncio

import pytest

from kit.correlation import correlation, current_correlation_id


def test_outside_of_everything_there_is_none() -> None:
    assert current_correlation_id() is None


def test_inside_there_is_one_and_afterwards_the_one_before() -> None:
    with correlation("outer") as given:
        assert given == "outer"
        with correlation("inner"):
            assert current_correlation_id() == "inner"
        assert current_correlation_id() == "outer"
    assert current_correlation_id() is None


def test_an_exception_ends_it_too() -> None:
    with pytest.raises(ZeroDivisionError), correlation("story"):
        raise ZeroDivisionError
    assert current_correlation_id() is None


async def test_tasks_do_not_see_each_others() -> None:
    async def seen(name: str) -> str | None:
        with correlation(name):
            await asyncio.sleep(0)
            return current_correlation_id()

    assert await asyncio.gather(seen("a"), seen("b")) == ["a", "b"]
