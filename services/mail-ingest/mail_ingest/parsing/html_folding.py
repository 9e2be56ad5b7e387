"""Quotes in cleaned HTML, folded: put into `<details>`, which a browser opens on a click and without any script.

Only for the output of `html_cleaning`, which is balanced and spells every tag alike. Nothing is taken away, and a mail that would
show nothing but folds is left as it is: then it is a forward, and the quote is what one wants to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Literal

from mail_ingest.parsing.quote_headings import begins_quoted_header, field_of
from mail_ingest.parsing.quotes import precedes_quote

OPENING, CLOSING = "<details><summary>•••</summary>", "</details>"
LONGEST_LOOK = 20_000
"""Characters of markup behind a `From:` in which the rest of a quoted header is looked for."""

_TOKEN = re.compile(
    r'<(?P<slash>/?)(?P<name>[a-z][a-z0-9]*)(?P<attributes>(?:\s+[a-z-]+="[^"]*")*)\s*>|(?P<text>[^<]+|<)'
)
_VOID = frozenset({"br", "hr", "img", "col", "wbr"})
_LINES = frozenset(
    {"br", "p", "div", "tr", "li", "hr", "blockquote", "table", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
)
_LINE_END = re.compile(r"<br>|</?(?:p|div|tr|li|table|tbody|hr)\b[^<>]*>")
_ANY_TAG = re.compile(r"<[^<>]*>")
_FIRST_LABEL = re.compile(r"\s*(?:From|Od|Nadawca|Von)\s?:", re.IGNORECASE)

Kind = Literal["open", "close", "void", "text"]


@dataclass(slots=True)
class _Open:
    """An element that has not ended; `shown` is how much text stood before it."""

    name: str
    start: int
    shown: int


def with_folds(html: str) -> str:
    """The HTML with every outermost quote folded, and what Outlook quotes below a header."""
    spans = _Search(html).spans()
    if not spans:
        return html
    pieces, at, outside = [], 0, ""
    for start, end in spans:
        outside += html[at:start]
        pieces += [html[at:start], OPENING, html[start:end], CLOSING]
        at = end
    outside += html[at:]
    pieces.append(html[at:])
    return "".join(pieces) if _ANY_TAG.sub("", unescape(outside)).strip() else html


class _Search:
    """One pass over the tokens, with the elements that are open."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._open: list[_Open] = []
        self._shown = 0
        self._text = ""  # the end of what was shown so far, line by line

    def spans(self) -> list[tuple[int, int]]:
        """Where quotes stand, in order, none inside another."""
        found: list[tuple[int, int]] = []
        outer: int | None = None  # how many elements were open when the outermost quote began
        ends: int | None = None  # the same for the parent of a quote that has no element of its own
        for kind, name, start, end in self._tokens():
            if kind == "text":
                if outer is None and ends is None:
                    quoted = self._header_of_quote(start, end)
                    if quoted is not None:
                        found.append((quoted.start, -1))
                        ends = self._open.index(quoted)
                self._show(self._html[start:end])
                continue
            if name in _LINES:
                self._text += "\n"
            if kind == "open":
                is_quote = name == "blockquote" and outer is None and ends is None
                if is_quote and self._is_mail(start, end):
                    outer = len(self._open)
                    found.append((start, -1))
                self._open.append(_Open(name, start, self._shown))
            elif kind == "close" and self._open:
                self._open.pop()
                if outer is not None and len(self._open) == outer:
                    found[-1], outer = (found[-1][0], end), None
                elif ends is not None and len(self._open) < ends:
                    found[-1], ends = (found[-1][0], start), None
        return [(start, len(self._html) if end == -1 else end) for start, end in found]

    def _tokens(self) -> Iterator[tuple[Kind, str, int, int]]:
        for match in _TOKEN.finditer(self._html):
            name = match["name"]
            if name is None:
                yield "text", "", match.start(), match.end()
            elif name in _VOID:
                yield "void", name, match.start(), match.end()
            else:
                yield ("close" if match["slash"] else "open"), name, match.start(), match.end()

    def _show(self, text: str) -> None:
        text = unescape(text)
        self._shown += len(text.strip())
        self._text = (self._text + text)[-1000:]

    def _is_mail(self, start: int, end: int) -> bool:
        """A quoted mail, and not just something set in: marked so by its program, or below a line of who wrote when."""
        return 'type="cite"' in self._html[start:end] or precedes_quote(self._text)

    def _header_of_quote(self, start: int, end: int) -> _Open | None:
        """The outermost block that begins with `From:` of a quoted header; None when none begins here."""
        if not _FIRST_LABEL.match(unescape(self._html[start : min(end, start + 200)])):
            return None
        beginning = [element for element in self._open if element.shown == self._shown and element.name in ("div", "p")]
        block = beginning[0] if beginning else None
        if block is None or not self._shown:
            return None
        below = _LINE_END.sub("\n", self._html[start : start + LONGEST_LOOK])
        lines = [line for line in unescape(_ANY_TAG.sub("", below)).split("\n") if line.strip()]
        return block if begins_quoted_header([field_of(line) for line in lines[:8]]) else None
