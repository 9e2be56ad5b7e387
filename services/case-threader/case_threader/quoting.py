"""The original below an answer, as mail programs quote it; quotes are never cut, only folded where they are shown."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

LONGEST_QUOTE = 100_000

_HEADINGS = {
    "pl": "W dniu {when} {who} pisze:",
    "de": "Am {when} schrieb {who}:",
    "en": "On {when}, {who} wrote:",
}
_FORMATS = {"pl": "%d.%m.%Y o %H:%M", "de": "%d.%m.%Y um %H:%M", "en": "%Y-%m-%d at %H:%M"}


@dataclass(frozen=True, slots=True)
class Quote:
    """What is quoted, and the line above it that says who wrote it when."""

    heading: str
    original: str


def quote_of(original: str, *, who: str, at: datetime, zone: str, locale: str) -> Quote:
    """At most a hundred thousand characters of the original."""
    language = locale[:2] if locale[:2] in _HEADINGS else "en"
    when = at.astimezone(ZoneInfo(zone)).strftime(_FORMATS[language])
    return Quote(_HEADINGS[language].format(when=when, who=who), original[:LONGEST_QUOTE].strip())


def quoted_text(text: str, quote: Quote) -> str:
    """The answer, then the heading, then the original with `> ` before each line."""
    quoted = "\n".join(_quoted(line) for line in quote.original.splitlines())
    return f"{text.rstrip()}\n\n{quote.heading}\n{quoted}\n"


def quoted_html(quote: Quote) -> str:
    """The same as mail programs write it in HTML."""
    original = html.escape(quote.original, quote=False).replace("\n", "<br>\n")
    return f'<p>{html.escape(quote.heading)}</p>\n<blockquote type="cite">{original}</blockquote>'


def _quoted(line: str) -> str:
    """One level deeper; a line that is a quote already gets no blank between (RFC 3676 section 4.5)."""
    return f">{line}" if line.startswith(">") else f"> {line}".rstrip()
