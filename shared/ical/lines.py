"""From the bytes of a calendar part to content lines (RFC 5545 section 3.1), forgiving what real senders do to them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ical.decoding import decoded, known_charset, narrow

_FOLDS = re.compile(rb"\n[ \t]")
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]"
)  # controls, and halves of characters (UTF-7 can make them)
# Quoted parameter values may hold `:` and `;`. The alternatives exclude each other, so nothing is tried twice.
_CONTENT = re.compile(r'(?:[\w-]+\.)?([A-Za-z0-9_-]+)[ \t]*((?:;(?:[^":]|"[^"]*")*+)?):(.*)', re.DOTALL)
_ROUGH = re.compile(r"([A-Za-z0-9_-]+)(;[^:]*):(.*)", re.DOTALL)
_PARAMETER = re.compile(r';\s*([^=;:"\s]+)\s*(?:=((?:"[^"]*"|[^;"])*+))?')
_CARETS = {"^n": "\n", "^^": "^", "^'": '"'}
_CARET = re.compile(r"\^[n^']")


@dataclass(slots=True)
class Property:
    """One content line: upper-case `name`, `raw_parameters` from the first semicolon on, `value` still escaped."""

    name: str
    raw_parameters: str
    value: str
    _parameters: dict[str, str] | None = field(default=None, repr=False)

    @property
    def parameters(self) -> dict[str, str]:
        """Parameters by upper-case name; quotes are still on, so that lists can be told from values with commas."""
        if self._parameters is None:
            self._parameters = _split_parameters(self.raw_parameters) if self.raw_parameters else {}
        return self._parameters

    def parameter(self, name: str) -> str:
        """A parameter as one value without quotes, RFC 6868 escapes undone; empty when missing."""
        value = self.parameters.get(name)
        return unquoted(value) if value else ""


def unquoted(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == '"' == value[-1]:
        value = value[1:-1]
    if "^" in value:
        value = _CARET.sub(lambda match: _CARETS[match[0]], value)
    return value.strip()


def content_text(data: bytes, charset: str | None) -> str:
    """The part as text with one content line per line: marks and blank lines gone, line ends unified, folds undone.

    Folds are undone before decoding, because old programs fold in the middle of a UTF-8 character (RFC 5545 section 3.1).
    """
    data = narrow(data)
    if b"\r" in data:
        data = b"\n".join(line.rstrip(b"\r") for line in data.split(b"\n")).replace(b"\r", b"\n")
    while b"\n\n" in data:
        data = data.replace(b"\n\n", b"\n")
    if b"=\n" in data:
        data = _without_soft_breaks(data)
    data = _FOLDS.sub(b"", data)
    text = decoded(data, known_charset(charset))
    return printable(text)


def printable(text: str) -> str:
    """Without control characters and lone surrogates: databases and JSON refuse them (reliability F)."""
    return _UNPRINTABLE.sub("", text) if _UNPRINTABLE.search(text) else text


def _without_soft_breaks(data: bytes) -> bytes:
    """vCalendar 1.0: a quoted-printable value goes on after a line that ends with `=`."""
    lines: list[list[bytes]] = []
    goes_on = False
    for line in data.split(b"\n"):
        if goes_on:
            lines[-1].append(line)
        else:
            lines.append([line])
        goes_on = line.endswith(b"=") and b"QUOTED-PRINTABLE" in lines[-1][0].partition(b":")[0].upper()
        if goes_on:
            lines[-1][-1] = line[:-1]
    return b"\n".join(b"".join(parts) for parts in lines)


def read_line(line: str) -> Property | None:
    """One content line, None when it is none."""
    head, colon, value = line.partition(":")
    if colon and '"' not in head:
        name, semicolon, parameters = head.partition(";")
        if name.isascii() and name.replace("-", "").isalnum():
            return Property(name.upper(), semicolon + parameters, value)
    match = _CONTENT.match(line)
    if match is not None:
        return Property(match[1].upper(), match[2], match[3])
    return _with_open_quotes(line) if '"' in line else None


def _with_open_quotes(line: str) -> Property | None:
    """Quotes opened and never closed hide the colon: `ATTENDEE;CN="Anna:mailto:anna@example.com`."""
    match = _ROUGH.match(line)
    if match is None:
        return None
    name, parameters, value = match[1].upper(), match[2], match[3]
    address = line.lower().rfind(":mailto:")
    if address > len(name):
        parameters, value = line[len(name) : address], line[address + 1 :]
    return Property(name, parameters.replace('"', ""), value)


def _split_parameters(raw: str) -> dict[str, str]:
    found: dict[str, str] = {}
    if '"' not in raw:
        for part in raw.split(";"):
            name, _, value = part.partition("=")
            if name := name.strip().upper():
                found.setdefault(name, value)
        return found
    for match in _PARAMETER.finditer(raw):
        found.setdefault(match[1].upper(), match[2] or "")
    return found
