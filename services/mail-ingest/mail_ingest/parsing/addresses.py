"""Address fields read in one pass over the characters: tolerant of what people's programs write, and not to be tricked.

An address counts only where the grammar puts one: quoted strings, comments, display names and encoded words never become an
address (CVE-2023-27043). Everything is linear; nothing recurses (the standard library's reader raises on 1 kB of "(").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from contracts.addresses import canonical_email
from mail_ingest.parsing.encoded_words import header_text, raw_text, unencoded
from mail_ingest.parsing.text_gate import clean_name

LONGEST_ADDRESS = 320
"""64 characters, an @ and 255 (RFC 5321 section 4.5.3.1); longer ones cannot be delivered and are left out."""

_SPECIALS = re.compile(r'["(),:;<>\\\[\]]')
_PARENTHESIS = re.compile(r"[()]")
_BRACKET = re.compile(r"[<>]")
_ESCAPED = re.compile(r"\\(.)")
_ATOM = re.compile(r'[^\s"(),:;<>@\[\]\\]+')
_DOTS = str.maketrans({"。": ".", "．": ".", "｡": "."})
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+$")


class Mailbox(NamedTuple):
    """`email` is canonical and may be empty, or lack its domain, when the field holds only a name."""

    email: str
    name: str

    @property
    def is_usable(self) -> bool:
        return "@" in self.email


def mailboxes(values: Sequence[bytes], charset: str | None = None) -> list[Mailbox]:
    """All mailboxes of all fields of one name, in order; groups are dissolved, empty ones vanish."""
    found: list[Mailbox] = []
    for value in values:
        text = raw_text(value, charset)
        read = _simple(text) if _is_simple(text) else list(_mailboxes(text))
        if "=?" in text and not any(mailbox.is_usable for mailbox in read):
            # some programs encode the whole field, address and all
            read = list(_mailboxes(header_text(value, charset))) or read
        found += read
    return found


def _is_simple(text: str) -> bool:
    return not ('"' in text or "(" in text or ":" in text or ";" in text or "\\" in text or "[" in text or ")" in text)


def _simple(text: str) -> list[Mailbox]:
    """The common case: names without quotes, one `<…>` or bare address between commas."""
    found: list[Mailbox] = []
    for item in text.split(","):
        name, opening, rest = item.partition("<")
        address, closing, after = rest.partition(">")
        if opening and (not closing or after.strip() or "<" in address or ">" in name):
            return list(_mailboxes(text))
        if opening:
            found.append(_mailbox(address, name))
        elif item.strip():
            found += _bare(item)
    return [mailbox for mailbox in found if mailbox.email or mailbox.name]


class _Gathering:
    """What was seen of one mailbox so far: words, the inside of its angle brackets, words after them, comments."""

    __slots__ = ("angle", "comments", "has_at", "words", "words_after")

    def __init__(self, words: list[str] | None = None) -> None:
        self.words: list[str] = words or []
        self.words_after: list[str] = []
        self.has_at = any("@" in word for word in self.words)
        self.angle: str | None = None
        self.comments: list[str] = []

    def add(self, words: str) -> None:
        if words:
            (self.words if self.angle is None else self.words_after).append(words)
            self.has_at = self.has_at or "@" in words

    def mailbox(self) -> list[Mailbox]:
        words = "".join(self.words)
        if self.angle is not None:
            name = words if words.strip() else "".join(self.words_after)
            return [_mailbox(self.angle, name if name.strip() else " ".join(self.comments))]
        found = _bare(words)
        if len(found) == 1 and not found[0].name and self.comments:
            return [_mailbox(found[0].email, " ".join(self.comments))]
        return found


def _mailboxes(text: str) -> Iterator[Mailbox]:
    """The general case, one token after the other."""
    gathering = _Gathering()
    at = 0
    in_group = False
    while (special := _SPECIALS.search(text, at)) is not None:
        here = special.start()
        gathering.add(text[at:here])
        character = special[0]
        at = here + 1
        if character == '"':
            quoted, at = _until_quote(text, at)
            gathering.add(f'"{quoted}"')
        elif character == "(":
            comment, at = _until_comment_ends(text, at)
            gathering.comments.append(comment)
        elif character == "<":
            angle, at = _until_angle_closes(text, at)
            if gathering.angle is not None and "@" in gathering.angle:
                former, gathering = gathering, _Gathering(gathering.words_after)  # a comma was forgotten
                former.words_after = []
                yield from former.mailbox()
            gathering.angle = angle if gathering.angle is None or "@" in angle else gathering.angle
        elif character in ",;":
            yield from _if_anything(gathering)
            gathering = _Gathering()
            in_group = in_group and character == ","
        elif character == ":" and not in_group and gathering.angle is None and not gathering.has_at:
            words = "".join(gathering.words)
            is_scheme = words.rstrip().lower().endswith("mailto")
            in_group = not is_scheme
            gathering = _Gathering([words.rstrip()[: -len("mailto")]] if is_scheme else None)
        elif character == "\\":
            gathering.add(text[at : at + 1])
            at += 1
        elif character in "[]" or character == ":":
            gathering.add(character)
        # a stray ")" or ">" says nothing
    gathering.add(text[at:])
    yield from _if_anything(gathering)


def _if_anything(gathering: _Gathering) -> Iterator[Mailbox]:
    return (mailbox for mailbox in gathering.mailbox() if mailbox.email or mailbox.name)


def _until_quote(text: str, at: int) -> tuple[str, int]:
    """The inside of a quoted string and where to go on; one that never closes is a stray quotation mark."""
    end = at
    while (end := text.find('"', end)) != -1:
        backslashes = 0
        while text[end - 1 - backslashes] == "\\" and end - 1 - backslashes >= at:
            backslashes += 1
        if backslashes % 2 == 0:
            return text[at:end], end + 1
        end += 1
    return "", at


def _until_comment_ends(text: str, at: int) -> tuple[str, int]:
    """The inside of a comment, nested ones included, by counting; an open one reaches to the end (RFC 5322 section 3.2.2)."""
    depth = 1
    for parenthesis in _PARENTHESIS.finditer(text, at):
        depth += 1 if parenthesis[0] == "(" else -1
        if depth == 0:
            return text[at : parenthesis.start()], parenthesis.end()
    return text[at:], len(text)


def _until_angle_closes(text: str, at: int) -> tuple[str, int]:
    bracket = _BRACKET.search(text, at)
    if bracket is None:
        return text[at:], len(text)
    inside = text[at : bracket.start()]
    return (inside, bracket.end()) if bracket[0] == ">" else (inside, bracket.start())


def _bare(words: str) -> list[Mailbox]:
    """Words without angle brackets: an address alone, with words around it, or only a name."""
    stripped = words.strip()
    if stripped.startswith('"'):
        quoted, after = _until_quote(stripped, 1)
        rest = stripped[after:].lstrip()
        if quoted and rest and rest[0] != "@":
            return [Mailbox(found.email, found.name or _readable(quoted)) for found in _bare(rest)]
        return [_mailbox(stripped, "") if rest else Mailbox("", _readable(stripped))]
    if "@" not in stripped or stripped.startswith("=?"):
        is_name = " " in stripped or '"' in stripped or "=?" in stripped
        return [Mailbox("", _readable(stripped)) if is_name else _mailbox(stripped, "")]
    squeezed = "@".join(piece.strip() for piece in stripped.split("@"))
    tokens = squeezed.split()
    addresses = [token for token in tokens if _ADDRESS.match(_stripped(token))]
    if len(addresses) > 1 and len(addresses) == len(tokens):
        return [_mailbox(token, "") for token in tokens]  # blanks instead of commas
    if not addresses:
        return [_mailbox(squeezed, "")]
    name = " ".join(token for token in tokens if token is not addresses[-1])
    return [_mailbox(_stripped(addresses[-1]), name)]


def _stripped(token: str) -> str:
    """Without the marks people put around an address; the brackets of a domain literal stay."""
    token = token.strip("'")
    return token.strip("[]") if token.startswith("[") else token


def _mailbox(address: str, name: str) -> Mailbox:
    readable = _readable(name)
    email = _email(address)
    if not email and not readable:
        return Mailbox("", "")
    return Mailbox(email, "" if readable.lower() == email else readable)


def _email(address: str) -> str:
    """An addr-spec made canonical: no blanks, no route, no brackets, plain dots; empty when it is none."""
    text = address.strip().strip("<>'").strip()
    if text[:1] == "@" and ":" in text:
        text = text.partition(":")[2]  # a source route, RFC 5322 section 4.4
    if text[:1] == '"':
        quoted, after = _until_quote(text, 1)
        local = _ESCAPED.sub(r"\1", quoted)
        domain = text[after:].strip()
        text = (local if _ATOM.fullmatch(local) else f'"{local}"') + domain
    else:
        text = "".join(text.split())
    text = clean_name(text)
    local, at, domain = text.rpartition("@")
    if at:
        text = f"{local}@{domain.translate(_DOTS).rstrip('.')}"
        if not local or text.endswith("@"):
            return ""
    return canonical_email(text) if len(text) <= LONGEST_ADDRESS else ""


def _readable(name: str) -> str:
    """A display name without its quoting, its encoding and what could make it look like another."""
    text = name.strip()
    if '"' in text:
        text = _ESCAPED.sub(r"\1", text.replace('\\"', "\0")).replace('"', "").replace("\0", '"').strip()
    text = clean_name(unencoded(text))
    if len(text) > 1 and text[0] == text[-1] == "'":
        text = text[1:-1].strip()
    return text
