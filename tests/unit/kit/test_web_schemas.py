"""What is refused at the door: text no database keeps, numbers no column holds, lines that are two."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from kit.schemas import Body, Line, Moment, is_storable


class Note(Body):
    text: str = ""
    anything: Any = None
    number: float = 0
    line: Line = ""
    at: Moment | None = None


@pytest.mark.parametrize(
    "refused",
    [
        {"text": "a\x00b"},
        {"text": "\ud800"},
        {"text": "\udc00\ud800"},  # a pair the wrong way round
        {"anything": {"deep": [{"er": ["\x00"]}]}},
        {"anything": {"\x00": 1}},
        {"anything": float("nan")},
        {"anything": [float("inf")]},
        {"anything": 2**63},
        {"number": float("inf")},
        {"unknown": 1},
        {"line": "a\nb"},
        {"line": "a\rb"},
        {"line": "a\x7f"},
        {"line": "a\x85b"},
        {"line": "a\u2028b"},
        {"at": "2026-11-20T10:00:00"},  # whose ten o'clock?
        {"at": "yesterday"},
        {"at": "0001-01-01T00:00:00+14:00"},  # in UTC it is a day before the first
        {"at": "9999-12-31T23:59:59Z"},
        {"at": 1_795_000_000},
    ],
)
def test_refused(refused: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Note.model_validate(refused)


@pytest.mark.parametrize(
    "accepted",
    [{"text": "Żółw 🐢 \n\t"}, {"anything": {"a": [1, None, True, 2**62]}}, {"line": "Zażółć — gęślą"}, {}],
)
def test_accepted(accepted: dict[str, Any]) -> None:
    Note.model_validate(accepted)


def test_deep_nesting_does_not_exhaust_the_stack() -> None:
    nested: Any = "\x00"
    for _ in range(50_000):
        nested = [nested]
    with pytest.raises(ValidationError):
        Note.model_validate({"anything": nested})
    while isinstance(nested, list):
        nested = nested.pop()


def test_moments_are_in_utc() -> None:
    note = Note.model_validate({"at": "2026-11-20T10:00:00+01:00"})
    assert note.at == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert '"at":"2026-11-20T09:00:00Z"' in note.model_dump_json()


def test_moments_of_our_own_may_lie_anywhere() -> None:
    assert Note(at=datetime(9999, 12, 31, tzinfo=UTC)).at == datetime(9999, 12, 31, tzinfo=UTC)


def test_storable() -> None:
    assert is_storable("Żółw 🐢")
    assert not is_storable("a\x00")


def test_bodies_are_ordinary_models() -> None:
    assert issubclass(Note, BaseModel)
