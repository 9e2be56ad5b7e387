"""The mails of `examples/`, filled in: fresh ids, and times that lie ahead of the moment the story is told."""

from __future__ import annotations

import email.utils
import os
import re
from datetime import UTC, datetime
from pathlib import Path

EXAMPLES = Path(os.environ.get("GONIEC_EXAMPLES", Path(__file__).resolve().parents[3] / "examples"))

SENDER_DOMAIN = "zielonymlyn.example"


def sample_mail(name: str, **places: str) -> bytes:
    """The mail of a file with every `{{place}}` filled in, with the line ends of RFC 5322; KeyError for a place unfilled."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    filled = {
        "date": email.utils.format_datetime(datetime.now(UTC)),
        "id": email.utils.make_msgid(domain=SENDER_DOMAIN),
        "stamp": calendar_moment(datetime.now(UTC)),
        **places,
    }
    text = re.sub(r"\{\{(\w+)\}\}", lambda place: filled[place[1]], text)
    return text.replace("\n", "\r\n").encode()


def calendar_moment(moment: datetime) -> str:
    """A moment as iCalendar writes it in UTC (RFC 5545 section 3.3.5)."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
