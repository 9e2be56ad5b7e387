"""One header block as raw bytes: names folded to lower-case, values unfolded, order kept.

Values stay bytes until somebody asks for text, because only then their charset can be repaired (cases 7a).
"""

from __future__ import annotations

import re

from mail_ingest.parsing.encoded_words import header_text
from mail_ingest.parsing.limits import Limits, Rejected
from mail_ingest.parsing.text_gate import clean_line

_BLANK_LINE = re.compile(rb"\n\r*\n")
_NAME = re.compile(rb"[!-9;-~]+[ \t]*$")
_FIELD = re.compile(rb"([!-9;-~]++)[ \t]*+:([^\n]*(?:\n[ \t][^\n]*)*)\n?")
_KNOWN = re.compile(
    rb"\n(?:from|to|cc|subject|date|message-id|mime-version|content-[a-z-]+|received|return-path|reply-to|sender|x-[a-z-]+)[ \t]*:",
    re.IGNORECASE,
)


class HeaderFields:
    """The fields of one block, in order, with access by lower-case name."""

    __slots__ = ("_by_name", "charset", "items")

    def __init__(self, items: list[tuple[str, bytes]]) -> None:
        self.items = items
        self.charset: str | None = None  # what raw 8-bit bytes here are most likely written in
        self._by_name: dict[str, list[bytes]] = {}
        for name, value in items:
            self._by_name.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def __bool__(self) -> bool:
        return bool(self.items)

    def first(self, name: str) -> bytes | None:
        values = self._by_name.get(name)
        return values[0] if values else None

    def every(self, name: str) -> list[bytes]:
        return self._by_name.get(name, [])

    def text(self, name: str) -> str:
        """The decoded value as one clean line; empty when the field is missing. Of several fields the first filled one counts."""
        for value in self._by_name.get(name, ()):
            line = clean_line(header_text(value, self.charset))
            if line:
                return line
        return ""

    def token(self, name: str) -> str:
        """The first word of a structured value, lower-case, without comment and parameters."""
        value = self.first(name)
        if not value:
            return ""
        word = value.decode("latin-1").lower()
        for stop in ";(":
            word = word.partition(stop)[0]
        return word.strip().partition(" ")[0].strip("\"'")


NO_FIELDS = HeaderFields([])


def end_of_headers(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the header block beginning at `start` ends, and where the body begins."""
    if data.startswith((b"\n", b"\r\n"), start, end):
        return start, data.index(b"\n", start, end) + 1
    blank = _BLANK_LINE.search(data, start, end)
    return (blank.start() + 1, blank.end()) if blank else (end, end)


def read_fields(data: bytes, start: int, end: int, limits: Limits) -> tuple[HeaderFields, int]:
    """The fields of one part and where its body begins.

    A line that is no field is left out when well-known fields follow it, else the body begins there: both mistakes are seen in the
    wild, a stray line between fields and a body that follows without the blank line.
    """
    stop, body = end_of_headers(data, start, end)
    if stop - start > limits.header_bytes:
        if not _begins_with_field(data, start, stop):
            return NO_FIELDS, start
        raise Rejected("headers_too_large", f"{stop - start} bytes of headers, {limits.header_bytes} are allowed")
    items = _regular_fields(data, start, stop)
    if items is None:
        items, body = _irregular_fields(data, start, stop, body)
    if len(items) > limits.header_fields:
        raise Rejected("too_many_headers", f"{len(items)} header fields, {limits.header_fields} are allowed")
    return HeaderFields(items), body


def _regular_fields(data: bytes, start: int, stop: int) -> list[tuple[str, bytes]] | None:
    """The fields of a block in which every line is one or goes on with one; None for any other block."""
    items: list[tuple[str, bytes]] = []
    at = start
    while at < stop:
        field = _FIELD.match(data, at, stop)  # matched, not searched for: a long line without a colon is looked at once
        if field is None:
            return None
        at = field.end()
        name, value = field.groups()
        items.append((name.decode("ascii").lower(), value.strip() if b"\n" not in value else _unfolded(value)))
    return items


def _unfolded(value: bytes) -> bytes:
    return b" ".join([line.strip() for line in value.split(b"\n")]).strip()


def _irregular_fields(data: bytes, start: int, stop: int, body: int) -> tuple[list[tuple[str, bytes]], int]:
    """The same line by line, for blocks with something else between the fields; the body may turn out to begin earlier."""
    items: list[tuple[str, bytes]] = []
    name = ""
    pieces: list[bytes] = []
    last_known = -1
    at = start
    for line in data[start:stop].split(b"\n"):
        line_at = at
        at += len(line) + 1
        if line[:1] in (b" ", b"\t"):
            pieces.append(line.strip())
            continue
        head, colon, rest = line.partition(b":")
        if colon and _NAME.match(head):
            if name:
                items.append((name, b" ".join(pieces)))
            name = head.rstrip().decode("ascii").lower()
            pieces = [rest.strip()]
        elif line.strip() and not line.startswith((b"From ", b">From ")):
            if last_known < 0:
                last_known = max((match.start() for match in _KNOWN.finditer(data, start, stop)), default=0)
            if last_known < line_at:
                body = line_at
                break
    if name:
        items.append((name, b" ".join(pieces)))
    return items, body


def _begins_with_field(data: bytes, start: int, stop: int) -> bool:
    head, colon, _ = data[start : min(stop, start + 200)].partition(b":")
    return bool(colon) and _NAME.match(head) is not None
