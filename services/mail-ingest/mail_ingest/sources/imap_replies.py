"""What an IMAP server answers, cut into whole replies and read (RFC 3501 section 7); no network here.

A server is foreign input: a declared literal is refused before anything is allocated for it (reliability A3), a line has
a limit, a body is believed only under the UID that stands in the same reply (A6).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

LONGEST_LINE = 16 * 1024 * 1024  # `SEARCH` of a mailbox with two million mails

_LITERAL = re.compile(rb"~?\{(\d{1,20})\+?\}$")
_UID = re.compile(rb"(?:^|[\s(])UID (\d{1,10})(?=[\s)]|$)", re.IGNORECASE)
_SIZE = re.compile(rb"(?:^|[\s(])RFC822\.SIZE (\d{1,20})(?=[\s)]|$)", re.IGNORECASE)
_DATE = re.compile(rb'(?:^|[\s(])INTERNALDATE "([^"]{20,40})"', re.IGNORECASE)
_BODY_FOLLOWS = re.compile(rb"BODY\[(?:HEADER)?\](?:<\d+>)? ~?\{\d+\+?\}$", re.IGNORECASE)
_BODY_QUOTED = re.compile(rb'BODY\[(?:HEADER)?\](?:<\d+>)? "((?:[^"\\]|\\.)*)"', re.IGNORECASE)
_BODY_NIL = re.compile(rb"BODY\[(?:HEADER)?\](?:<\d+>)? NIL", re.IGNORECASE)
_MONTHS = {name: n for n, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)}
_INTERNAL_DATE = re.compile(rb"\s?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})")


class UnreadableReply(Exception):
    """The server does not speak IMAP as we know it; the connection is of no further use."""


class LiteralTooLong(UnreadableReply):
    """The server announced more bytes than we take; `uid` is the mail it was about, if that was said before."""

    def __init__(self, size: int, uid: int | None) -> None:
        super().__init__(f"The server announced a literal of {size} bytes.")
        self.size = size
        self.uid = uid


Reply = list[bytes]
"""Lines and literals in turn: `[line, literal, line, …]`; the lines without CRLF, the `{n}` still at their end."""


class ReplyReader:
    """Cuts a stream of bytes into replies; never holds more than one unfinished reply."""

    def __init__(self, *, longest_literal: int) -> None:
        self.longest_literal = longest_literal
        self._buffer = bytearray()
        self._parts: Reply = []
        self._missing = 0  # bytes of the literal that is being read; 0 when a line is
        self._searched = 0  # so much of the buffer holds no line end

    @property
    def holds_bytes(self) -> bool:
        """Whether something was received that is not a whole reply yet."""
        return bool(self._buffer or self._parts)

    def uid_in_progress(self) -> int | None:
        """The UID of the FETCH reply that has begun and is not complete."""
        return _number(_UID, self._parts[0]) if self._parts else None

    def feed(self, data: bytes) -> Iterator[Reply]:
        """The replies that are complete now. Raises UnreadableReply or LiteralTooLong."""
        self._buffer += data
        while True:
            if self._missing:
                if len(self._buffer) < self._missing:
                    return
                with memoryview(self._buffer) as view:
                    self._parts.append(bytes(view[: self._missing]))
                del self._buffer[: self._missing]
                self._missing = self._searched = 0
            line = self._next_line()
            if line is None:
                return
            self._parts.append(line)
            announced = _LITERAL.search(line)
            if announced is None:
                reply, self._parts = self._parts, []
                yield reply
                continue
            size = int(announced[1])
            if size > self.longest_literal:
                raise LiteralTooLong(size, _number(_UID, self._parts[0]))
            if size == 0:
                self._parts.append(b"")
            self._missing = size

    def _next_line(self) -> bytes | None:
        end = self._buffer.find(b"\r\n", max(0, self._searched - 1))
        if end < 0:
            self._searched = len(self._buffer)
            if self._searched > LONGEST_LINE:
                raise UnreadableReply("The server sent a line without end.")
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        self._searched = 0
        return line


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one FETCH reply says about one mail; `body` is BODY[] or BODY[HEADER], None when neither came."""

    uid: int
    size: int | None
    received_at: datetime | None
    body: bytes | None


def fetched(parts: Sequence[bytes]) -> Fetched | None:
    """The FETCH reply in `parts`, None for any other reply and for one that names no UID (RFC 3501 section 7.4.2)."""
    if not parts or not re.match(rb"(?:\* )?\d+ FETCH \(", parts[0], re.IGNORECASE):
        return None
    lines = parts[::2]
    words = b" ".join(lines)
    uid = _number(_UID, words)
    if uid is None:
        return None
    return Fetched(uid, _number(_SIZE, words), internal_date(words), _body(parts))


def _body(parts: Sequence[bytes]) -> bytes | None:
    for index in range(0, len(parts) - 1, 2):
        if _BODY_FOLLOWS.search(parts[index]):
            return parts[index + 1]
    for line in parts[::2]:
        quoted = _BODY_QUOTED.search(line)
        if quoted:
            return re.sub(rb"\\(.)", rb"\1", quoted[1])
        if _BODY_NIL.search(line):
            return b""
    return None


def internal_date(words: bytes) -> datetime | None:
    """INTERNALDATE in UTC; None when it is missing or no date."""
    found = _DATE.search(words)
    date = _INTERNAL_DATE.fullmatch(found[1]) if found else None
    month = _MONTHS.get(date[2].lower()) if date else None
    if date is None or month is None:
        return None
    offset = timedelta(hours=int(date[8]), minutes=int(date[9]))
    try:
        zone = timezone(-offset if date[7] == b"-" else offset)
        local = datetime(int(date[3]), month, int(date[1]), int(date[4]), int(date[5]), int(date[6]), tzinfo=zone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def found_uids(lines: Sequence[bytes]) -> list[int]:
    """The numbers of every SEARCH reply (`3 5 8`, the word SEARCH gone or still there), sorted, each once."""
    numbers: set[int] = set()
    for line in lines:
        numbers.update(int(word) for word in line.split() if word.isdigit() and len(word) <= 10)
    return sorted(numbers)


@dataclass(frozen=True, slots=True)
class FolderState:
    """What EXAMINE says about a folder; `next_uid` may be left out by a server."""

    uid_validity: int
    next_uid: int | None
    mails: int


def folder_state(lines: Sequence[bytes]) -> FolderState | None:
    """None when the server names no UIDVALIDITY: then its UIDs mean nothing (RFC 3501 section 2.3.1.1)."""
    text = b"\n".join(lines)
    validity = re.search(rb"\[UIDVALIDITY (\d{1,10})\]", text, re.IGNORECASE)
    following = re.search(rb"\[UIDNEXT (\d{1,10})\]", text, re.IGNORECASE)
    exists = re.search(rb"^(?:\* )?(\d{1,10}) EXISTS", text, re.IGNORECASE | re.MULTILINE)
    if validity is None:
        return None
    return FolderState(int(validity[1]), int(following[1]) if following else None, int(exists[1]) if exists else 0)


def response_code(line: bytes) -> str | None:
    """`AUTHENTICATIONFAILED` of `[AUTHENTICATIONFAILED] wrong` (RFC 5530), upper-case."""
    code = re.match(rb"\s*\[([A-Za-z][A-Za-z0-9.-]*)", line)
    return code[1].decode("ascii").upper() if code else None


def uid_set(uids: Sequence[int]) -> str:
    """`1:3,7` for 1, 2, 3, 7; expects them sorted."""
    ranges: list[str] = []
    first = last = None
    for uid in uids:
        if last is not None and uid == last + 1:
            last = uid
            continue
        if first is not None:
            ranges.append(f"{first}" if first == last else f"{first}:{last}")
        first = last = uid
    if first is not None:
        ranges.append(f"{first}" if first == last else f"{first}:{last}")
    return ",".join(ranges)


def _number(pattern: re.Pattern[bytes], words: bytes) -> int | None:
    found = pattern.search(words)
    return int(found[1]) if found else None
