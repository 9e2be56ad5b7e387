"""The lines above a quoted or forwarded mail, as mail programs write them in Polish, English and German."""

from __future__ import annotations

import re
from typing import Literal

LONGEST_HEADING = 400
"""Characters of one heading, which may be wrapped over several lines."""

Field = Literal["from", "sent", "to", "subject", "cc"]

_WHEN = r"(?=.*\d).{4,200}?"
_HEADINGS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # Thunderbird, Gmail, Roundcube, o2, Outlook.com in Polish
        rf"(?:w\s+dniu|dnia|dn\.)\s+{_WHEN}(?:pisze|napisał(?:a|\(a\)|\(-a\)|\(\w*\))?|pisał\(a\)|wrote)\s*:",
        r"\S{1,12}\s*,?\s+\d{1,2}\s+\w{3,12}\.?\s+\d{4}\s+o\s+\d{1,2}[:.]\d{2}\s+.{1,200}?(?:napisał(?:a|\(a\))?|pisze)\s*:",
        # Apple Mail in Polish
        rf"wiadomość\s+napisana\s+przez\s+.{{1,200}}?\s+w\s+dniu\s+{_WHEN}:",
        rf"użytkownik\s+.{{1,200}}?\s+(?:w\s+dniu\s+|dnia\s+)?{_WHEN}napisał(?:a|\(a\))?\s*:",
        # English: all of them
        rf"on\s+{_WHEN}(?:wrote|writes)\s*:",
        rf"at\s+{_WHEN}(?:wrote|writes)\s*:",
        r"(?:\w{3},\s+)?\d{1,2}\s+\w{3,9}\s+\d{4}\s+.{1,200}?wrote\s*:",
        # German: Thunderbird, Gmail, Apple
        rf"am\s+{_WHEN}schrieb\s+.{{1,200}}?:",
        rf"am\s+{_WHEN}schrieb\s*:",
    )
)

_ORIGINAL = re.compile(
    r"[\s*_-]*(?:original message|reply message|wiadomość oryginalna|oryginalna wiadomość|pierwotna wiadomość"
    r"|treść oryginalnej wiadomości|ursprüngliche nachricht|original-?nachricht)[\s*_-]*:?",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"[\s*_-]*(?:forwarded message|begin forwarded message|wiadomość przekazana dalej|przekazana wiadomość"
    r"|treść przekazanej wiadomości|przekazywana wiadomość|wiadomość przekazana|początek przekazywanej wiadomości"
    r"|początek przekazanej wiadomości|rozpoczęcie przekazanej wiadomości|weitergeleitete nachricht"
    r"|anfang der weitergeleiteten (?:nachricht|e-mail))[\s*_-]*:?(?:[\s*_-]*)",
    re.IGNORECASE,
)
_RULE = re.compile(r"\s*_{10,}\s*|\s*-{20,}\s*")

_FIELDS: dict[str, Field] = {
    "from": "from", "od": "from", "nadawca": "from", "von": "from",
    "sent": "sent", "date": "sent", "wysłano": "sent", "wysłane": "sent", "data": "sent", "gesendet": "sent", "datum": "sent",
    "to": "to", "do": "to", "odbiorca": "to", "an": "to",
    "subject": "subject", "temat": "subject", "betreff": "subject",
    "cc": "cc", "dw": "cc", "udw": "cc", "kopia": "cc", "kopie": "cc",
}  # fmt: skip
_FIELD = re.compile(r"\s*[*_]{0,2}([A-Za-zł]{2,9})\s?:[*_]{0,2}(?:\s|$)")


def is_heading(text: str) -> bool:
    """Whether the whole text is one line of who wrote when, however it was wrapped."""
    text = " ".join(text.split())
    return len(text) <= LONGEST_HEADING and text.endswith(":") and any(each.fullmatch(text) for each in _HEADINGS)


def ends_with_heading(text: str) -> bool:
    """Whether the last lines of a text are such a heading."""
    lines = [line for line in text[-2 * LONGEST_HEADING :].split("\n") if line.strip()][-3:]
    return any(is_heading(" ".join(lines[first:])) for first in range(len(lines)))


def marks_original(line: str) -> bool:
    """`-----Original Message-----` in Outlook's languages."""
    return "-" in line and _ORIGINAL.fullmatch(line[:200]) is not None


def marks_forwarded(line: str) -> bool:
    """`---------- Forwarded message ---------`, `Begin forwarded message:` and their like."""
    return ("-" in line or line.rstrip().endswith(":")) and _FORWARDED.fullmatch(line[:200]) is not None


def is_rule(line: str) -> bool:
    """The line Outlook draws above a quoted mail."""
    return _RULE.fullmatch(line[:300]) is not None


def field_of(line: str) -> Field | None:
    """Which field of a quoted header a line begins with: `Od:`, `*Sent:*`, `Betreff:`."""
    match = _FIELD.match(line[:40])
    return _FIELDS.get(match[1].lower()) if match else None


def begins_quoted_header(fields: list[Field | None]) -> bool:
    """Whether lines with these fields are the header of a quoted mail: From first, and two more of when, to whom, about what."""
    if not fields or fields[0] != "from":
        return False
    return len({"sent", "to", "subject"} & set(fields[1:])) >= 2
