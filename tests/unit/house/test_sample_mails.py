"""The mails of the demo: every one of `examples/` can be filled in, with the line ends of RFC 5322."""

from __future__ import annotations

import email
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from goniec.demo.sample_mails import EXAMPLES, calendar_moment, sample_mail

NAMES = sorted(file.name for file in EXAMPLES.glob("*.eml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_a_whole_mail(name: str) -> None:
    wanted = set(re.findall(r"\{\{(\w+)\}\}", (EXAMPLES / name).read_text(encoding="utf-8")))
    raw = sample_mail(name, **dict.fromkeys(wanted - {"date", "id", "stamp"}, "20270104T090000Z"))
    assert b"{{" not in raw
    assert not re.search(rb"(?<!\r)\n", raw)
    mail = email.message_from_bytes(raw)
    assert mail["From"]
    assert mail["Message-ID"]
    assert mail.defects == []


def test_there_are_samples() -> None:
    assert len(NAMES) >= 3


def test_a_place_left_out_is_noticed() -> None:
    name = next(each for each in NAMES if re.search(r"\{\{(?!date|id|stamp)", (EXAMPLES / each).read_text("utf-8")))
    with pytest.raises(KeyError):
        sample_mail(name)


def test_moments_are_written_in_utc() -> None:
    moment = datetime(2026, 11, 22, 10, 30, tzinfo=timezone(timedelta(hours=1)))
    assert calendar_moment(moment) == "20261122T093000Z"
    assert calendar_moment(datetime(2026, 1, 2, tzinfo=UTC)) == "20260102T000000Z"
