"""The original below an answer, as mail programs quote it; quotes are never cut, only folded where they are shown."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

LONGEST_QUOTE = 100_000

_HEADINGS = {
    "pl": "W dniu {when} {who} pisze:",
    "de": "Am {when} schrieb {who}:",
    "en": "On {when}, {who} wrote:",
}
_FORMATS = {"pl": "%d.%m.%Y o %H:%M", "de": "%d.%m.%Y um %H:%M", "en": "%Y-%m-%d at %H:%M"}


def with_quote(text: str, original: str, *, who: str, at: datetime, zone: str, locale: str) -> str:
    """The answer, then a line saying who wrote when, then the original with `> ` before each line."""
    language = locale[:2] if locale[:2] in _HEADINGS else "en"
    when = at.astimezone(ZoneInfo(zone)).strftime(_FORMATS[language])
    heading = _HEADINGS[language].format(when=when, who=who)
    quoted = "\n".join(_quoted(line) for line in original[:LONGEST_QUOTE].strip().splitlines())
    return f"{text.rstrip()}\n\n{heading}\n{quoted}\n"


def _quoted(line: str) -> str:
    """One level deeper; a line that is a quote already gets no blank between (RFC 3676 section 4.5)."""
    return f">{line}" if line.startswith(">") else f"> {line}".rstrip()
