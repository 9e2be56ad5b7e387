"""Cursors come back from strangers."""

import base64
import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.paging import BadCursor, cursor_of, key_of

SOMEBODY = UUID("01a20161-a7c4-4072-8af8-3533cc05d971")


@pytest.mark.parametrize(
    "key",
    [
        (SOMEBODY,),
        (datetime(2026, 11, 20, 10, 30, 0, 123456, tzinfo=UTC), SOMEBODY),
        (date(2026, 11, 20), 7),
        ("Żółw", 2**62),
        (-5, ""),
    ],
)
def test_a_cursor_holds_the_sort_key(key: Any) -> None:
    assert key_of(cursor_of(key), [type(value) for value in key]) == key


def written(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "nonsense",
        "%%%",
        "ąć",
        "a",
        written({}),
        written([]),
        written("x"),
        written([1]),
        written(["not-a-uuid"]),
        written([None]),
        written([str(SOMEBODY), 1]),
        written([["x"]]),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        base64.urlsafe_b64encode(b"[" * 1000).decode(),
    ],
)
def test_what_is_no_cursor_of_ours(cursor: str) -> None:
    with pytest.raises(BadCursor):
        key_of(cursor, [UUID])


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ([True], int),
        ([2**70], int),
        ([1.5], int),
        (["1"], int),
        (["2026-11-20T10:00:00"], datetime),  # naive
        (["0001-01-01T00:00:00+14:00"], datetime),  # before all time
        (["2026-13-01"], date),
        (["a\x00"], str),
        ([5], str),
    ],
)
def test_values_of_the_wrong_kind(content: Any, kind: type) -> None:
    with pytest.raises(BadCursor):
        key_of(written(content), [kind])


@given(st.text(max_size=200))
def test_any_text_is_refused_or_read(text: str) -> None:
    try:
        key_of(text, [UUID, str])
    except BadCursor:
        return
