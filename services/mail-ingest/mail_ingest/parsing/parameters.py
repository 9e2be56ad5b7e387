"""Structured values with parameters: Content-Type and Content-Disposition (RFC 2045, RFC 2231), as they are written in the wild."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from mail_ingest.parsing.charsets import codec_of, decoded
from mail_ingest.parsing.encoded_words import header_text, raw_text

_NAME = re.compile(rb"[^\s=;\"]+")
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"?', re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_SEGMENT = re.compile(rb"([^*]+)\*(?:(\d{1,3})\*?)?$")

Parameters = dict[str, bytes]


def value_and_parameters(value: bytes | None) -> tuple[str, Parameters]:
    """`text/plain; charset=utf-8` → ("text/plain", {"charset": b"utf-8"}): all lower-case but the parameters' values.

    Names keep their RFC 2231 marks (`filename*0*`); `parameter` and `parameter_text` put them together. The first of several
    parameters of one name counts.
    """
    if not value:
        return "", {}
    main, semicolon, rest = value.partition(b";")
    token = main.decode("latin-1").strip().strip("\"'").lower()
    return token, _parameters(rest) if semicolon else {}


def parameter_text(parameters: Parameters, name: str, charset: str | None = None) -> str | None:
    """A parameter as text, in any of its spellings: plain, raw 8-bit, with encoded words, RFC 2231 encoded or continued."""
    extended = _extended(parameters, name)
    if extended is not None:
        return extended
    value = parameters.get(name)
    return None if value is None else header_text(value, charset)


def _extended(parameters: Parameters, name: str) -> str | None:
    """`name*`, `name*0`, `name*1*` … put together (RFC 2231 sections 3 and 4); None when none of them is there."""
    segments: list[tuple[int, bool, bytes]] = []
    prefix = name + "*"
    for key, value in parameters.items():
        if not key.startswith(prefix):
            continue
        match = _SEGMENT.match(key.encode("ascii", "replace"))
        if match:
            segments.append((int(match[2] or 0), key.endswith("*"), value))
    if not segments:
        return None
    segments.sort(key=lambda segment: segment[0])
    charset, data, is_encoded_somewhere = None, bytearray(), False
    for number, (_, is_encoded, value) in enumerate(segments):
        piece = value
        if is_encoded:
            is_encoded_somewhere = True
            if number == 0 and piece.count(b"'") >= 2:
                declared, _, piece = piece.split(b"'", 2)
                charset = declared.decode("latin-1")
            piece = unquote_to_bytes(piece)
        data += piece
    joined = bytes(data)
    if b"=?" in joined:  # encoded words inside continuations: forbidden, and written by several programs
        return header_text(joined)
    return decoded(joined, charset) if is_encoded_somewhere and codec_of(charset) else raw_text(joined)


def _parameters(rest: bytes) -> Parameters:
    found: Parameters = {}
    at = 0
    while at < len(rest):
        name = _NAME.search(rest, at)
        if name is None:
            break
        key = name[0].decode("latin-1").lower()
        at = name.end()
        while rest[at : at + 1].isspace():
            at += 1
        if rest[at : at + 1] != b"=":
            at = _after_semicolon(rest, at)
            continue
        at += 1
        while rest[at : at + 1].isspace():
            at += 1
        if rest[at : at + 1] == b'"' and (quoted := _QUOTED.match(rest, at)) is not None:
            value = _ESCAPED.sub(_unescaped, quoted[1])
            at = _after_semicolon(rest, quoted.end())
        else:
            end = _after_semicolon(rest, at)
            value = rest[at:end].rstrip(b"; \t\r\n")
            at = end
        found.setdefault(key, value)
    return found


def _unescaped(match: re.Match[bytes]) -> bytes:
    r"""Only `\"` and `\\` are escapes: `C:\reports\may.pdf` is a Windows path somebody forgot to escape."""
    return match[1] if match[1] in (b'"', b"\\") else match[0]


def _after_semicolon(rest: bytes, at: int) -> int:
    semicolon = rest.find(b";", at)
    return len(rest) if semicolon == -1 else semicolon + 1
