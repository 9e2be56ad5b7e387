"""What a reader may fold in the text of a mail: quotes, forwarded mails, signatures. Nothing is ever cut.

Libraries that cut lose wanted text (reference/cases.md section 7d: 3 to 12 %), and answers between the lines are what they lose
first (FreeScout #349, #778). So the text stays whole, and these are only places in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from mail_ingest.parsing.quote_headings import (
    begins_quoted_header,
    ends_with_heading,
    field_of,
    is_heading,
    is_rule,
    marks_forwarded,
    marks_original,
)

MOST_TEXT = 200_000
"""Characters that are looked at; what stands further behind is shown as it is."""
MOST_FOLDS = 500
HEADER_LINES = 8
HEADING_LINES = 3

Kind = Literal["quote", "forwarded", "signature"]

_QUOTED = re.compile(r"\s?>(?![-=])")


@dataclass(frozen=True, slots=True)
class Fold:
    """A part of the text, from `start` up to before `end`, in characters (code points)."""

    kind: Kind
    start: int
    end: int


def folds_of(text: str) -> list[Fold]:
    """The parts to fold, in order and apart from each other; none when nothing would be left to read."""
    if not text:
        return []
    found = _Reading(text[:MOST_TEXT]).folds(whole=len(text))
    shown, at = [], 0
    for fold in found:
        shown.append(text[at : fold.start])
        at = fold.end
    shown.append(text[at:])
    return found if any(piece.strip() for piece in shown) else []


class _Reading:
    """One pass over the lines."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._starts: list[int] = []
        at = 0
        for line in self._lines:
            self._starts.append(at)
            at += len(line) + 1
        self._end = at - 1

    def folds(self, *, whole: int) -> list[Fold]:
        found: list[Fold] = []
        at = 0
        while at < len(self._lines) and len(found) < MOST_FOLDS:
            fold, following = self._fold_at(at, whole)
            if fold is not None:
                found.append(fold)
            at = following
        return found

    def _fold_at(self, at: int, whole: int) -> tuple[Fold | None, int]:
        """What begins in this line, and where to go on."""
        line = self._lines[at]
        if _QUOTED.match(line):
            after = self._after_quoted(at)
            return Fold("quote", self._starts[at], self._end_of(after)), after
        heading = self._heading_lines(at)
        if heading:
            after = at + heading
            while after < len(self._lines) and not self._lines[after].strip():
                after += 1
            if after < len(self._lines) and _QUOTED.match(self._lines[after]):
                end = self._after_quoted(after)
                return Fold("quote", self._starts[at], self._end_of(end)), end
            return Fold("quote", self._starts[at], whole), len(self._lines)
        if marks_forwarded(line):
            return Fold("forwarded", self._starts[at], whole), len(self._lines)
        if self._quotes_a_header(at):
            return Fold("quote", self._starts[at], whole), len(self._lines)
        if line in ("-- ", "--") and self._is_signature(at):
            after = self._after_signature(at)
            return Fold("signature", self._starts[at], self._end_of(after, whole)), after
        return None, at + 1

    def _after_quoted(self, at: int) -> int:
        """Behind a run of quoted lines; blank lines between two of them belong to it."""
        after = at + 1
        while after < len(self._lines):
            ahead = after
            while ahead < len(self._lines) and not self._lines[ahead].strip():
                ahead += 1
            if ahead == len(self._lines) or not _QUOTED.match(self._lines[ahead]):
                return after
            after = ahead + 1
        return after

    def _heading_lines(self, at: int) -> int:
        """How many lines the heading that begins here has; 0 when none begins here."""
        if not self._lines[at].strip():
            return 0
        joined = ""
        for count, line in enumerate(self._lines[at : at + HEADING_LINES], start=1):
            if not line.strip():
                return 0
            joined = f"{joined} {line.strip()}"
            if is_heading(joined):
                return count
        return 0

    def _quotes_a_header(self, at: int) -> bool:
        """Outlook quotes without signs: a line drawn or words between hyphens, or at once From, Sent, To, Subject."""
        line = self._lines[at]
        if marks_original(line):
            return True
        if not is_rule(line) and field_of(line) != "from":
            return False
        below = [each for each in self._lines[at : at + HEADER_LINES + 2] if each.strip() and not is_rule(each)]
        return begins_quoted_header([field_of(each) for each in below[:HEADER_LINES]])

    def _is_signature(self, at: int) -> bool:
        return any(line.strip() for line in self._lines[:at]) and any(line.strip() for line in self._lines[at + 1 :])

    def _after_signature(self, at: int) -> int:
        """A signature ends where a quote or a header of a quoted mail begins."""
        for after in range(at + 1, len(self._lines)):
            line = self._lines[after]
            if (
                _QUOTED.match(line)
                or self._heading_lines(after)
                or marks_forwarded(line)
                or self._quotes_a_header(after)
            ):
                return after
        return len(self._lines)

    def _end_of(self, after: int, whole: int | None = None) -> int:
        """The character behind the line before `after`."""
        if after < len(self._lines):
            return self._starts[after]
        return whole if whole is not None else self._end


def precedes_quote(text: str) -> bool:
    """Whether what follows this text is a quote: its last lines say who wrote when."""
    return ends_with_heading(text)
