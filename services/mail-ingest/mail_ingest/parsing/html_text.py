"""HTML as readable text: one pass over the tags, no tree, no backtracking patterns."""

from __future__ import annotations

import re
from html import unescape

_TAG = re.compile(r"<(?:!--|[a-zA-Z/!?])[^>]*>")
_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
_HIDDEN = {
    name: re.compile(rf"</{name}[^>]*>", re.IGNORECASE)
    for name in ("script", "style", "title", "template", "noscript", "svg")
}
_LINE_BREAKS = frozenset({
    "address", "article", "aside", "blockquote", "br", "caption", "center", "dd", "div", "dl", "dt", "fieldset",
    "figcaption", "figure",
    "footer", "form", "header", "hr", "li", "main", "nav", "option", "pre", "section", "table", "tbody", "tfoot", "thead", "tr",
})  # fmt: skip
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol"})
_CELLS = frozenset({"td", "th"})
_BLANK_LINES = re.compile(r"\n{3,}")


def text_of_html(html: str) -> str:
    """What a reader sees, without markup: blocks on lines of their own, blanks run together, entities resolved."""
    return _Reading(html).text()


class _Reading:
    """One pass over one document."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._pieces: list[str] = []
        self._never_closed: set[str] = set()  # so that no search to the end is made twice
        self._is_preformatted = False

    def text(self) -> str:
        html = self._html
        last = html.rfind(">") + 1  # an open tag at the end is text; so every "<" below finds its ">"
        at = 0
        while (tag := _TAG.search(html, at, last)) is not None:
            self._add(html[at : tag.start()])
            at = self._after_comment(tag) if tag[0].startswith("<!--") else self._after_tag(tag)
        self._add(html[at:])
        return _tidied("".join(self._pieces))

    def _after_comment(self, tag: re.Match[str]) -> int:
        closing = -1 if "-->" in self._never_closed else self._html.find("-->", tag.start() + 2)
        if closing == -1:
            self._never_closed.add("-->")
            return tag.start() + len("<!--")
        return closing + 3

    def _after_tag(self, tag: re.Match[str]) -> int:
        named = _NAME.match(tag[0])
        if named is None:
            return tag.end()
        name = named[1].lower()
        opens = tag[0][1] != "/"
        if name in _LINE_BREAKS:
            self._pieces.append("\n- " if opens and name == "li" else "\n")
            if name == "pre":
                self._is_preformatted = opens
        elif name in _PARAGRAPHS:
            self._pieces.append("\n\n")
        elif name in _CELLS and opens:
            self._pieces.append(" ")
        elif name in _HIDDEN and opens and not tag[0].endswith("/>"):
            return self._after_hidden(name, tag.end())
        return tag.end()

    def _after_hidden(self, name: str, at: int) -> int:
        """Behind `</name>`; an element that never closes hides only its own tag, so that no text is lost."""
        closing = None if name in self._never_closed else _HIDDEN[name].search(self._html, at)
        if closing is None:
            self._never_closed.add(name)
            return at
        return closing.end()

    def _add(self, chunk: str) -> None:
        """The words of a chunk; what separates it from its neighbours shrinks to one blank."""
        if not chunk:
            return
        words = chunk if self._is_preformatted else " ".join(chunk.split())
        if not words:
            self._pieces.append(" ")
            return
        if "&" in words:
            words = unescape(words)
        if self._is_preformatted:
            self._pieces.append(words)
        else:
            self._pieces.append(f"{' ' if chunk[0].isspace() else ''}{words}{' ' if chunk[-1].isspace() else ''}")


def _tidied(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
