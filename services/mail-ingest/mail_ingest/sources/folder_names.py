"""Names of IMAP folders: what people write, and how it travels (modified UTF-7, RFC 3501 section 5.1.3)."""

from __future__ import annotations

import base64
import binascii

_LARGEST_NAME = 1000


class BadFolderName(ValueError):
    """A folder name that must not reach a server; the sentence says why."""


def wire_name(name: str) -> str:
    """The name as one argument of a command: encoded, quoted, nothing in it can end or split the line.

    Raises BadFolderName for CR, LF, NUL and other control characters (CVE-2025-15366 is exactly that), for nothing at
    all, and for text that is not Unicode.
    """
    if not name or len(name) > _LARGEST_NAME:
        raise BadFolderName(f"A folder name has 1 to {_LARGEST_NAME} characters.")
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in name):
        raise BadFolderName("A folder name must not contain control characters.")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in name):
        raise BadFolderName("A folder name must be valid Unicode.")
    escaped = modified_utf7(name).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def modified_utf7(name: str) -> str:
    """`Wysłane` → `Wys&AUI-ane`."""
    pieces: list[str] = []
    foreign: list[str] = []
    for character in name:
        if 0x20 <= ord(character) <= 0x7E:
            _flush(foreign, pieces)
            pieces.append("&-" if character == "&" else character)
        else:
            foreign.append(character)
    _flush(foreign, pieces)
    return "".join(pieces)


def readable_name(wire: str) -> str:
    """The reverse of `modified_utf7`; a name that is not encoded properly is shown as it is."""
    pieces: list[str] = []
    rest = wire
    while rest:
        plain, ampersand, rest = rest.partition("&")
        pieces.append(plain)
        if not ampersand:
            break
        encoded, dash, rest = rest.partition("-")
        if not dash:
            return wire
        if not encoded:
            pieces.append("&")
            continue
        try:
            padded = encoded.replace(",", "/") + "=" * (-len(encoded) % 4)
            pieces.append(base64.b64decode(padded, validate=True).decode("utf-16-be"))
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return wire
    return "".join(pieces)


def _flush(foreign: list[str], pieces: list[str]) -> None:
    if foreign:
        encoded = base64.b64encode("".join(foreign).encode("utf-16-be")).decode("ascii")
        pieces.append(f"&{encoded.rstrip('=').replace('/', ',')}-")
        foreign.clear()
