"""Text hidden in header fields: encoded words (RFC 2047), also the damaged ones, and raw 8-bit bytes.

Words split inside a character are joined before decoding; blanks between neighbours vanish (RFC 2047 section 6.2).
"""

from __future__ import annotations

import binascii
import re
from typing import NamedTuple

from mail_ingest.parsing.charsets import codec_of, decoded, guessed

_OPENING = re.compile(rb"=\?([^?\s]{1,60})\?([bBqQ])\?")
_HEX_PAIR = re.compile(rb"=([0-9A-Fa-f]{2})")
_BETWEEN = b" \t\r\n"


class _Word(NamedTuple):
    charset: str
    encoding: str
    payload: bytes


def header_text(value: bytes, charset: str | None = None) -> str:
    """A header value as text. `charset` is a hint for raw 8-bit bytes: what the body of the same mail declares."""
    if b"=?" not in value:
        return raw_text(value, charset)
    return "".join(piece if isinstance(piece, str) else _decoded_run(piece) for piece in _pieces(value, charset))


def raw_text(value: bytes, charset: str | None = None) -> str:
    """Bytes of a header that are no encoded word: ASCII, else UTF-8, else the hint, else the Polish rule."""
    if value.isascii():
        return value.decode("ascii") if b"\x1b$" not in value else decoded(value)
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return decoded(value, charset) if codec_of(charset) not in (None, "ascii", "utf-8") else guessed(value)


def unencoded(text: str) -> str:
    """Text that may hold encoded words, already read from bytes: a display name, a file name."""
    if "=?" not in text:
        return text
    return header_text(text.encode("utf-8", "surrogateescape"))


def _pieces(value: bytes, charset: str | None) -> list[str | list[_Word]]:
    """Plain text and runs of neighbouring words, in order. Every byte is looked at a bounded number of times."""
    pieces: list[str | list[_Word]] = []
    plain_from = at = 0
    while (opening := _OPENING.search(value, at)) is not None:
        closing = _closing(value, opening)
        if closing is None:
            break
        end, payload_end = closing
        between = value[plain_from : opening.start()]
        word = _Word(
            opening[1].partition(b"*")[0].decode("latin-1").lower(),
            opening[2].decode().lower(),
            value[opening.end() : payload_end],
        )
        run = pieces[-1] if pieces else None
        if isinstance(run, list) and not between.strip(_BETWEEN):
            run.append(word)
        else:
            if between:
                pieces.append(raw_text(between, charset))
            pieces.append([word])
        plain_from = at = end
    if plain_from < len(value):
        pieces.append(raw_text(value[plain_from:], charset))
    return pieces


def _closing(value: bytes, opening: re.Match[bytes]) -> tuple[int, int] | None:
    """Where the word ends and where its payload ends; a last word that was cut off ends with the value."""
    end = value.find(b"?=", opening.end())
    if opening[2] in b"qQ":
        # "what?=C5=82": a question mark that should have been encoded, followed by an encoded byte
        while end != -1 and _HEX_PAIR.match(value, end + 1):
            following = value.find(b"?=", end + 2)
            if following == -1 or b" " in value[end:following] or b"=?" in value[end + 1 : following]:
                break
            end = following
    if end != -1:
        return end + 2, end
    rest = value[opening.end() :].rstrip(b"?= \t\r\n")
    if rest and not any(byte in rest for byte in b" \t"):
        return len(value), opening.end() + len(rest)
    return None


def _decoded_run(words: list[_Word]) -> str:
    """Neighbours of one charset are one text: some programs count bytes, not characters, when they break a line."""
    text: list[str] = []
    at = 0
    while at < len(words):
        charset = words[at].charset
        data = bytearray()
        while at < len(words) and words[at].charset == charset:
            payload = words[at].payload
            if words[at].encoding == "b":
                while at + 1 < len(words) and _is_cut_base64(payload) and words[at + 1][:2] == words[at][:2]:
                    at += 1
                    payload += words[at].payload
                data += from_base64(payload)
            else:
                data += _from_q(payload)
            at += 1
        text.append(decoded(bytes(data), charset))
    return "".join(text)


def _is_cut_base64(payload: bytes) -> bool:
    return len(payload) % 4 != 0 and not payload.endswith(b"=")


def from_base64(payload: bytes) -> bytes:
    """Base64 as found in the wild: blanks, stray characters and missing padding are forgiven."""
    try:
        return binascii.a2b_base64(payload)
    except binascii.Error:
        return _from_dirty_base64(payload)


_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))


def _from_dirty_base64(payload: bytes) -> bytes:
    digits = payload.translate(None, delete=_NOT_BASE64)
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def _from_q(payload: bytes) -> bytes:
    return _HEX_PAIR.sub(lambda match: bytes((int(match[1], 16),)), payload.replace(b"_", b" "))
