"""From bytes to text: byte order marks, the charset the mail names, and what to do when it is wrong or missing."""

from __future__ import annotations

import codecs
import re

_UTF8_BOM = codecs.BOM_UTF8
_WIDE_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE_BEGINNINGS = ((b"B\0E\0G\0I\0N\0", "utf-16-le"), (b"\0B\0E\0G\0I\0N", "utf-16-be"))
_NOT_CHARSETS = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "mbcs", "oem"})

# One byte, two meanings: letters that only one of the Polish code pages has there, and letters of Western Europe that
# Polish text has no use for.
_ONLY_CP1250 = re.compile(rb"[\x8c\x8f\x9c\x9f\xa5\xb9]")
_ONLY_ISO_8859_2 = re.compile(rb"[\xa1\xa6\xac\xb1\xb6\xbc]")
_POLISH = re.compile(rb"[\xa3\xaf\xb3\xbf\xc6\xca\xd1\xe6\xea\xf1]")
_WESTERN = re.compile(rb"[\xc0\xc5\xc8\xcc\xd2\xd5\xd8\xd9\xdb\xe0\xe3\xe5\xe8\xec\xef\xf2\xf5\xf8\xf9\xfb]")


def narrow(data: bytes) -> bytes:
    """The same text as UTF-8 without a mark, when it came as UTF-16 or UTF-32 or with marks; else unchanged."""
    for mark, encoding in _WIDE_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace").encode()
    head = data[:64].lstrip().upper()
    for beginning, encoding in _WIDE_BEGINNINGS:
        if head.startswith(beginning):
            return data.decode(encoding, "replace").encode()
    while data.startswith(_UTF8_BOM):
        data = data[len(_UTF8_BOM) :]
    return data


def known_charset(name: str | None) -> str | None:
    """The Python name of a charset that turns bytes into text, None for anything else (reliability F: `zlib`, `undefined`)."""
    if not name or len(name) > 40:
        return None
    try:
        found = codecs.lookup(name.strip().strip("\"'"))
    except (LookupError, ValueError):
        return None
    if found.name in _NOT_CHARSETS or not getattr(found, "_is_text_encoding", False):
        return None
    return found.name


def decoded(data: bytes, charset: str | None) -> str:
    """The text, never failing: the declared charset, then UTF-8, then line by line a guess for this part of the world.

    Valid UTF-8 beyond ASCII outranks a declared single-byte charset: such bytes are not Latin text by accident, and
    programs that declare `iso-8859-1` for everything are common.
    """
    if data.isascii() and (charset is None or _is_ascii_compatible(charset)):
        return data.decode("ascii")
    if charset is None or _is_ascii_compatible(charset):
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass
    if charset not in (None, "ascii", "utf-8"):
        try:
            return data.decode(charset or "")
        except (UnicodeError, ValueError):
            pass
    return "\n".join(_line(line) for line in data.split(b"\n"))


def guessed_charset(data: bytes) -> str:
    """The likeliest single-byte charset of text that is not UTF-8."""
    if _ONLY_CP1250.search(data):
        return "cp1250"
    if _ONLY_ISO_8859_2.search(data):
        return "iso8859-2"
    if _WESTERN.search(data) and not _POLISH.search(data):
        return "cp1252"
    return "cp1250"


def _line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode(guessed_charset(line), "replace")


def _is_ascii_compatible(charset: str) -> bool:
    return charset in {"ascii", "utf-8"} or charset.startswith(("iso8859", "cp12", "koi8", "latin", "mac-"))
